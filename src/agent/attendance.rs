//! Owns what this agent knows of its own silence: it did not run, the machine slept, or nothing got
//! through. Told with the first report afterwards. The judgements are pure; a small file beside the
//! spool says when the agent was alive.

use std::path::Path;
use std::time::{Duration, Instant};

use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::model::{Announcement, PresenceCause};
use serde::{Deserialize, Serialize};
use sysinfo::System;
use tokio::sync::watch;

use crate::wire::absence::GapV1;

/// The file's name.
const ALIVE_FILE: &str = "alive.json";
/// Boots that seem to lie so close together are one: the moment is reckoned from the uptime.
const SAME_BOOT: Duration = Duration::from_secs(60);
/// A clock that stood for so long stood because the machine slept.
const SLEPT_MIN: Duration = Duration::from_secs(10);

/// When an agent was alive, and what it said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alive {
    /// When it kept its newest report, unix ms.
    at_ms: i64,
    /// When its machine was started, unix ms.
    boot_ms: i64,
    /// What it announced when it ended in good order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announced: Option<String>,
}

impl Alive {
    /// An agent that is alive now.
    #[must_use]
    pub fn now(announced: Option<Announcement>) -> Self {
        let boot_s = System::boot_time().unwrap_or_default();
        Self {
            at_ms: SystemClock.now().as_millis(),
            boot_ms: i64::try_from(boot_s.saturating_mul(1_000)).unwrap_or_default(),
            announced: announced.map(|what| what.name().to_owned()),
        }
    }

    /// What an earlier run wrote into that folder.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(ALIVE_FILE)).ok()?).ok()
    }

    /// Writes it there. Not synced: after a power cut an older moment does as well.
    pub fn write(&self, folder: &Path) {
        let json = serde_json::to_vec(self).unwrap_or_default();
        if let Err(error) = std::fs::write(folder.join(ALIVE_FILE), json) {
            tracing::debug!(%error, "when this agent was alive could not be kept");
        }
    }

    /// Why nothing was heard between an earlier run and this one; nothing when that was short.
    #[must_use]
    pub fn explain(&self, start: &Self, usual: Duration) -> Option<GapV1> {
        let (from, to) = (
            Timestamp::from_millis(self.at_ms),
            Timestamp::from_millis(start.at_ms),
        );
        if to.since(from) <= usual {
            return None;
        }
        let boots = (
            Timestamp::from_millis(self.boot_ms),
            Timestamp::from_millis(start.boot_ms),
        );
        let announced = self.announced.as_deref().and_then(Announcement::named);
        let cause = if boots.0.distance(boots.1) > SAME_BOOT {
            PresenceCause::PoweredOff
        } else {
            announced.map_or(PresenceCause::AgentStopped, Announcement::cause)
        };
        Some(GapV1::new(from, to, cause))
    }
}

/// A moment on all clocks that a machine has.
#[derive(Clone, Copy, Debug)]
struct Moment {
    wall: Timestamp,
    /// Stands while the machine sleeps.
    awake: Instant,
    /// Goes on while the machine sleeps.
    whole: Duration,
}

impl Moment {
    fn now() -> Self {
        Self {
            wall: SystemClock.now(),
            awake: Instant::now(),
            whole: whole(),
        }
    }

