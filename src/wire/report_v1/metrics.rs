//! Owns the part of a report that says how the machine is: 2.0's `metrics`, with rates, each disk and
//! interface, all sensors, and the reasons for what is missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

part! {
    /// How the machine is.
    MetricsV1 {
        /// When this was measured, RFC 3339: the report's `taken_at`.
        timestamp: String,
        /// Seconds since the machine was started.
        uptime_seconds: u64,
        /// The processor.
        cpu: CpuV1,
        /// Memory and swap.
        memory: MemoryV1,
        /// The main disk, with the traffic of all disks.
        disk: MainDiskV1,
        /// All local disks.
        disks: Vec<DiskV1>,
        /// The traffic of all physical interfaces together.
        network: NetworkV1,
        /// Each physical interface.
        interfaces: Vec<InterfaceV1>,
        /// The processes.
        processes: ProcessesV1,
        /// The battery of a machine that has one.
        battery: BatteryV1,
        /// The processor's temperature.
        temperature: TemperatureV1,
        /// All sensors.
        temperatures: Vec<SensorV1>,
        /// How packets fare.
        ping: super::PingV1,
        /// The wireless network.
        wifi: super::WifiV1,
        /// Whether names are found.
        dns: super::DnsV1,
        /// The services that the config names.
        checks: Vec<super::CheckV1>,
        /// Whether a VPN is up.
        vpn: super::VpnV1,
        /// What voices would sound like.
        voice: super::VoiceV1,
        /// How fast the network is.
        speedtest: super::SpeedtestV1,
        /// Where the network's trouble is.
        diagnosis: super::DiagnosisV1,
        /// 2.0's words on the network.
        network_quality: super::NetworkQualityV1,
        /// 2.0's words on services, by their kind.
        saas_endpoints: BTreeMap<String, super::SaasCategoryV1>,
        /// 2.0's words on roaming.
        wifi_roaming: super::WifiRoamingV1,
        /// Mains and battery.
        power: super::PowerV1,
        /// Fans, clock and throttling.
        thermal: super::ThermalV1,
        /// How well it is protected, as 2.0 says it.
        security: super::SecurityV1,
        /// The same with more of it.
        security_enhanced: super::SecurityEnhancedV1,
        /// What the agent itself costs.
        agent: super::OwnCostV1,
        /// Why something that could be expected is missing.
        unavailable: BTreeMap<String, Unavailable>,
        /// More about it, where a tool said more.
        unavailable_detail: BTreeMap<String, String>,
    }
}

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// This system has no such thing, or no way to ask for it that this agent knows.
    Unsupported,
    /// The agent may not ask.
    NoPermission,
    /// The tool that knows is not installed.
    ToolMissing,
    /// The tool that knows did not answer in time.
    TimedOut,
    /// What is known is too old to be shown.
    Stale,
}

part! {
    /// The processor.
    CpuV1 {
        /// Time in use over all cores, 0 to 100.
        percent: f64,
        /// The same for each core.
        per_core: Vec<f64>,
        /// Load averages over 1, 5 and 15 minutes.
        load_avg: [f64; 3],
        /// Physical cores.
        count: usize,
        /// Logical cores.
        threads: usize,
    }
}

part! {
    /// Memory and swap, in bytes and percent.
    MemoryV1 {
        /// All of it.
        total: u64,
        /// What programs could still get.
        available: u64,
        /// What they have.
        used: u64,
        /// `used` of `total`.
        percent: f64,
        /// All swap.
        swap_total: u64,
        /// Swap in use.
        swap_used: u64,
        /// `swap_used` of `swap_total`; missing where there is no swap.
        swap_percent: f64,
    }
}

part! {
    /// The main disk's space, and the traffic of all local disks.
    MainDiskV1 {
        /// Size in bytes.
        total: u64,
        /// Bytes in use.
        used: u64,
        /// Bytes that may still be written.
        free: u64,
        /// `used` of `used` and `free`, as df shows it.
        percent: f64,
        /// Bytes read since the system started.
        read_bytes: u64,
        /// Bytes written since the system started.
        write_bytes: u64,
        /// Bytes read a second.
        read_bytes_per_s: u64,
        /// Bytes written a second.
        write_bytes_per_s: u64,
    }
}

/// One local disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskV1 {
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
    /// `used` of `used` and `free`, as df shows it.
    pub percent: f64,
    /// Whether it can be unplugged.
    pub removable: bool,
}

part! {
    /// Traffic over all physical interfaces since the system started, and now.
    NetworkV1 {
        /// Bytes sent.
        bytes_sent: u64,
        /// Bytes received.
        bytes_recv: u64,
        /// Packets sent.
        packets_sent: u64,
        /// Packets received.
        packets_recv: u64,
        /// Packets that came in broken.
        errin: u64,
        /// Packets that could not be sent.
        errout: u64,
        /// Open connections and listeners.
        connections: u64,
        /// Bytes received a second.
        recv_bytes_per_s: u64,
        /// Bytes sent a second.
        sent_bytes_per_s: u64,
    }
}

/// One physical interface's traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceV1 {
    /// Its name.
    pub name: String,
    /// Bytes received a second; missing until it has been seen twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recv_bytes_per_s: Option<u64>,
    /// Bytes sent a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_bytes_per_s: Option<u64>,
    /// Bytes received since the system started.
    pub bytes_recv: u64,
    /// Bytes sent since then.
    pub bytes_sent: u64,
    /// Packets that came in broken.
    pub errin: u64,
    /// Packets that could not be sent.
    pub errout: u64,
}

/// The processes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessesV1 {
    /// How many there are.
    pub total: usize,
    /// The five that use the processor most.
    pub top_cpu: Vec<ProcessV1>,
    /// The five that have most memory.
    pub top_memory: Vec<ProcessV1>,
    /// The five that read and write most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top_disk: Vec<ProcessV1>,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessV1 {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// Percent of one core.
    pub cpu: f64,
    /// Percent of all memory.
    pub memory: f64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes read and written a second, where the kernel tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes_per_s: Option<u64>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// The battery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatteryV1 {
    /// Charge, 0 to 100.
    pub percent: f64,
    /// Whether the machine runs on mains.
    pub plugged: bool,
    /// Seconds until it is empty, where the system estimates that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_left: Option<u64>,
}

/// The processor's temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemperatureV1 {
    /// Degrees.
    pub cpu: f64,
    /// Always "C".
    pub unit: String,
}

/// One sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorV1 {
    /// Its name.
    pub label: String,
    /// Degrees.
    pub celsius: f64,
}
