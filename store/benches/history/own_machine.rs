//! What this machine does (Linux), looked at each 50 ms and taken for a day at 30 s: 2,880 rows.

use std::collections::HashMap;
use std::fs::read_to_string;
use std::time::Duration;

use atlas_actors::clock::Timestamp;
use atlas_actors::machine::open_block::Row;
use atlas_actors::model::{Metric, Samples};

const ROWS: i64 = 2_880;
const PAUSE: Duration = Duration::from_millis(50);

/// Sums since the boot.
#[derive(Clone, Copy, Default)]
struct Sums {
    busy: f64,
    all: f64,
    received: f64,
    sent: f64,
    read: f64,
    written: f64,
}

fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

fn sums() -> Sums {
    let mut sums = Sums::default();
    let stat = read_to_string("/proc/stat").unwrap_or_default();
    let cpu = numbers(stat.lines().next().unwrap_or_default());
    sums.all = cpu.iter().sum();
    sums.busy = sums.all - cpu.get(3).unwrap_or(&0.0) - cpu.get(4).unwrap_or(&0.0);
    for line in read_to_string("/proc/net/dev").unwrap_or_default().lines() {
        if let Some((_, rest)) = line.split_once(':') {
            let counts = numbers(rest);
            sums.received += counts.first().unwrap_or(&0.0);
            sums.sent += counts.get(8).unwrap_or(&0.0);
        }
    }
    for line in read_to_string("/proc/diskstats").unwrap_or_default().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let count = |at: usize| {
            words
                .get(at)
                .and_then(|word| word.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        sums.read += count(5) * 512.0;
        sums.written += count(9) * 512.0;
    }
    sums
}

fn memory() -> HashMap<String, f64> {
    let text = read_to_string("/proc/meminfo").unwrap_or_default();
    let lines = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        Some((name.to_owned(), numbers(rest).first()? * 1024.0))
    });
    lines.collect()
}

fn look(n: i64, before: Sums, now: Sums) -> Samples {
    let tenth = |value: f64| Some((value * 10.0).round() / 10.0);
    let seconds = PAUSE.as_secs_f64();
    let rate = |now: f64, before: f64| Some(((now - before) / seconds).round());
    let memory = memory();
    let of = |name: &str| memory.get(name).copied().unwrap_or(0.0);
    let (total, used) = (of("MemTotal"), of("MemTotal") - of("MemAvailable"));
    let load = numbers(&read_to_string("/proc/loadavg").unwrap_or_default());
    let processes = std::fs::read_dir("/proc").map_or(0, |entries| {
        let names = entries.flatten().map(|entry| entry.file_name());
        names
            .filter(|name| name.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
            .count()
    });
    let connections = read_to_string("/proc/net/tcp")
        .unwrap_or_default()
        .lines()
        .count();
    let values = [
        (
            Metric::CpuPercent,
            tenth(100.0 * (now.busy - before.busy) / (now.all - before.all).max(1.0)),
        ),
        (Metric::Load1, load.first().copied()),
        (Metric::Load5, load.get(1).copied()),
        (Metric::Load15, load.get(2).copied()),
        (Metric::MemoryPercent, tenth(100.0 * used / total.max(1.0))),
        (Metric::MemoryUsed, Some(used)),
        (Metric::DiskRead, rate(now.read, before.read)),
        (Metric::DiskWrite, rate(now.written, before.written)),
        (Metric::NetReceived, rate(now.received, before.received)),
        (Metric::NetSent, rate(now.sent, before.sent)),
        (Metric::Processes, Some(processes as f64)),
        (Metric::Connections, Some(connections as f64)),
        (Metric::Uptime, Some((100_000 + n * 30) as f64)),
    ];
    let mut samples = Samples::default();
    for (metric, value) in values {
        samples.set(metric, value);
    }
    samples
}

/// The rows.
pub(crate) fn rows(end: Timestamp) -> Vec<Row> {
    let mut before = sums();
    (0..ROWS)
        .map(|n| {
            std::thread::park_timeout(PAUSE);
            let now = sums();
            let samples = look(n, std::mem::replace(&mut before, now), now);
            Row {
                taken_at: Timestamp::from_millis(end.as_millis() - (ROWS - n) * 30_000 + n % 13),
                samples,
            }
        })
        .collect()
}
