//! Reads the values of a report that the fleet understands; all others stay in its document.

use atlas_actors::clock::Timestamp;
use atlas_actors::model::{Counters, Metric, Samples};
use serde::Deserialize;

use super::probes::{self, Probes};
use super::{ReadReportError, parse};

/// What was understood of a report's metrics.
pub(super) struct ReadMetrics {
    pub(super) samples: Samples,
    pub(super) counters: Counters,
    /// The agent's clock with its zone.
    pub(super) zoned_time: Option<Timestamp>,
    /// The agent's clock without one, read as UTC: good to see that it is days off.
    pub(super) zoneless_time: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metrics {
    timestamp: Option<String>,
    uptime_seconds: Option<f64>,
    cpu: Option<Cpu>,
    memory: Option<Memory>,
    disk: Option<Disk>,
    network: Option<Network>,
    processes: Option<Processes>,
    battery: Option<Battery>,
    temperature: Option<Temperature>,
    agent: Option<OwnCost>,
    ping: Option<probes::Ping>,
    wifi: Option<probes::Wifi>,
    dns: Option<probes::Dns>,
    voice: Option<probes::Voice>,
    speedtest: Option<probes::Speedtest>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OwnCost {
    cpu_percent: Option<f64>,
    memory_bytes: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cpu {
    percent: Option<f64>,
    load_avg: Option<Vec<Option<f64>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Memory {
    percent: Option<f64>,
    used: Option<f64>,
    swap_percent: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Disk {
    percent: Option<f64>,
    used: Option<f64>,
    read_bytes: Option<u64>,
    write_bytes: Option<u64>,
    read_bytes_per_s: Option<f64>,
    write_bytes_per_s: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Network {
    bytes_sent: Option<u64>,
    bytes_recv: Option<u64>,
    recv_bytes_per_s: Option<f64>,
    sent_bytes_per_s: Option<f64>,
    connections: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Processes {
    total: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Battery {
    percent: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Temperature {
    cpu: Option<f64>,
}

/// Reads the values of the `metrics` section.
pub(super) fn read(document: &str) -> Result<ReadMetrics, ReadReportError> {
    let metrics: Metrics = parse(document.as_bytes(), "metrics")?;
    let (zoned_time, zoneless_time) = times(metrics.timestamp.as_deref())?;
    Ok(ReadMetrics {
        samples: samples(&metrics),
        counters: counters(&metrics),
        zoned_time,
        zoneless_time,
    })
}

fn times(text: Option<&str>) -> Result<(Option<Timestamp>, Option<Timestamp>), ReadReportError> {
    let Some(text) = text else { return Ok((None, None)) };
    if let Ok(moment) = Timestamp::parse(text) {
        return Ok((Some(moment), None));
    }
    let zoneless = Timestamp::parse(&format!("{text}Z"));
    zoneless
        .map(|moment| (None, Some(moment)))
        .map_err(|_| ReadReportError::Time("metrics.timestamp"))
}

fn samples(metrics: &Metrics) -> Samples {
    let mut samples = Samples::default();
    let probes = Probes {
        ping: metrics.ping.as_ref(),
        wifi: metrics.wifi.as_ref(),
        dns: metrics.dns.as_ref(),
        voice: metrics.voice.as_ref(),
        speedtest: metrics.speedtest.as_ref(),
    };
    probes.fill(&mut samples);
    samples.set(Metric::Uptime, metrics.uptime_seconds);
    samples.set(
        Metric::BatteryPercent,
        metrics
            .battery
            .as_ref()
            .and_then(|battery| percent(battery.percent)),
    );
    samples.set(
        Metric::Temperature,
        metrics
            .temperature
            .as_ref()
            .and_then(|temperature| temperature.cpu),
    );
    samples.set(
        Metric::Processes,
        metrics.processes.as_ref().and_then(|processes| processes.total),
    );
    if let Some(cost) = &metrics.agent {
        samples.set(Metric::AgentCpu, cost.cpu_percent);
        samples.set(Metric::AgentMemory, cost.memory_bytes);
    }
    if let Some(cpu) = &metrics.cpu {
        samples.set(Metric::CpuPercent, percent(cpu.percent));
        let load = |index: usize| {
            cpu.load_avg
                .as_ref()
                .and_then(|load| load.get(index).copied().flatten())
        };
        samples.set(Metric::Load1, load(0));
        samples.set(Metric::Load5, load(1));
        samples.set(Metric::Load15, load(2));
    }
    if let Some(memory) = &metrics.memory {
        samples.set(Metric::MemoryPercent, percent(memory.percent));
        samples.set(Metric::MemoryUsed, memory.used);
        samples.set(Metric::SwapPercent, percent(memory.swap_percent));
    }
    if let Some(disk) = &metrics.disk {
        samples.set(Metric::DiskPercent, percent(disk.percent));
        samples.set(Metric::DiskUsed, disk.used);
        samples.set(Metric::DiskRead, disk.read_bytes_per_s);
        samples.set(Metric::DiskWrite, disk.write_bytes_per_s);
    }
    if let Some(network) = &metrics.network {
        samples.set(Metric::NetReceived, network.recv_bytes_per_s);
        samples.set(Metric::NetSent, network.sent_bytes_per_s);
        samples.set(Metric::Connections, network.connections);
    }
    samples
}

/// Outside of 0 to 100 it is not a percentage; 2.0 says −1 for "unknown".
fn percent(value: Option<f64>) -> Option<f64> {
    value.filter(|value| (0.0..=100.0).contains(value))
}

fn counters(metrics: &Metrics) -> Counters {
    let (network, disk) = (metrics.network.as_ref(), metrics.disk.as_ref());
    Counters {
        received: network.and_then(|network| network.bytes_recv),
        sent: network.and_then(|network| network.bytes_sent),
        read: disk.and_then(|disk| disk.read_bytes),
        written: disk.and_then(|disk| disk.write_bytes),
    }
}
