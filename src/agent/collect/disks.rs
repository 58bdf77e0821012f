//! Disks: space, and the traffic of all of them together. Asking is [`watch`]'s, which does not wait
//! for a mount that is dead.

pub mod watch;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use sysinfo::{Disk, DiskUsage as Traffic, Disks};

use self::watch::Reading;
use super::{percent, rate};
use crate::wire::report_v1::{DiskFactsV1, DiskV1, MainDiskV1};

/// On macOS the system volume is sealed; what fills up is the data volume.
const MAIN: [&str; 2] = ["/System/Volumes/Data", "/"];

/// File systems that are no disks.
const NOT_DISKS: [&str; 8] = [
    "tmpfs", "devtmpfs", "overlay", "squashfs", "autofs", "devfs", "nullfs", "ramfs",
];

/// File systems that others serve; they are asked last, since they may never answer.
const REMOTE: [&str; 10] = [
    "nfs",
    "nfs4",
    "cifs",
    "smbfs",
    "smb3",
    "afpfs",
    "webdav",
    "ceph",
    "glusterfs",
    "9p",
];

/// Where a disk is mounted, in the order in which disks are asked.
fn order(disk: &Disk) -> (bool, usize) {
    let kind = disk.file_system().to_string_lossy();
    let is_remote = REMOTE.contains(&kind.as_ref()) || kind.contains("fuse");
    (is_remote, disk.mount_point().as_os_str().len())
}

/// The main disk, with the traffic of all.
pub(super) fn main_disk(reading: &Reading, elapsed: Duration) -> Option<MainDiskV1> {
    let all = || reading.disks.iter();
    let main = MAIN
        .into_iter()
        .find_map(|place| all().find(|(disk, _)| disk.mountpoint == place));
    let (disk, _) = main.or(reading.disks.first())?;
    let sum = |part: fn(&Traffic) -> u64| all().map(|(_, traffic)| part(traffic)).sum::<u64>();
    Some(MainDiskV1 {
        total: Some(disk.total),
        used: Some(disk.used),
        free: Some(disk.free),
        percent: Some(disk.percent),
        read_bytes: Some(sum(|traffic| traffic.total_read_bytes)),
        write_bytes: Some(sum(|traffic| traffic.total_written_bytes)),
        read_bytes_per_s: rate(sum(|traffic| traffic.read_bytes), elapsed),
        write_bytes_per_s: rate(sum(|traffic| traffic.written_bytes), elapsed),
    })
}

/// The disks as facts, for `machine_info`.
pub(super) fn facts(reading: &Reading) -> Vec<DiskFactsV1> {
    let fact = |(disk, _): &(DiskV1, Traffic)| DiskFactsV1 {
        device: disk.device.clone(),
        mountpoint: disk.mountpoint.clone(),
        fstype: disk.fstype.clone(),
        total: disk.total,
        used: disk.used,
        free: disk.free,
    };
    reading.disks.iter().map(fact).collect()
}

/// Real disks, each device once: containers and snapshots mount the same one many times.
fn real(disks: &Disks) -> Vec<&Disk> {
    let mut seen = BTreeSet::new();
    let mut real: Vec<_> = disks.iter().filter(|disk| is_disk(disk)).collect();
    real.sort_by_key(|disk| order(disk));
    real.retain(|disk| seen.insert(disk.name().to_owned()));
    real
}

fn is_disk(disk: &Disk) -> bool {
    !NOT_DISKS.contains(&disk.file_system().to_string_lossy().as_ref())
}

fn view(disk: &Disk, space: Space) -> DiskV1 {
    let Space { total, used, free } = space;
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

/// Asks the system for the space at a mount point; this may take for ever. (sysinfo knows no
/// difference between blocks that are in use and those that are kept back.)
#[cfg(unix)]
fn measure(mountpoint: &Path) -> Option<Space> {
    let fs = rustix::fs::statvfs(mountpoint).ok()?;
    Some(Space::of_blocks(
        fs.f_frsize,
        fs.f_blocks,
        fs.f_bfree,
        fs.f_bavail,
    ))
}

#[cfg(not(unix))]
fn measure(mountpoint: &Path) -> Option<Space> {
    let disks = Disks::new_with_refreshed_list().ok()?;
    let disk = disks.iter().find(|disk| disk.mount_point() == mountpoint)?;
    let (total, free) = (disk.total_space(), disk.available_space());
    Some(Space {
        total,
        used: total.saturating_sub(free),
        free,
    })
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
