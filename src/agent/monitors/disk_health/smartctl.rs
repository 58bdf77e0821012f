//! What `smartctl -j -a` says of one disk.

use serde::Deserialize;

use super::super::kernel_file::clean;
use crate::wire::report_v1::DiskHealthV1;

/// A unit of data that an NVMe disk counts: a thousand blocks of 512 bytes.
const NVME_UNIT_BYTES: u64 = 512_000;
/// A block that an ATA disk counts.
const ATA_BLOCK_BYTES: u64 = 512;
/// ATA's numbers of attributes.
const REALLOCATED: u64 = 5;
const WEAR_LEVELLING: u64 = 177;
const PENDING: u64 = 197;
const UNCORRECTABLE: u64 = 198;
const BLOCKS_WRITTEN: u64 = 241;
const BLOCKS_READ: u64 = 242;
/// Attributes whose normalised value is what is left of an SSD's life, by vendor, the surest first.
const LIFE_LEFT: [u64; 5] = [231, 233, 202, 169, WEAR_LEVELLING];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    /// Its word on its own call: without it, somebody else has spoken.
    smartctl: Option<Call>,
    model_name: Option<String>,
    serial_number: Option<String>,
    firmware_version: Option<String>,
    user_capacity: Capacity,
    rotation_rate: Option<u64>,
    smart_status: Option<Status>,
    temperature: Temperature,
    power_on_time: PowerOn,
    power_cycle_count: Option<u64>,
    ata_smart_attributes: Attributes,
    nvme_smart_health_information_log: Option<Nvme>,
    device: Device,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call {
    messages: Vec<Words>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    string: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Capacity {
    bytes: Option<u64>,
}

#[derive(Deserialize)]
struct Status {
    passed: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Temperature {
    current: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PowerOn {
    hours: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    table: Vec<Attribute>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attribute {
    id: u64,
    value: Option<u64>,
    raw: Raw,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    value: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Nvme {
    critical_warning: Option<u64>,
    available_spare: Option<f64>,
    percentage_used: Option<f64>,
    data_units_read: Option<u64>,
    data_units_written: Option<u64>,
    power_cycles: Option<u64>,
    power_on_hours: Option<u64>,
    media_errors: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Device {
    protocol: String,
}

/// Reads it; nothing when it is not understood.
pub(super) fn parse(json: &str) -> Option<DiskHealthV1> {
    let said: Said = serde_json::from_str(json).ok()?;
    let call = said.smartctl.as_ref()?;
    let attributes = &said.ata_smart_attributes.table;
    let raw = |id: u64| attributes.iter().find(|one| one.id == id)?.raw.value;
    let blocks = |id: u64| raw(id)?.checked_mul(ATA_BLOCK_BYTES);
    let nvme = said.nvme_smart_health_information_log.as_ref();
    let units = |units: Option<u64>| units?.checked_mul(NVME_UNIT_BYTES);
    let is_ssd = said.rotation_rate == Some(0);
    Some(DiskHealthV1 {
        kind: kind(&said, is_ssd).map(ToOwned::to_owned),
        model: said.model_name.as_deref().and_then(clean),
        serial: said.serial_number.as_deref().and_then(clean),
        firmware: said.firmware_version.as_deref().and_then(clean),
        size_bytes: said.user_capacity.bytes,
        smart_status: said
            .smart_status
            .as_ref()
            .map(|status| if status.passed { "passed" } else { "failed" }.to_owned()),
        health_percent: nvme
            .and_then(|nvme| nvme.percentage_used)
            .map(|used| (100.0 - used).clamp(0.0, 100.0))
            .or_else(|| life_left(attributes).filter(|_| is_ssd)),
        temperature_c: said
            .temperature
            .current
            .filter(|celsius| (-40.0..150.0).contains(celsius) && *celsius != 0.0),
        power_on_hours: said
            .power_on_time
            .hours
            .or_else(|| nvme.and_then(|nvme| nvme.power_on_hours)),
        power_cycle_count: said
            .power_cycle_count
            .or_else(|| nvme.and_then(|nvme| nvme.power_cycles)),
        reallocated_sectors: raw(REALLOCATED),
        pending_sectors: raw(PENDING),
        uncorrectable_errors: raw(UNCORRECTABLE).or_else(|| nvme.and_then(|nvme| nvme.media_errors)),
        wear_leveling_count: raw(WEAR_LEVELLING),
        available_spare_percent: nvme.and_then(|nvme| nvme.available_spare),
        critical_warning: nvme.and_then(|nvme| nvme.critical_warning),
        bytes_written: nvme
            .and_then(|nvme| units(nvme.data_units_written))
            .or_else(|| blocks(BLOCKS_WRITTEN)),
        bytes_read: nvme
            .and_then(|nvme| units(nvme.data_units_read))
            .or_else(|| blocks(BLOCKS_READ)),
        detail: call.messages.first().and_then(|words| clean(&words.string)),
        ..DiskHealthV1::default()
    })
}

fn kind(said: &Said, is_ssd: bool) -> Option<&'static str> {
    match said.rotation_rate {
        _ if said.device.protocol == "NVMe" => Some("nvme"),
        _ if is_ssd => Some("ssd"),
        Some(_) => Some("hdd"),
        None => None,
    }
}

fn life_left(attributes: &[Attribute]) -> Option<f64> {
    let value = |id: u64| attributes.iter().find(|one| one.id == id)?.value;
    let left = LIFE_LEFT.into_iter().find_map(value)?;
    u32::try_from(left)
        .ok()
        .map(f64::from)
        .filter(|left| *left <= 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape of smartctl 7.4; the NVMe figures were recorded on a Mac (as text), the ATA ones made up.
    const NVME: &str = r#"{"json_format_version":[1,0],"smartctl":{"version":[7,4],"exit_status":4,"messages":[{"string":"Read 1 entries from Error Information Log failed: GetLogPage failed: system=0x38, sub=0x0, code=745","severity":"error"}]},
        "device":{"name":"/dev/disk0","protocol":"NVMe"},"model_name":"APPLE SSD AP0256Z","serial_number":"0ba01f1144582433","firmware_version":"355",
        "smart_status":{"passed":true},"nvme_smart_health_information_log":{"critical_warning":0,"temperature":32,"available_spare":100,"percentage_used":2,
        "data_units_read":107103479,"data_units_written":62786553,"power_cycles":151,"power_on_hours":870,"media_errors":0},
        "temperature":{"current":32},"power_cycle_count":151,"power_on_time":{"hours":870}}"#;
    const ATA: &str = r#"{"smartctl":{"exit_status":8},"device":{"protocol":"ATA"},"model_name":"SSD 860","user_capacity":{"bytes":500107862016},"rotation_rate":0,
        "smart_status":{"passed":false},"ata_smart_attributes":{"table":[
        {"id":5,"name":"Reallocated_Sector_Ct","value":98,"raw":{"value":8}},{"id":177,"name":"Wear_Leveling_Count","value":91,"raw":{"value":130}},
        {"id":197,"value":100,"raw":{"value":2}},{"id":241,"value":99,"raw":{"value":1000000}}]}}"#;
    // As smartctl 7.3 printed it here of a virtual disk.
    const VIRTUAL: &str = r#"{"json_format_version":[1,0],"smartctl":{"version":[7,3],"messages":[{"string":"/dev/vda: Unable to detect device type","severity":"error"}],"exit_status":1}}"#;

    #[test]
    fn reads_an_nvme_disk() {
        let disk = parse(NVME).unwrap();
        assert_eq!(
            (disk.smart_status.as_deref(), disk.health_percent),
            (Some("passed"), Some(98.0))
        );
        assert_eq!(
            (disk.kind.as_deref(), disk.temperature_c),
            (Some("nvme"), Some(32.0))
        );
        assert_eq!(disk.bytes_written, Some(62_786_553 * 512_000));
        assert_eq!(disk.uncorrectable_errors, Some(0));
    }

    #[test]
    fn reads_an_ata_disk_that_fails() {
        let disk = parse(ATA).unwrap();
        assert_eq!(
            (disk.smart_status.as_deref(), disk.kind.as_deref()),
            (Some("failed"), Some("ssd"))
        );
        assert_eq!(
            (disk.reallocated_sectors, disk.pending_sectors),
            (Some(8), Some(2))
        );
        assert_eq!(
            (disk.health_percent, disk.bytes_written),
            (Some(91.0), Some(512_000_000))
        );
        assert_eq!(disk.uncorrectable_errors, None);
    }

    #[test]
    fn a_disk_without_smart_says_why() {
        let disk = parse(VIRTUAL).unwrap();
        assert_eq!(disk.smart_status, None);
        assert_eq!(
            disk.detail.as_deref(),
            Some("/dev/vda: Unable to detect device type")
        );
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "smartctl: command not found",
            &NVME[..200],
            "[]",
            "{\"smart_status\":{\"passed\":\"yes\"}}",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        let huge = r#"{"smartctl":{},"temperature":{"current":65535},"ata_smart_attributes":{"table":[{"id":241,"raw":{"value":18446744073709551615}}]}}"#;
        let disk = parse(huge).unwrap();
        assert_eq!((disk.temperature_c, disk.bytes_written), (None, None));
    }
}
