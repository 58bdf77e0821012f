//! What Linux knows of physical disks (/sys/block).

use std::path::Path;

use super::super::kernel_file::{entries, name, number, text};
use crate::wire::report_v1::{DiskHealthV1, Unavailable};

/// Sectors of this folder have so many bytes, whatever the disk's are.
const SECTOR_BYTES: u64 = 512;
/// Devices that are no disks of their own.
const NOT_DISKS: [&str; 10] = [
    "loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "drbd", "rbd",
];

/// The physical disks, by name.
pub(super) fn disks(block: &Path) -> Vec<DiskHealthV1> {
    let devices = entries(block).into_iter();
    let physical = devices.filter(|path| !NOT_DISKS.iter().any(|start| name(path).starts_with(start)));
    // Parts of an eMMC disk that only its firmware uses.
    let whole = physical.filter(|path| !name(path).contains("boot") && !name(path).contains("rpmb"));
    whole.map(|path| disk(&path)).collect()
}

fn disk(path: &Path) -> DiskHealthV1 {
    let name = name(path);
    let device = path.join("device");
    let is_rotational = number::<u8>(&path.join("queue/rotational"));
    let kind = if name.starts_with("nvme") {
        "nvme"
    } else if name.starts_with("mmcblk") {
        "emmc"
    } else if name.starts_with("vd") || name.starts_with("xvd") {
        "virtual"
    } else if is_rotational == Some(1) {
        "hdd"
    } else {
        "ssd"
    };
    let is_virtual = kind == "virtual";
    DiskHealthV1 {
        model: text(&device.join("model")).or_else(|| text(&device.join("name"))),
        serial: text(&device.join("serial")),
        firmware: text(&device.join("firmware_rev")).or_else(|| text(&device.join("rev"))),
        size_bytes: number::<u64>(&path.join("size")).and_then(|sectors| sectors.checked_mul(SECTOR_BYTES)),
        health_percent: text(&device.join("life_time")).and_then(|words| emmc_life_left(&words)),
        smart_status: text(&device.join("pre_eol_info")).and_then(|word| emmc_status(&word)),
        unavailable: is_virtual.then_some(Unavailable::Unsupported),
        detail: is_virtual.then(|| "a virtual disk: its health is its host's".to_owned()),
        kind: Some(kind.to_owned()),
        name: Some(name),
        ..DiskHealthV1::default()
    }
}

/// Reads two numbers like `0x02 0x01`: tenths of the life that each kind of memory has used, counted
/// from one.
fn emmc_life_left(words: &str) -> Option<f64> {
    let used = words
        .split_whitespace()
        .filter_map(|word| u8::from_str_radix(word.strip_prefix("0x")?, 16).ok())
        .filter(|tenths| (1..=11).contains(tenths))
        .max()?;
    Some(f64::from(11 - used) * 10.0)
}

/// 1 = as it should be, 2 and 3 = most of the spare blocks are used.
fn emmc_status(word: &str) -> Option<String> {
    let known = match word {
        "0x01" => "passed",
        "0x02" | "0x03" => "failed",
        _ => return None,
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::monitors::kernel_file::tests::write;

    #[test]
    fn reads_the_kernels_files() {
        let block = tempfile::tempdir().unwrap();
        for (file, content) in [
            ("mmcblk0/device/name", "DG4064"),
            ("mmcblk0/device/life_time", "0x02 0x01"),
            ("mmcblk0/device/pre_eol_info", "0x01"),
            ("mmcblk0/size", "122142720"),
            ("mmcblk0boot0/size", "8192"),
            ("nvme0n1/device/model", "Samsung SSD 980  "),
            ("nvme0n1/device/serial", "S64DNX0"),
            ("sda/queue/rotational", "1"),
            ("sda/size", "99999999999999999999"),
            ("vda/size", "2048"),
            ("loop0/size", "1"),
            ("dm-0/size", "1"),
        ] {
            write(block.path(), file, content);
        }
        let disks = disks(block.path());
        let kinds: Vec<_> = disks
            .iter()
            .map(|disk| (disk.name.as_deref().unwrap(), disk.kind.as_deref().unwrap()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("mmcblk0", "emmc"),
                ("nvme0n1", "nvme"),
                ("sda", "hdd"),
                ("vda", "virtual")
            ]
        );
        assert_eq!(
            (disks[0].health_percent, disks[0].smart_status.as_deref()),
            (Some(90.0), Some("passed"))
        );
        assert_eq!(disks[1].model.as_deref(), Some("Samsung SSD 980"));
        assert_eq!(disks[2].size_bytes, None);
        assert_eq!(disks[3].unavailable, Some(Unavailable::Unsupported));
        assert_eq!(emmc_life_left("0xff zz"), None);
    }
}
