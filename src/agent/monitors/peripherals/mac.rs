//! What `system_profiler` says on macOS of USB, displays and Bluetooth.

use serde_json::Value;

use super::super::kernel_file::clean;
use crate::wire::report_v1::{BluetoothDeviceV1, DisplayV1, PeripheralsSectionV1, UsbDeviceV1};

/// Hubs hang below hubs; no tree of them is deeper.
const DEPTH_MAX: usize = 8;

/// Reads it; nothing when it is no such JSON.
pub(super) fn parse(json: &str) -> Option<PeripheralsSectionV1> {
    let root: Value = serde_json::from_str(json).ok()?;
    let kind = |name: &str| root.get(name).and_then(Value::as_array).map(Vec::as_slice);
    let (usb, displays, bluetooth) = (
        kind("SPUSBDataType"),
        kind("SPDisplaysDataType"),
        kind("SPBluetoothDataType"),
    );
    // None of the three: these are other words.
    usb.or(displays).or(bluetooth)?;
    let mut found = PeripheralsSectionV1::default();
    for bus in usb.unwrap_or_default() {
        collect_usb(items(bus, "_items"), DEPTH_MAX, &mut found.usb);
    }
    let cards = displays.unwrap_or_default().iter();
    let each = cards.flat_map(|card| items(card, "spdisplays_ndrvs"));
    found.displays = each.filter_map(display).collect();
    let controllers = bluetooth.unwrap_or_default().iter();
    let connected = controllers.flat_map(|one| items(one, "device_connected"));
    found.bluetooth = connected.flat_map(bluetooth_devices).collect();
    Some(found)
}

fn items<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(of: &Value, key: &str) -> Option<String> {
    of.get(key)?.as_str().and_then(clean)
}

fn collect_usb(devices: &[Value], depth: usize, found: &mut Vec<UsbDeviceV1>) {
    for device in devices {
        let below = items(device, "_items");
        let name = text(device, "_name");
        if let Some(name) = name.filter(|name| !name.contains("Hub")) {
            found.push(UsbDeviceV1 {
                name,
                vendor: text(device, "manufacturer"),
                vendor_id: text(device, "vendor_id").and_then(|id| number(&id)),
                product_id: text(device, "product_id").and_then(|id| number(&id)),
                serial: text(device, "serial_num"),
            });
        }
        if depth > 0 {
            collect_usb(below, depth - 1, found);
        }
    }
}

/// The digits in a text like `0x046d  (Logitech Inc.)`.
fn number(id: &str) -> Option<String> {
    let digits = id.strip_prefix("0x")?.split(' ').next()?;
    let is_number = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| digits.to_owned())
}

fn display(of: &Value) -> Option<DisplayV1> {
    Some(DisplayV1 {
        name: text(of, "_name")?,
        connector: text(of, "spdisplays_connection_type")
            .map(|kind| kind.trim_start_matches("spdisplays_").to_owned()),
        resolution: text(of, "_spdisplays_resolution").or_else(|| text(of, "spdisplays_resolution")),
    })
}

/// Each device is an object of one field: its name, and what it is.
fn bluetooth_devices(of: &Value) -> Vec<BluetoothDeviceV1> {
    let devices = of.as_object().into_iter().flatten();
    let devices = devices.filter_map(|(name, device)| {
        Some(BluetoothDeviceV1 {
            name: clean(name)?,
            kind: text(device, "device_minorType"),
        })
    });
    devices.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape that others' tests use; not recorded by us on a Mac.
    const SAID: &str = r#"{"SPUSBDataType":[{"_name":"USB31Bus","_items":[{"_name":"USB3.1 Hub","_items":[
          {"_name":"MX Receiver","manufacturer":"Logitech","vendor_id":"0x046d  (Logitech Inc.)","product_id":"0xc548"}]}]}],
        "SPDisplaysDataType":[{"_name":"Apple M2","spdisplays_ndrvs":[{"_name":"Color LCD","_spdisplays_resolution":"1512 x 982 @ 120.00Hz","spdisplays_connection_type":"spdisplays_internal"}]}],
        "SPBluetoothDataType":[{"device_connected":[{"Magic Keyboard":{"device_address":"00:11","device_minorType":"Keyboard"}}]}]}"#;

    #[test]
    fn reads_what_a_mac_prints() {
        let found = parse(SAID).unwrap();
        assert_eq!(
            (found.usb.len(), found.usb[0].vendor_id.as_deref()),
            (1, Some("046d"))
        );
        assert_eq!(
            (&*found.displays[0].name, found.displays[0].connector.as_deref()),
            ("Color LCD", Some("internal"))
        );
        assert_eq!(found.bluetooth[0].kind.as_deref(), Some("Keyboard"));
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in ["", "system_profiler: error", "{}", "[]", &SAID[..99]] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        let odd = parse(
            r#"{"SPUSBDataType":[7,{"_items":[{"_name":5},null]}],"SPBluetoothDataType":[{"device_connected":["x"]}]}"#,
        );
        assert_eq!(odd, Some(PeripheralsSectionV1::default()));
    }
}
