//! What `diskutil` says of the physical disks of a Mac.

use super::super::Missing;
use super::super::kernel_file::clean;
use super::super::tool;
use crate::wire::report_v1::DiskHealthV1;

const DISKUTIL: &str = "/usr/sbin/diskutil";

/// The physical disks, with diskutil's word on each.
pub(super) async fn disks() -> Result<Vec<DiskHealthV1>, Missing> {
    let said = tool::run(DISKUTIL, &["list"]).await?.when_well()?;
    let mut disks = Vec::new();
    for name in parse_list(&said).into_iter().take(super::DISKS_MAX) {
        let info = tool::run(DISKUTIL, &["info", &name]).await;
        let mut disk = info.map(|said| parse_info(&said.out)).unwrap_or_default();
        disk.name = Some(name);
        disks.push(disk);
    }
    Ok(disks)
}

/// Reads headings like `/dev/disk0 (internal, physical):`.
fn parse_list(said: &str) -> Vec<String> {
    let headings = said.lines().filter(|line| line.contains("physical"));
    headings
        .filter_map(|line| line.strip_prefix("/dev/")?.split(' ').next())
        .filter(|name| name.starts_with("disk") && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .map(ToOwned::to_owned)
        .collect()
}

/// Reads lines like `   SMART Status:              Verified`.
fn parse_info(said: &str) -> DiskHealthV1 {
    let value = |key: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(key))?;
        clean(line.strip_prefix(':')?)
    };
    let is_solid = value("Solid State").map(|word| word == "Yes");
    let is_nvme = value("Protocol").is_some_and(|word| word.contains("NVMe") || word == "Apple Fabric");
    DiskHealthV1 {
        kind: match (is_nvme, is_solid) {
            (true, _) => Some("nvme"),
            (_, Some(true)) => Some("ssd"),
            (_, Some(false)) => Some("hdd"),
            _ => None,
        }
        .map(ToOwned::to_owned),
        model: value("Device / Media Name"),
        smart_status: value("SMART Status").and_then(|word| {
            let status = match word.as_str() {
                "Verified" => "passed",
                "Failing" => "failed",
                _ => return None,
            };
            Some(status.to_owned())
        }),
        size_bytes: value("Disk Size").and_then(|words| bytes(&words)),
        ..DiskHealthV1::default()
    }
}

/// The bytes in words like `251.0 GB (251000193024 Bytes) (exactly 490234752 512-Byte-Units)`.
fn bytes(words: &str) -> Option<u64> {
    words.split('(').nth(1)?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape that others' tests use; the SMART line as recorded on a Mac.
    const LIST: &str = "/dev/disk0 (internal, physical):\n   #:                       TYPE NAME                    SIZE       IDENTIFIER\n   0:      GUID_partition_scheme                        *251.0 GB   disk0\n\n/dev/disk3 (synthesized):\n   #: TYPE\n\n/dev/disk4 (external, physical):\n";
    const INFO: &str = "   Device Identifier:         disk0\n   Device / Media Name:       APPLE SSD AP0256Z\n   Protocol:                  Apple Fabric\n   SMART Status:              Verified\n   Disk Size:                 251.0 GB (251000193024 Bytes) (exactly 490234752 512-Byte-Units)\n   Solid State:               Yes\n";

    #[test]
    fn reads_what_a_mac_prints() {
        assert_eq!(parse_list(LIST), ["disk0", "disk4"]);
        let disk = parse_info(INFO);
        assert_eq!(
            (disk.smart_status.as_deref(), disk.kind.as_deref()),
            (Some("passed"), Some("nvme"))
        );
        assert_eq!(disk.size_bytes, Some(251_000_193_024));
    }

    #[test]
    fn other_words_say_nothing() {
        assert_eq!(
            parse_list("/dev/disk0;rm (physical)\n/dev/../x (physical)"),
            Vec::<String>::new()
        );
        for odd in [
            "",
            "Could not find disk: disk9",
            "SMART-Status: Überprüft",
            "\u{fffd}\u{0}",
        ] {
            assert_eq!(parse_info(odd), DiskHealthV1::default(), "{odd}");
        }
        assert_eq!(parse_info("SMART Status: Not Supported\n").smart_status, None);
    }
}
