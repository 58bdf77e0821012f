//! The closed list of metrics that every machine can have, and one row of their values.

/// What a metric's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 0 to 100.
    Percent,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Degrees Celsius.
    Celsius,
    /// Seconds.
    Seconds,
    /// A plain number.
    Count,
    /// Thousandths of a second.
    Milliseconds,
    /// Millions of bits a second.
    MegabitsPerSecond,
    /// Decibels over a milliwatt; −30 is a strong signal, −90 hardly one.
    Dbm,
    /// Turns a minute.
    Rpm,
}

impl Unit {
    /// The unit's name as the API gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes_per_s",
            Self::Celsius => "celsius",
            Self::Seconds => "seconds",
            Self::Count => "count",
            Self::Milliseconds => "ms",
            Self::MegabitsPerSecond => "mbps",
            Self::Dbm => "dbm",
            Self::Rpm => "rpm",
        }
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $unit:ident;)*) => {
        /// One measured quantity of a machine. The discriminant is the column in stored blocks:
        /// new metrics go at the end, none is ever renumbered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Metric { $($(#[$doc])* $variant,)* }

        impl Metric {
            /// All metrics, in the order of their columns.
            pub const ALL: [Self; METRIC_COUNT] = [$(Self::$variant,)*];

            /// The name in the API, in exports and in the dashboard.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the number counts.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)* }
            }
        }

        /// How many metrics there are.
        pub const METRIC_COUNT: usize = [$($name,)*].len();
    };
}

metrics! {
    /// Processor time in use, over all cores.
    CpuPercent = "cpu_percent", Percent;
    /// Load average over one minute.
    Load1 = "load_1", Count;
    /// Load average over five minutes.
    Load5 = "load_5", Count;
    /// Load average over fifteen minutes.
    Load15 = "load_15", Count;
    /// Memory in use.
    MemoryPercent = "memory_percent", Percent;
    /// Memory in use.
    MemoryUsed = "memory_used_bytes", Bytes;
    /// Swap in use.
    SwapPercent = "swap_percent", Percent;
    /// The fullest local disk.
    DiskPercent = "disk_percent", Percent;
    /// Bytes in use on the main disk.
    DiskUsed = "disk_used_bytes", Bytes;
    /// Read from disks.
    DiskRead = "disk_read_bytes_per_s", BytesPerSecond;
    /// Written to disks.
    DiskWrite = "disk_write_bytes_per_s", BytesPerSecond;
    /// Received over all interfaces but loopback.
    NetReceived = "recv_bytes_per_s", BytesPerSecond;
    /// Sent over all interfaces but loopback.
    NetSent = "sent_bytes_per_s", BytesPerSecond;
    /// The processor's temperature.
    Temperature = "temperature_c", Celsius;
    /// Charge of the battery.
    BatteryPercent = "battery_percent", Percent;
    /// Running processes.
    Processes = "processes", Count;
    /// Open network connections.
    Connections = "connections", Count;
    /// Time since boot.
    Uptime = "uptime_s", Seconds;
    /// Round trip to the outside: to the target that fares best.
    PingLatency = "ping_latency_ms", Milliseconds;
    /// How far round trips differ from one to the next.
    PingJitter = "ping_jitter_ms", Milliseconds;
    /// Packets to the outside that were not answered.
    PingLoss = "ping_loss_percent", Percent;
    /// Round trip to the gateway.
    GatewayLatency = "gateway_latency_ms", Milliseconds;
    /// Packets to the gateway that were not answered.
    GatewayLoss = "gateway_loss_percent", Percent;
    /// How long a name takes to be found.
    DnsLatency = "dns_latency_ms", Milliseconds;
    /// Strength of the wireless signal.
    WifiSignal = "wifi_signal_dbm", Dbm;
    /// Strength of the noise beside it.
    WifiNoise = "wifi_noise_dbm", Dbm;
    /// Rate of the wireless link.
    WifiRate = "wifi_rate_mbps", MegabitsPerSecond;
    /// Speed test, towards the machine.
    Download = "download_mbps", MegabitsPerSecond;
    /// Speed test, from the machine.
    Upload = "upload_mbps", MegabitsPerSecond;
    /// Voice quality as a mean opinion score, 1 to 4.5.
    Mos = "mos", Count;
    /// What the battery still holds of what it was made for.
    BatteryHealth = "battery_health_percent", Percent;
    /// The fastest fan.
    FanSpeed = "fan_rpm", Rpm;
    /// What the agent itself takes of one core.
    AgentCpu = "agent_cpu_percent", Percent;
    /// What the agent itself takes of memory.
    AgentMemory = "agent_memory_bytes", Bytes;
}

impl Metric {
    /// The column in stored blocks.
    #[must_use]
    pub const fn column(self) -> usize {
        self as usize
    }

    /// The metric of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// One value, or none, for each metric at one moment. Kept as `f32`: seven digits are more than any
/// of these is measured to, and an hour of them must fit into 9 KB for each of 10,000 machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples([f32; METRIC_COUNT]);

impl Default for Samples {
    fn default() -> Self {
        Self([f32::NAN; METRIC_COUNT])
    }
}

impl Samples {
    /// The value, unless it is unknown.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f32> {
        Some(self.0[metric.column()]).filter(|value| value.is_finite())
    }

    /// Sets a value; one that is not finite stays unknown.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "samples are f32 by design, see the type's doc"
    )]
    pub fn set(&mut self, metric: Metric, value: Option<f64>) {
        self.0[metric.column()] = value.filter(|v| v.is_finite()).map_or(f32::NAN, |v| v as f32);
    }

    /// Sets a column as it was stored; one that is not known is passed over.
    pub(super) fn set_column(&mut self, column: usize, value: f32) {
        if let Some(place) = self.0.get_mut(column) {
            *place = value;
        }
    }

    /// The columns as stored; unknown values are NaN.
    #[must_use]
    pub const fn columns(&self) -> &[f32; METRIC_COUNT] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name_and_column() {
        for (column, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(Metric::named(metric.name()), Some(metric));
            assert_eq!(metric.column(), column);
        }
    }

    #[test]
    fn unknown_is_not_zero() {
        let mut samples = Samples::default();
        assert_eq!(samples.get(Metric::CpuPercent), None);
        samples.set(Metric::CpuPercent, Some(0.0));
        assert_eq!(samples.get(Metric::CpuPercent), Some(0.0));
        samples.set(Metric::CpuPercent, Some(f64::INFINITY));
        assert_eq!(samples.get(Metric::CpuPercent), None);
    }
}
