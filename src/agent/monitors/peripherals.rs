//! What is plugged in: USB devices, displays, connected Bluetooth devices; the kernel's files on Linux,
//! `system_profiler` on macOS. The macOS part was never run on a Mac.

mod edid;
mod files;
mod mac;

use std::path::Path;

use futures_util::future::LocalBoxFuture;

use super::kernel_file::clean;
use super::tool;
use super::{Finding, Missing, Monitor};
use crate::wire::report_v1::{BluetoothDeviceV1, PeripheralsSectionV1};

/// Devices of each kind that are named.
const LISTED_MAX: usize = 200;

/// Looks at what is plugged in.
#[derive(Default)]
pub struct Peripherals;

impl Monitor for Peripherals {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let found = if cfg!(target_os = "macos") {
                let kinds = [
                    "SPUSBDataType",
                    "SPDisplaysDataType",
                    "SPBluetoothDataType",
                    "-json",
                ];
                let said = tool::run("/usr/sbin/system_profiler", &kinds)
                    .await?
                    .when_well()?;
                mac::parse(&said).ok_or_else(|| tool::unexpected(&said))?
            } else {
                of_linux().await
            };
            Ok(Finding::section("peripherals", &sorted(found)))
        })
    }
}

async fn of_linux() -> PeripheralsSectionV1 {
    let connected = tool::run_named("bluetoothctl", &["devices", "Connected"]).await;
    PeripheralsSectionV1 {
        usb: files::usb(Path::new("/sys/bus/usb/devices")),
        displays: files::displays(Path::new("/sys/class/drm")),
        bluetooth: connected
            .map(|said| parse_bluetoothctl(&said.out))
            .unwrap_or_default(),
    }
}

/// Reads lines like `Device 00:11:22:33:44:55 MX Keys`.
fn parse_bluetoothctl(said: &str) -> Vec<BluetoothDeviceV1> {
    let devices = said.lines().filter_map(|line| {
        let (_, name) = line.trim().strip_prefix("Device ")?.split_once(' ')?;
        Some(BluetoothDeviceV1 {
            name: clean(name)?,
            kind: None,
        })
    });
    devices.collect()
}

fn sorted(mut found: PeripheralsSectionV1) -> PeripheralsSectionV1 {
    found.usb.sort();
    found.displays.sort();
    found.bluetooth.sort();
    found.usb.truncate(LISTED_MAX);
    found.displays.truncate(LISTED_MAX);
    found.bluetooth.truncate(LISTED_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bluez_and_takes_whatever_comes() {
        let said = "Device 00:11:22:33:44:55 MX Keys\nDevice broken\nNo default controller available\n";
        let devices = parse_bluetoothctl(said);
        assert_eq!((devices.len(), &*devices[0].name), (1, "MX Keys"));
        assert_eq!(parse_bluetoothctl("\u{fffd}\u{0}"), []);
    }
}
