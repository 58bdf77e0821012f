//! How each metric is called in Prometheus's world, where seconds, bytes and ratios of one are the
//! units (https://prometheus.io/docs/practices/naming/).

use atlas_actors::model::Metric;

/// A metric as a family.
pub struct MachineFamily {
    /// Its name.
    pub name: &'static str,
    /// ATLAS's value divided by this is the family's.
    pub divisor: f64,
    /// What it says.
    pub help: &'static str,
}

const fn called(name: &'static str, divisor: f64, help: &'static str) -> MachineFamily {
    MachineFamily { name, divisor, help }
}

const PERCENT: f64 = 100.0;
const MILLIS: f64 = 1_000.0;
const MEGA: f64 = 0.000_001;

/// The family of a metric.
#[expect(clippy::too_many_lines, reason = "one table: a line for each metric")]
pub const fn family(metric: Metric) -> MachineFamily {
    match metric {
        Metric::CpuPercent => called(
            "atlas_machine_cpu_usage_ratio",
            PERCENT,
            "Processor time in use, over all cores, 0 to 1.",
        ),
        Metric::Load1 => called("atlas_machine_load1", 1.0, "Load average over one minute."),
        Metric::Load5 => called("atlas_machine_load5", 1.0, "Load average over five minutes."),
        Metric::Load15 => called("atlas_machine_load15", 1.0, "Load average over fifteen minutes."),
        Metric::MemoryPercent => called(
            "atlas_machine_memory_usage_ratio",
            PERCENT,
            "Memory in use, 0 to 1.",
        ),
        Metric::MemoryUsed => called("atlas_machine_memory_used_bytes", 1.0, "Memory in use."),
        Metric::SwapPercent => called("atlas_machine_swap_usage_ratio", PERCENT, "Swap in use, 0 to 1."),
        Metric::DiskPercent => called(
            "atlas_machine_disk_usage_ratio",
            PERCENT,
            "The fullest local disk, 0 to 1.",
        ),
        Metric::DiskUsed => called(
            "atlas_machine_disk_used_bytes",
            1.0,
            "Bytes in use on the main disk.",
        ),
        Metric::DiskRead => called(
            "atlas_machine_disk_read_bytes_per_second",
            1.0,
            "Read from disks.",
        ),
        Metric::DiskWrite => called(
            "atlas_machine_disk_written_bytes_per_second",
            1.0,
            "Written to disks.",
        ),
        Metric::NetReceived => called(
            "atlas_machine_network_received_bytes_per_second",
            1.0,
            "Received over all interfaces but loopback.",
        ),
        Metric::NetSent => called(
            "atlas_machine_network_sent_bytes_per_second",
            1.0,
            "Sent over all interfaces but loopback.",
        ),
        Metric::Temperature => called(
            "atlas_machine_temperature_celsius",
            1.0,
            "The processor's temperature.",
        ),
        Metric::BatteryPercent => called(
            "atlas_machine_battery_charge_ratio",
            PERCENT,
            "Charge of the battery, 0 to 1.",
        ),
        Metric::Processes => called("atlas_machine_processes", 1.0, "Running processes."),
        Metric::Connections => called("atlas_machine_connections", 1.0, "Open network connections."),
        Metric::Uptime => called("atlas_machine_uptime_seconds", 1.0, "Time since boot."),
        Metric::PingLatency => called(
            "atlas_machine_ping_latency_seconds",
            MILLIS,
            "Round trip to the outside.",
        ),
        Metric::PingJitter => called(
            "atlas_machine_ping_jitter_seconds",
            MILLIS,
            "How far round trips differ from one to the next.",
        ),
        Metric::PingLoss => called(
            "atlas_machine_ping_loss_ratio",
            PERCENT,
            "Packets to the outside that were not answered, 0 to 1.",
        ),
        Metric::GatewayLatency => called(
            "atlas_machine_gateway_latency_seconds",
            MILLIS,
            "Round trip to the gateway.",
        ),
        Metric::GatewayLoss => called(
            "atlas_machine_gateway_loss_ratio",
            PERCENT,
            "Packets to the gateway that were not answered, 0 to 1.",
        ),
        Metric::DnsLatency => called(
            "atlas_machine_dns_latency_seconds",
            MILLIS,
            "How long a name takes to be found.",
        ),
        Metric::WifiSignal => called(
            "atlas_machine_wifi_signal_dbm",
            1.0,
            "Strength of the wireless signal.",
        ),
        Metric::WifiNoise => called(
            "atlas_machine_wifi_noise_dbm",
            1.0,
            "Strength of the noise beside it.",
        ),
        Metric::WifiRate => called(
            "atlas_machine_wifi_rate_bits_per_second",
            MEGA,
            "Rate of the wireless link.",
        ),
        Metric::Download => called(
            "atlas_machine_download_bits_per_second",
            MEGA,
            "Speed test, towards the machine.",
        ),
        Metric::Upload => called(
            "atlas_machine_upload_bits_per_second",
            MEGA,
            "Speed test, from the machine.",
        ),
        Metric::Mos => called(
            "atlas_machine_voice_mos",
            1.0,
            "Voice quality as a mean opinion score, 1 to 4.5.",
        ),
        Metric::BatteryHealth => called(
            "atlas_machine_battery_health_ratio",
            PERCENT,
            "What the battery still holds of what it was made for.",
        ),
        Metric::FanSpeed => called("atlas_machine_fan_rpm", 1.0, "The fastest fan."),
        Metric::AgentCpu => called(
            "atlas_machine_agent_cpu_ratio",
            PERCENT,
            "What the agent itself takes of one core.",
        ),
        Metric::AgentMemory => called(
            "atlas_machine_agent_memory_bytes",
            1.0,
            "What the agent itself takes of memory.",
        ),
    }
}
