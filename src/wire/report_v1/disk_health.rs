//! Owns the section `disk_health`: the disks' own word on their health.

use serde::{Deserialize, Serialize};

use super::Unavailable;

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiskHealthSectionV1 {
    /// Each physical disk, by name.
    pub disks: Vec<DiskHealthV1>,
}

part! {
    /// One physical disk. Percentages and counts as SMART gives them.
    DiskHealthV1 {
        /// The device's name.
        name: String,
        /// "nvme", "ssd", "hdd", "emmc" or "virtual".
        kind: String,
        /// Its model.
        model: String,
        /// Its serial number.
        serial: String,
        /// Its firmware's version.
        firmware: String,
        /// Bytes.
        size_bytes: u64,
        /// "passed" or "failed".
        smart_status: String,
        /// What is left of its life in percent, as the disk itself estimates.
        health_percent: f64,
        /// Degrees Celsius.
        temperature_c: f64,
        /// Hours it was on.
        power_on_hours: u64,
        /// How often it was switched on.
        power_cycle_count: u64,
        /// Sectors that were bad and are replaced.
        reallocated_sectors: u64,
        /// Sectors that may be bad.
        pending_sectors: u64,
        /// Errors that could not be mended.
        uncorrectable_errors: u64,
        /// What the vendor calls wear levelling, as it is counted there.
        wear_leveling_count: u64,
        /// What is left of its spare blocks in percent (NVMe).
        available_spare_percent: f64,
        /// Bits of what the disk warns of (NVMe); 0 = nothing.
        critical_warning: u64,
        /// Bytes written in its life.
        bytes_written: u64,
        /// Bytes read in its life.
        bytes_read: u64,
        /// Why its health is not known.
        unavailable: Unavailable,
        /// What the tool said of it.
        detail: String,
    }
}
