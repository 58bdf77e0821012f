//! Local disks: space, and the traffic of all of them together.

use std::collections::BTreeSet;
use std::time::Duration;

use sysinfo::{Disk, Disks};

use super::{percent, rate};
use crate::wire::report_v1::{DiskFactsV1, DiskV1, MainDiskV1};

/// On macOS the system volume is sealed; what fills up is the data volume.
const MAIN: [&str; 2] = ["/System/Volumes/Data", "/"];

/// File systems that are no disks.
const NOT_DISKS: [&str; 8] = [
    "tmpfs", "devtmpfs", "overlay", "squashfs", "autofs", "devfs", "nullfs", "ramfs",
];

/// The main disk and all local ones.
pub(super) fn collect(disks: &mut Disks, elapsed: Duration) -> (Option<MainDiskV1>, Vec<DiskV1>) {
    disks.refresh(true);
    let local = local(disks);
    let all: Vec<_> = local.iter().map(|disk| space(disk)).collect();
    let main = MAIN
        .into_iter()
        .find_map(|place| all.iter().find(|disk| disk.mountpoint == place));
    let traffic = local.iter().map(|disk| disk.usage());
    let sum = |part: fn(&sysinfo::DiskUsage) -> u64| traffic.clone().map(|usage| part(&usage)).sum::<u64>();
    let main = main.or(all.first()).map(|disk| MainDiskV1 {
        total: Some(disk.total),
        used: Some(disk.used),
        free: Some(disk.free),
        percent: Some(disk.percent),
        read_bytes: Some(sum(|usage| usage.total_read_bytes)),
        write_bytes: Some(sum(|usage| usage.total_written_bytes)),
        read_bytes_per_s: rate(sum(|usage| usage.read_bytes), elapsed),
        write_bytes_per_s: rate(sum(|usage| usage.written_bytes), elapsed),
    });
    (main, all)
}

/// The disks as facts, for `machine_info`.
pub(super) fn facts(disks: &Disks) -> Vec<DiskFactsV1> {
    let fact = |disk: &&Disk| {
        let disk = space(disk);
        DiskFactsV1 {
            device: disk.device,
            mountpoint: disk.mountpoint,
            fstype: disk.fstype,
            total: disk.total,
            used: disk.used,
            free: disk.free,
        }
    };
    local(disks).iter().map(fact).collect()
}

/// Real disks, each device once: containers and snapshots mount the same one many times.
fn local(disks: &Disks) -> Vec<&Disk> {
    let mut seen = BTreeSet::new();
    let mut local: Vec<_> = disks.iter().filter(|disk| is_local(disk)).collect();
    local.sort_by_key(|disk| disk.mount_point().as_os_str().len());
    local.retain(|disk| seen.insert(disk.name().to_owned()));
    local
}

fn is_local(disk: &Disk) -> bool {
    let kind = disk.file_system().to_string_lossy();
    disk.total_space() > 0 && !NOT_DISKS.contains(&kind.as_ref())
}

fn space(disk: &Disk) -> DiskV1 {
    let Space { total, used, free } = measured(disk);
    DiskV1 {
        device: disk.name().to_string_lossy().into_owned(),
        mountpoint: disk.mount_point().to_string_lossy().into_owned(),
        fstype: disk.file_system().to_string_lossy().into_owned(),
        total,
        used,
        free,
        percent: percent(used, used + free).unwrap_or_default(),
        removable: disk.is_removable(),
    }
}

/// Bytes of a file system. `used` and `free` need not make up `total`: some is kept for root, or
/// beyond a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Space {
    total: u64,
    used: u64,
    free: u64,
}

impl Space {
    /// From what statvfs counts in blocks: all, those that are free, those that we may still use.
    const fn of_blocks(block_bytes: u64, all: u64, free: u64, ours: u64) -> Self {
        Self {
            total: all.saturating_mul(block_bytes),
            used: all.saturating_sub(free).saturating_mul(block_bytes),
            free: ours.saturating_mul(block_bytes),
        }
    }
}

/// sysinfo knows no difference between blocks that are in use and those that are kept back; the
/// system does.
#[cfg(unix)]
fn measured(disk: &Disk) -> Space {
    match rustix::fs::statvfs(disk.mount_point()) {
        Ok(fs) => Space::of_blocks(fs.f_frsize, fs.f_blocks, fs.f_bfree, fs.f_bavail),
        Err(_) => guessed(disk),
    }
}

#[cfg(not(unix))]
fn measured(disk: &Disk) -> Space {
    guessed(disk)
}

fn guessed(disk: &Disk) -> Space {
    let (total, free) = (disk.total_space(), disk.available_space());
    Space {
        total,
        used: total.saturating_sub(free),
        free,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_back_is_not_in_use() {
        let space = Space::of_blocks(1_000, 252, 241, 80);
        assert_eq!(
            space,
            Space {
                total: 252_000,
                used: 11_000,
                free: 80_000
            }
        );
        assert_eq!(percent(space.used, space.used + space.free), Some(12.1));
    }
}
