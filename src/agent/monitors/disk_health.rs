//! The disks' own word on their health: `smartctl` on both systems, what the kernel knows of each disk
//! on Linux, `diskutil` on macOS. The macOS part was never run on a Mac; smartctl's parser is tested on
//! text in its shape, since virtual disks have no SMART.

mod files;
mod mac;
mod smartctl;

use std::path::Path;

use futures_util::future::LocalBoxFuture;

use super::tool;
use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout};
use crate::wire::report_v1::{DiskHealthSectionV1, DiskHealthV1, Unavailable};

const LOG: Layout = Layout {
    name: "smart",
    columns: &[
        "timestamp",
        "disk_name",
        "disk_model",
        "disk_serial",
        "smart_status",
        "temperature_c",
        "power_on_hours",
        "power_cycle_count",
        "reallocated_sectors",
        "pending_sectors",
        "uncorrectable_errors",
        "wear_leveling_count",
        "total_bytes_written_gb",
        "health_percentage",
    ],
    days_kept: 30,
};
/// Disks that are asked in one look.
const DISKS_MAX: usize = 64;

/// Looks at the disks' health.
pub struct DiskHealth {
    log: CsvLogs,
}

impl DiskHealth {
    /// Writes what it finds into these logs too.
    #[must_use]
    pub const fn new(log: CsvLogs) -> Self {
        Self { log }
    }
}

impl Monitor for DiskHealth {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let mut disks = if cfg!(target_os = "macos") {
                mac::disks().await?
            } else {
                files::disks(Path::new("/sys/block"))
            };
            disks.truncate(DISKS_MAX);
            if disks.is_empty() {
                return Err(Unavailable::Unsupported.into());
            }
            let mut missing = None;
            for disk in disks.iter_mut().filter(|disk| disk.unavailable.is_none()) {
                if let Err(why) = ask(disk).await {
                    // What diskutil or the kernel said of its health stands without the tool.
                    if disk.smart_status.is_none() && disk.health_percent.is_none() {
                        disk.unavailable = Some(why.why);
                        disk.detail.clone_from(&why.detail);
                    }
                    missing = missing.or(Some(why));
                }
            }
            self.log.append(&LOG, disks.iter().map(row).collect()).await;
            let mut finding = Finding::section("disk_health", &DiskHealthSectionV1 { disks });
            if let Some(missing) = missing.filter(|missing| missing.why == Unavailable::ToolMissing) {
                finding.note_missing("disk_health", missing);
            }
            Ok(finding)
        })
    }
}

/// Asks smartctl about a disk.
async fn ask(disk: &mut DiskHealthV1) -> Result<(), Missing> {
    let device = format!("/dev/{}", disk.name.as_deref().unwrap_or_default());
    let said = tool::run_named("smartctl", &["-j", "-a", &device]).await?;
    // The status is a mask of bits that says more of the disk than of the call.
    let told = smartctl::parse(&said.out).ok_or_else(|| said.unexpected())?;
    if let Some(detail) = told.detail.clone().filter(|_| told.smart_status.is_none()) {
        let is_forbidden = detail.contains("Permission denied");
        return Err(Missing {
            why: if is_forbidden {
                Unavailable::NoPermission
            } else {
                Unavailable::Unsupported
            },
            detail: Some(detail),
        });
    }
    disk.take_over(told);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "gigabytes with one decimal")]
fn row(disk: &DiskHealthV1) -> Vec<Cell> {
    let written_gb = disk
        .bytes_written
        .map(|bytes| (bytes as f64 / 1e8).round() / 10.0);
    vec![
        disk.name.as_ref().into(),
        disk.model.as_ref().into(),
        disk.serial.as_ref().into(),
        disk.smart_status.as_ref().into(),
        disk.temperature_c.into(),
        disk.power_on_hours.into(),
        disk.power_cycle_count.into(),
        disk.reallocated_sectors.into(),
        disk.pending_sectors.into(),
        disk.uncorrectable_errors.into(),
        disk.wear_leveling_count.into(),
        written_gb.into(),
        disk.health_percent.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn names_the_disks_of_this_machine_or_says_why_not() {
        let found = DiskHealth::new(CsvLogs::default()).look().await;
        match found {
            Ok(finding) => {
                let disks = finding.sections["disk_health"]["disks"].as_array().unwrap();
                assert!(disks.iter().all(|disk| disk["name"].is_string()));
            }
            Err(missing) => assert_eq!(missing.why, Unavailable::Unsupported),
        }
        assert_eq!(row(&DiskHealthV1::default()).len() + 1, LOG.columns.len());
    }
}
