//! Owns the part of a report that says what the machine is: 2.0's `machine_info` and the model, the
//! kernel and the agent's version beside it.

use serde::{Deserialize, Serialize};

use crate::wire::policy_summary::PolicySummaryV1;

part! {
    /// What the machine is.
    MachineInfoV1 {
        /// Its host name.
        hostname: String,
        /// "Darwin", "Linux" and so on, as 2.0 names them.
        os: String,
        /// The system's version.
        os_version: String,
        /// The kernel's version.
        kernel: String,
        /// The processor's architecture.
        architecture: String,
        /// The processor's name.
        processor: String,
        /// Physical cores.
        cpu_count: usize,
        /// Logical cores.
        cpu_threads: usize,
        /// Bytes of memory.
        total_memory: u64,
        /// When it was started, RFC 3339.
        boot_time: String,
        /// Its address in its own network.
        local_ip: String,
        /// The first machine on its way out: its default route.
        gateway: String,
        /// The wireless network that it is in.
        ssid: String,
        /// What its owner calls it (macOS).
        computer_name: String,
        /// The hardware's serial number.
        serial_number: String,
        /// The hardware's model.
        model: String,
        /// The agent's version.
        agent_version: String,
        /// What the machine's own policy lets the server do.
        policy: PolicySummaryV1,
        /// Its local disks.
        disks: Vec<DiskFactsV1>,
        /// Its physical network interfaces.
        network_interfaces: Vec<InterfaceFactsV1>,
    }
}

/// A disk as 2.0 lists it among the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskFactsV1 {
    /// The device.
    pub device: String,
    /// Where it is mounted.
    pub mountpoint: String,
    /// The kind of file system.
    pub fstype: String,
    /// Size in bytes.
    pub total: u64,
    /// Bytes in use.
    pub used: u64,
    /// Bytes that may still be written.
    pub free: u64,
}

/// A network interface and its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceFactsV1 {
    /// Its name.
    pub name: String,
    /// Its addresses.
    pub addresses: Vec<AddressV1>,
    /// Whether it can pass packets.
    pub is_up: bool,
    /// Megabits a second, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<u64>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressV1 {
    /// "IPv4" or "IPv6".
    #[serde(rename = "type")]
    pub family: String,
    /// The address.
    pub address: String,
}