    /// When the machine slept between these two; nothing when it did not.
    fn slept_until(&self, later: &Self) -> Option<GapV1> {
        let awake = later.awake.saturating_duration_since(self.awake);
        let slept = later.whole.saturating_sub(self.whole).saturating_sub(awake);
        // It was awake for a part of the time, and nobody knows which: the longest span that may be.
        (slept >= SLEPT_MIN).then(|| GapV1::new(self.wall, later.wall, PresenceCause::Asleep))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn whole() -> Duration {
    of(rustix::time::ClockId::Boottime)
}

/// On a Mac this clock goes on during sleep, and the one behind `Instant` does not.
#[cfg(target_vendor = "apple")]
fn whole() -> Duration {
    of(rustix::time::ClockId::Monotonic)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn whole() -> Duration {
    Duration::ZERO
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn of(clock: rustix::time::ClockId) -> Duration {
    let now = rustix::time::clock_gettime(clock);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or_default(),
        u32::try_from(now.tv_nsec).unwrap_or_default(),
    )
}

/// What the next report has to explain.
#[derive(Debug)]
pub struct Attendance {
    told_next: Vec<GapV1>,
    last: Moment,
    /// When nothing got through, as the uplink finds out.
    cut_off: watch::Receiver<Option<GapV1>>,
}

impl Attendance {
    /// Begins with what an earlier run left to explain.
    #[must_use]
    pub fn new(earlier: Option<GapV1>, cut_off: watch::Receiver<Option<GapV1>>) -> Self {
        Self {
            told_next: earlier.into_iter().collect(),
            last: Moment::now(),
            cut_off,
        }
    }

    /// All that is to be explained now, once.
    pub fn take(&mut self) -> Vec<GapV1> {
        let now = Moment::now();
        self.told_next.extend(self.last.slept_until(&now));
        self.last = now;
        // The uplink ends with the agent.
        if self.cut_off.has_changed().unwrap_or(false) {
            self.told_next.extend(self.cut_off.borrow_and_update().clone());
        }
        std::mem::take(&mut self.told_next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Duration = Duration::from_secs(60);
    const START: i64 = 1_790_000_000_000;

    fn alive(at_s: i64, boot_s: i64, announced: Option<&str>) -> Alive {
        Alive {
            at_ms: START + at_s * 1_000,
            boot_ms: START + boot_s * 1_000,
            announced: announced.map(ToOwned::to_owned),
        }
    }

    fn cause(last: &Alive, start: &Alive) -> Option<String> {
        last.explain(start, USUAL).map(|gap| gap.cause)
    }

    #[test]
    fn a_start_explains_why_nothing_was_heard_before() {
        let start = alive(3_600, -9_000, None);
        assert_eq!(
            cause(&alive(0, -9_000, None), &start).as_deref(),
            Some("agent_stopped")
        );
        assert_eq!(
            cause(&alive(0, -9_000, Some("upgrade")), &start).as_deref(),
            Some("agent_upgrading")
        );
        assert_eq!(
            cause(&alive(3_550, -9_000, None), &start),
            None,
            "a restart is no absence"
        );
        let booted = alive(3_600, 3_500, None);
        // Even if it thought that only the agent was stopped: a service manager stops it first.
        assert_eq!(
            cause(&alive(0, -9_000, Some("stop")), &booted).as_deref(),
            Some("powered_off")
        );
        assert_eq!(
            cause(&alive(9_000, -9_000, None), &start),
            None,
            "the clock was set back"
        );
    }

    #[test]
    fn a_clock_that_stood_says_that_the_machine_slept() {
        let began = Instant::now();
        let moment = |wall_s: i64, awake_s: u64, whole_s: u64| Moment {
            wall: Timestamp::from_secs(1_790_000_000 + wall_s),
            awake: began + Duration::from_secs(awake_s),
            whole: Duration::from_secs(whole_s),
        };
        let before = moment(0, 0, 1_000);
        assert_eq!(before.slept_until(&moment(30, 30, 1_030)), None);
        assert_eq!(
            before.slept_until(&moment(86_400, 30, 1_030)),
            None,
            "the clock was set"
        );
        let gap = before.slept_until(&moment(3_600, 30, 4_600)).unwrap();
        assert_eq!(gap.cause, "asleep");
        assert_eq!(gap.to, "2026-09-21T15:13:20.000Z");
    }

    #[test]
    fn what_is_to_be_explained_is_told_once_and_what_the_file_says_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Alive::read(folder.path()), None);
        let alive = Alive::now(Some(Announcement::Stop));
        alive.write(folder.path());
        assert_eq!(Alive::read(folder.path()), Some(alive));
        let (sender, receiver) = watch::channel(None);
        let gap = |cause| GapV1::new(Timestamp::default(), Timestamp::from_secs(1), cause);
        let mut attendance = Attendance::new(Some(gap(PresenceCause::AgentStopped)), receiver);
        sender.send_replace(Some(gap(PresenceCause::NetworkDown)));
        let causes: Vec<_> = attendance.take().into_iter().map(|gap| gap.cause).collect();
        assert_eq!(causes, ["agent_stopped", "network_down"]);
        assert!(attendance.take().is_empty());
    }
}
