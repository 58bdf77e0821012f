//! Owns the section `peripherals`: what is plugged in.

use serde::{Deserialize, Serialize};

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeripheralsSectionV1 {
    /// USB devices, by name.
    pub usb: Vec<UsbDeviceV1>,
    /// Displays, by name.
    pub displays: Vec<DisplayV1>,
    /// Bluetooth devices that are connected, by name.
    pub bluetooth: Vec<BluetoothDeviceV1>,
}

/// A USB device.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsbDeviceV1 {
    /// Its name.
    pub name: String,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The vendor's number, four hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// The product's number, four hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Its serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

/// A display.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DisplayV1 {
    /// Its name.
    pub name: String,
    /// How it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// Its resolution, as the system writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

/// A Bluetooth device.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BluetoothDeviceV1 {
    /// Its name.
    pub name: String,
    /// What it is: "Keyboard", "Headset".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}
