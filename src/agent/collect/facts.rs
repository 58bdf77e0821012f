//! What the machine is: system, processor, model, serial number, disks, interfaces.

use std::process::Command;

use atlas_actors::clock::Timestamp;
use sysinfo::{CpuRefreshKind, Motherboard, Networks, Product, System};

use super::disks::watch::Reading;
use super::{disks, network};
use crate::wire::report_v1::MachineInfoV1;

/// Texts that firmware carries where nobody wrote one.
const PLACEHOLDERS: [&str; 6] = [
    "",
    "none",
    "default string",
    "to be filled by o.e.m.",
    "not specified",
    "system serial number",
];

/// Collects the facts.
pub(super) fn collect(
    all_disks: &Reading,
    networks: Option<&Networks>,
    system: &mut System,
) -> MachineInfoV1 {
    system.refresh_cpu_list(CpuRefreshKind::nothing());
    system.refresh_memory();
    let mac = cfg!(target_os = "macos")
        .then(mac_hardware)
        .flatten()
        .unwrap_or_default();
    let interfaces = networks.map(network::facts);
    MachineInfoV1 {
        // The sampler knows it.
        policy: None,
        hostname: System::host_name().ok(),
        os: Some(
            if cfg!(target_os = "macos") {
                "Darwin"
            } else {
                os_name()
            }
            .to_owned(),
        ),
        os_version: System::long_os_version().or_else(|_| System::os_version()).ok(),
        kernel: System::kernel_version().ok(),
        architecture: Some(System::cpu_arch()),
        processor: system
            .cpus()
            .first()
            .map(|core| core.brand().trim().to_owned())
            .filter(|text| is_told(text)),
        cpu_count: System::physical_core_count().ok(),
        cpu_threads: Some(system.cpus().len()),
        total_memory: Some(system.total_memory()),
        boot_time: System::boot_time().ok().map(boot_time),
        local_ip: local_ip(interfaces.as_deref().unwrap_or_default()),
        computer_name: mac_computer_name(),
        serial_number: mac.serial.or_else(serial_number),
        model: mac
            .model
            .or_else(|| Product::name().ok())
            .filter(|text| is_told(text)),
        agent_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        disks: Some(disks::facts(all_disks)).filter(|disks| !disks.is_empty()),
        network_interfaces: interfaces,
        ..MachineInfoV1::default()
    }
}

const fn os_name() -> &'static str {
    if cfg!(target_os = "linux") {
        "Linux"
    } else {
        std::env::consts::OS
    }
}

fn boot_time(unix_s: u64) -> String {
    Timestamp::from_secs(i64::try_from(unix_s).unwrap_or_default()).to_string()
}

fn is_told(text: &str) -> bool {
    !PLACEHOLDERS.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// Readable by root alone on most Linux systems.
fn serial_number() -> Option<String> {
    let board = || Motherboard::new().ok()?.serial_number();
    Product::serial_number()
        .ok()
        .filter(|text| is_told(text))
        .or_else(board)
        .filter(|text| is_told(text))
}

/// The first address that others can reach.
fn local_ip(interfaces: &[crate::wire::report_v1::InterfaceFactsV1]) -> Option<String> {
    let mut addresses = interfaces.iter().flat_map(|interface| &interface.addresses);
    let reachable =
        addresses.find(|address| address.family == "IPv4" && !address.address.starts_with("169.254."));
    reachable.map(|address| address.address.clone())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct MacHardware {
    model: Option<String>,
    serial: Option<String>,
}

fn mac_hardware() -> Option<MacHardware> {
    let output = Command::new("/usr/sbin/system_profiler")
        .args(["SPHardwareDataType", "-json"])
        .output()
        .ok()?;
    parse_hardware(&output.stdout)
}

fn mac_computer_name() -> Option<String> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let output = Command::new("/usr/sbin/scutil")
        .args(["--get", "ComputerName"])
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|name| !name.is_empty())
}

/// Reads what `system_profiler SPHardwareDataType -json` prints.
fn parse_hardware(json: &[u8]) -> Option<MacHardware> {
    let root: serde_json::Value = serde_json::from_slice(json).ok()?;
    let hardware = root.get("SPHardwareDataType")?.get(0)?;
    let text = |key: &str| hardware.get(key)?.as_str().map(ToOwned::to_owned);
    Some(MacHardware {
        model: text("machine_name").or_else(|| text("machine_model")),
        serial: text("serial_number"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_mac_prints() {
        let json = br#"{"SPHardwareDataType":[{"machine_model":"Mac14,9","chip_type":"Apple M2 Pro",
            "serial_number":"C02XK0AAJGH6","number_processors":"proc 10:6:4","physical_memory":"16 GB"}]}"#;
        let hardware = parse_hardware(json).unwrap();
        assert_eq!(hardware.model.as_deref(), Some("Mac14,9"));
        assert_eq!(hardware.serial.as_deref(), Some("C02XK0AAJGH6"));
    }

    #[test]
    fn other_text_gives_nothing() {
        assert_eq!(parse_hardware(b"system_profiler: error"), None);
        assert_eq!(parse_hardware(br#"{"SPHardwareDataType":[]}"#), None);
        assert!(!is_told("To Be Filled By O.E.M."));
    }
}
