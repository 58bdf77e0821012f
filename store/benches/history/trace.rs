//! A noisy trace: 20 metrics each 30 s, with the precision that agents send. Values wander, are
//! disturbed, and rates have a heavy tail, as those of machines in use.

use atlas_actors::clock::Timestamp;
use atlas_actors::machine::open_block::Row;
use atlas_actors::model::{Metric, Samples};

/// A value that wanders: where it may be, how far it goes in a step, how much it is disturbed, and to
/// what it is rounded.
struct Walk(Metric, f64, f64, f64, f64, f64);

const WALKS: [Walk; 15] = [
    Walk(Metric::CpuPercent, 0.5, 100.0, 1.0, 4.0, 0.1),
    Walk(Metric::Load1, 0.0, 16.0, 0.1, 0.2, 0.01),
    Walk(Metric::Load5, 0.0, 16.0, 0.03, 0.02, 0.01),
    Walk(Metric::Load15, 0.0, 16.0, 0.01, 0.01, 0.01),
    Walk(Metric::MemoryPercent, 20.0, 96.0, 0.2, 0.1, 0.1),
    Walk(Metric::MemoryUsed, 4e9, 3e10, 5e7, 2e7, 4_096.0),
    Walk(Metric::SwapPercent, 0.0, 30.0, 0.01, 0.0, 0.1),
    Walk(Metric::DiskPercent, 5.0, 99.0, 0.01, 0.0, 0.1),
    Walk(Metric::DiskUsed, 1e11, 4e11, 1e6, 0.0, 4_096.0),
    Walk(Metric::Temperature, 30.0, 95.0, 0.3, 0.5, 0.1),
    Walk(Metric::BatteryPercent, 3.0, 100.0, 0.2, 0.0, 1.0),
    Walk(Metric::Processes, 300.0, 600.0, 1.0, 3.0, 1.0),
    Walk(Metric::Connections, 40.0, 240.0, 1.0, 6.0, 1.0),
    Walk(Metric::PingLatency, 5.0, 80.0, 0.2, 2.0, 0.1),
    Walk(Metric::WifiSignal, -90.0, -30.0, 0.3, 1.5, 1.0),
];

/// Bytes a second, at the middle.
const RATES: [(Metric, f64); 4] = [
    (Metric::DiskRead, 2e4),
    (Metric::DiskWrite, 1e5),
    (Metric::NetReceived, 3e4),
    (Metric::NetSent, 1e4),
];

/// Random numbers that are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed.
    fn normal(&mut self) -> f64 {
        let (a, b) = (self.next().max(1e-12), self.next());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// A machine's days up to `end`.
pub(crate) fn rows(machine: u32, days: u32, end: Timestamp) -> Vec<Row> {
    let mut random = Random(u64::from(machine + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut at: Vec<f64> = WALKS
        .iter()
        .map(|walk| walk.1 + (walk.2 - walk.1) * random.next())
        .collect();
    let count = i64::from(days) * 2_880;
    (0..count)
        .map(|n| {
            let mut samples = Samples::default();
            for (walk, at) in WALKS.iter().zip(&mut at) {
                let Walk(metric, least, greatest, step, noise, grid) = *walk;
                *at = (*at + step * random.normal()).clamp(least, greatest);
                let value = (*at + noise * random.normal()).clamp(least, greatest);
                samples.set(metric, Some((value / grid).round() * grid));
            }
            for (metric, middle) in RATES {
                samples.set(metric, Some((middle * (random.normal() * 1.5).exp()).round()));
            }
            samples.set(Metric::Uptime, Some((400_000 + n * 30) as f64));
            // Agents measure a few milliseconds off their beat.
            let jitter = (random.next() * 20.0) as i64;
            Row {
                taken_at: Timestamp::from_millis(end.as_millis() - (count - n) * 30_000 + jitter),
                samples,
            }
        })
        .collect()
}
