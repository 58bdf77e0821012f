//! What the agent itself costs: processor, memory, wake-ups and threads, from the kernel's files on
//! Linux and from `ps` on macOS. The macOS part was never run on a Mac.

use std::time::Instant;

use futures_util::future::LocalBoxFuture;

use super::tool::{self, unexpected};
use super::{Finding, Missing, Monitor};
use crate::agent::collect::{hundredth, tenth};
use crate::wire::report_v1::{MetricsV1, OwnCostV1, Unavailable};

/// The kernel counts processor time in hundredths of a second on every system that Rust runs on
/// (`USER_HZ`, proc_pid_stat(5)).
const TICKS_PER_S: f64 = 100.0;

/// Sums since the agent's start.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sums {
    cpu_s: f64,
    wakeups: Option<u64>,
    memory_bytes: u64,
    threads: Option<u32>,
}

/// Measures the agent itself.
#[derive(Default)]
pub struct OwnCost {
    before: Option<(Instant, Sums)>,
}

impl OwnCost {
    /// Nothing seen so far.
    #[must_use]
    pub const fn new() -> Self {
        Self { before: None }
    }

    fn compare(&mut self, sums: Sums) -> OwnCostV1 {
        let now = Instant::now();
        let before = self.before.replace((now, sums));
        let since = before.map(|(at, sums)| (now.duration_since(at).as_secs_f64(), sums));
        let since = since.filter(|(seconds, _)| *seconds > 0.0);
        OwnCostV1 {
            cpu_percent: since
                .map(|(seconds, before)| hundredth((sums.cpu_s - before.cpu_s) / seconds * 100.0)),
            memory_bytes: Some(sums.memory_bytes),
            wakeups_per_s: since.and_then(|(seconds, before)| {
                let woken = sums.wakeups?.checked_sub(before.wakeups?)?;
                Some(tenth(u32::try_from(woken).ok()? as f32 / seconds as f32))
            }),
            threads: sums.threads,
            slowed: None,
        }
    }
}

impl Monitor for OwnCost {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let sums = if cfg!(target_os = "linux") {
                from_kernel().ok_or(Unavailable::Unsupported)?
            } else {
                let pid = std::process::id().to_string();
                let said = tool::run("/bin/ps", &["-o", "rss=,time=", "-p", &pid])
                    .await?
                    .when_well()?;
                parse_ps(&said).ok_or_else(|| unexpected(&said))?
            };
            Ok(Finding::from(MetricsV1 {
                agent: Some(self.compare(sums)),
                ..MetricsV1::default()
            }))
        })
    }
}

fn from_kernel() -> Option<Sums> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let mut sums = parse_stat(&read("/proc/self/stat")?, &read("/proc/self/status")?)?;
    let threads = std::fs::read_dir("/proc/self/task").ok()?.flatten();
    let wakeups = threads
        .filter_map(|thread| parse_wakeups(&std::fs::read_to_string(thread.path().join("status")).ok()?));
    sums.wakeups = Some(wakeups.sum());
    Some(sums)
}

/// Reads proc_pid_stat(5) and proc_pid_status(5).
fn parse_stat(stat: &str, status: &str) -> Option<Sums> {
    // The name may hold spaces and brackets: the numbers begin behind the last one.
    let numbers: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| numbers.get(index)?.parse::<u32>().ok();
    let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let memory_kb: u64 = value("VmRSS:")?.trim().trim_end_matches(" kB").parse().ok()?;
    Some(Sums {
        // Its own time, and that of the tools that it has run.
        cpu_s: (11..=14)
            .map(|index| ticks(index).map(f64::from))
            .sum::<Option<f64>>()?
            / TICKS_PER_S,
        wakeups: None,
        memory_bytes: memory_kb * 1_024,
        threads: value("Threads:")?.trim().parse().ok(),
    })
}

/// How often a thread went to sleep of its own accord, which is how often it was woken.
fn parse_wakeups(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line?.trim().parse().ok()
}

/// Reads a line like ` 12345   1:02.53`: kilobytes, and minutes and seconds of processor time.
fn parse_ps(said: &str) -> Option<Sums> {
    let (memory_kb, time) = said.trim().split_once(char::is_whitespace)?;
    let mut cpu_s = 0.0;
    for part in time.trim().split(':') {
        cpu_s = cpu_s * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(Sums {
        cpu_s,
        wakeups: None,
        memory_bytes: memory_kb.parse::<u64>().ok()? * 1_024,
        threads: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn this_process_costs_something() {
        let mut monitor = OwnCost::new();
        monitor.look().await.unwrap();
        let cost = monitor.look().await.unwrap().metrics.agent.unwrap();
        assert!(cost.memory_bytes.unwrap() > 1_000_000);
        if cfg!(target_os = "linux") {
            assert!(cost.cpu_percent.is_some() && cost.wakeups_per_s.is_some());
        }
    }

    #[test]
    fn reads_what_a_mac_prints_and_nothing_else() {
        let sums = parse_ps("  9472   1:02.53\n").unwrap();
        assert_eq!((sums.cpu_s, sums.memory_bytes), (62.53, 9_699_328));
        assert_eq!(parse_ps("ps: illegal option"), None);
        assert_eq!(parse_stat("1 (a) b) S", ""), None);
    }
}
