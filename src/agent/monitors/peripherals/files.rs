//! What Linux says of USB devices and displays.

use std::path::Path;

use super::super::kernel_file::{entries, name, text};
use super::edid;
use crate::wire::report_v1::{DisplayV1, UsbDeviceV1};

/// The class of hubs: they are the machine's own.
const HUB: &str = "09";

/// USB devices but hubs.
pub(super) fn usb(devices: &Path) -> Vec<UsbDeviceV1> {
    // An entry with a colon is one function of a device.
    let whole = entries(devices)
        .into_iter()
        .filter(|path| !name(path).contains(':'));
    let devices = whole.filter_map(|path| {
        let said = |file: &str| text(&path.join(file));
        let (vendor_id, product_id) = (said("idVendor")?, said("idProduct")?);
        if said("bDeviceClass").as_deref() == Some(HUB) {
            return None;
        }
        Some(UsbDeviceV1 {
            name: said("product").unwrap_or_else(|| format!("{vendor_id}:{product_id}")),
            vendor: said("manufacturer"),
            vendor_id: Some(vendor_id),
            product_id: Some(product_id),
            serial: said("serial"),
        })
    });
    devices.collect()
}

/// Displays that are connected; each connector is a folder like `card0-HDMI-A-1`.
pub(super) fn displays(connectors: &Path) -> Vec<DisplayV1> {
    let connected = entries(connectors)
        .into_iter()
        .filter(|path| text(&path.join("status")).as_deref() == Some("connected"));
    let displays = connected.filter_map(|path| {
        let name = name(&path);
        let (_, connector) = name.split_once('-')?;
        let edid = std::fs::read(path.join("edid")).unwrap_or_default();
        let modes = std::fs::read_to_string(path.join("modes")).unwrap_or_default();
        Some(DisplayV1 {
            name: edid::name(&edid).unwrap_or_else(|| connector.to_owned()),
            connector: Some(connector.to_owned()),
            resolution: modes.lines().next().map(ToOwned::to_owned),
        })
    });
    displays.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::monitors::kernel_file::tests::write;

    #[test]
    fn names_devices_and_leaves_hubs_out() {
        let devices = tempfile::tempdir().unwrap();
        for (file, content) in [
            ("1-1/idVendor", "046d"),
            ("1-1/idProduct", "c548"),
            ("1-1/product", "USB Receiver"),
            ("1-1/manufacturer", "Logitech"),
            ("1-2/idVendor", "1d6b"),
            ("1-2/idProduct", "0002"),
            ("1-2/bDeviceClass", "09"),
            ("1-1:1.0/idVendor", "046d"),
            ("1-1:1.0/idProduct", "c548"),
            ("1-3/idVendor", "dead"),
        ] {
            write(devices.path(), file, content);
        }
        let usb = usb(devices.path());
        assert_eq!(
            (usb.len(), &*usb[0].name, usb[0].vendor.as_deref()),
            (1, "USB Receiver", Some("Logitech"))
        );
        assert_eq!(super::usb(Path::new("/nonexistent")), []);
    }

    #[test]
    fn names_displays_by_their_connector_when_they_do_not_say() {
        let connectors = tempfile::tempdir().unwrap();
        write(connectors.path(), "card0-HDMI-A-1/status", "connected");
        write(connectors.path(), "card0-HDMI-A-1/modes", "2560x1440\n1920x1080");
        write(connectors.path(), "card0-HDMI-A-1/edid", "broken");
        write(connectors.path(), "card0-DP-1/status", "disconnected");
        let displays = displays(connectors.path());
        assert_eq!(displays.len(), 1);
        assert_eq!(
            (&*displays[0].name, displays[0].resolution.as_deref()),
            ("HDMI-A-1", Some("2560x1440"))
        );
    }
}
