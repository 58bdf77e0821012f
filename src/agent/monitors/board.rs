//! Owns what the monitors found until a report takes it along. Receives `Note` from watchers and
//! `Gather` from the sampler; emits nothing.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use actix::{Actor, Context, Handler, Message, Supervised};
use atlas_actors::clock::{Clock, SystemClock, Timestamp};

use super::network_logs::NetworkLogs;
use super::{Finding, Missing, words_of_2_0};
use crate::agent::diagnosis::Analyst;
use crate::wire::report_v1::{
    MachineInfoV1, MetricsV1, ReportV1, SECTION_BYTES_MAX, SectionV1, SlowedMonitorV1, Unavailable,
};

/// A section that did not change is sent again after so long: a server that lost it has it back.
const SECTION_AGAIN_AFTER: Duration = Duration::from_secs(6 * 3_600);

/// A monitor has looked.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Note {
    /// Which.
    pub monitor: &'static str,
    /// What came of it.
    pub found: Result<Finding, Missing>,
    /// For how long that may be shown.
    pub fresh_for: Duration,
    /// That it took too long, if it did.
    pub slowed: Option<SlowedMonitorV1>,
}

/// Hand out what a report should take along.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Gathered")]
pub struct Gather;

/// What a report should take along.
#[derive(Clone, Debug, Default, PartialEq, actix::MessageResponse)]
pub struct Gathered {
    /// Its metrics.
    pub metrics: MetricsV1,
    /// Its facts.
    pub facts: MachineInfoV1,
    /// Its sections.
    pub sections: BTreeMap<String, SectionV1>,
}

impl Gathered {
    /// What these looks found just now.
    #[must_use]
    pub fn of(looks: Vec<(&'static str, Result<Finding, Missing>)>) -> Self {
        let (mut board, now) = (Board::default(), Instant::now());
        for (monitor, found) in looks {
            let note = Note {
                monitor,
                found,
                fresh_for: Duration::MAX,
                slowed: None,
            };
            board.note(note, SystemClock.now(), now);
        }
        board.gather(now, SystemClock.now())
    }

    /// Puts it into a report.
    pub fn ride_along(self, report: &mut ReportV1) {
        let (mut metrics, mut missing, mut details) = (self.metrics, BTreeMap::new(), BTreeMap::new());
        for part in [&mut report.metrics, &mut metrics] {
            missing.extend(part.unavailable.take().unwrap_or_default());
            details.extend(part.unavailable_detail.take().unwrap_or_default());
        }
        report.metrics.take_over(metrics);
        report.metrics.unavailable = (!missing.is_empty()).then_some(missing);
        report.metrics.unavailable_detail = (!details.is_empty()).then_some(details);
        report.machine_info.take_over(self.facts);
        report.sections = self.sections;
    }
}

struct Noted {
    found: Result<Finding, Missing>,
    at: Instant,
    taken_at: Timestamp,
    fresh_for: Duration,
    slowed: Option<SlowedMonitorV1>,
}

/// What was sent is not kept, only how to tell it from another: it is large, and an agent is small.
struct SentSection {
    digest: u64,
    at: Instant,
}

/// What the monitors found.
#[derive(Default)]
pub struct Board {
    noted: BTreeMap<&'static str, Noted>,
    sent: BTreeMap<&'static str, SentSection>,
    analyst: Option<Analyst>,
    logs: NetworkLogs,
}

/// With each round of this monitor, the analyst looks at what all of them found.
const ANALYSED_WITH: &str = "ping";

impl Board {
    /// An empty one, whose analyst says where trouble is; into these logs, too.
    #[must_use]
    pub fn new(analyst: Analyst, logs: NetworkLogs) -> Self {
        Self {
            analyst: Some(analyst),
            logs,
            ..Self::default()
        }
    }

    fn note(&mut self, note: Note, taken_at: Timestamp, now: Instant) {
        let noted = Noted {
            found: note.found,
            at: now,
            taken_at,
            fresh_for: note.fresh_for,
            slowed: note.slowed,
        };
        self.noted.insert(note.monitor, noted);
        if note.monitor == ANALYSED_WITH
            && let Some(mut analyst) = self.analyst.take()
        {
            analyst.look(&self.fresh(now), taken_at);
            self.analyst = Some(analyst);
        }
    }

    /// All metrics that are not stale.
    fn fresh(&self, now: Instant) -> MetricsV1 {
        let mut metrics = MetricsV1::default();
        for noted in self.noted.values() {
            if let Ok(finding) = &noted.found
                && now.saturating_duration_since(noted.at) <= noted.fresh_for
            {
                metrics.take_over(finding.metrics.clone());
            }
        }
        metrics
    }

    fn gather(&mut self, now: Instant, at: Timestamp) -> Gathered {
        let mut gathered = Gathered::default();
        let mut slowed = Vec::new();
        let mut missing = BTreeMap::new();
        let mut details = BTreeMap::new();
        for (name, noted) in &mut self.noted {
            slowed.extend(noted.slowed.clone());
            let is_fresh = now.saturating_duration_since(noted.at) <= noted.fresh_for;
            match &mut noted.found {
                Ok(finding) if is_fresh => {
                    missing.extend(finding.metrics.unavailable.clone().unwrap_or_default());
                    details.extend(finding.metrics.unavailable_detail.clone().unwrap_or_default());
                    gathered.metrics.take_over(finding.metrics.clone());
                    gathered.facts.take_over(finding.facts.clone());
                    // A section goes along once: the next look brings it again.
                    for (section, value) in std::mem::take(&mut finding.sections) {
                        if let Some(due) = due(&mut self.sent, section, value, noted.taken_at, now) {
                            gathered.sections.insert(section.to_owned(), due);
                        }
                    }
                }
                Ok(_) => {
                    missing.insert((*name).to_owned(), Unavailable::Stale);
                }
                Err(why) => {
                    missing.insert((*name).to_owned(), why.why);
                    details.extend(why.detail.clone().map(|detail| ((*name).to_owned(), detail)));
                }
            }
        }
        gathered.metrics.unavailable = (!missing.is_empty()).then_some(missing);
        gathered.metrics.unavailable_detail = (!details.is_empty()).then_some(details);
        if let Some(cost) = gathered.metrics.agent.as_mut() {
            cost.slowed = (!slowed.is_empty()).then_some(slowed);
        }
        words_of_2_0::fill(&mut gathered.metrics);
        // Without fresh pings the last diagnosis is no longer true.
        let analyst = self.analyst.as_ref().filter(|_| gathered.metrics.ping.is_some());
        gathered.metrics.diagnosis = analyst.and_then(|analyst| analyst.said(at));
        gathered
    }
}

/// The section, when it is to be sent.
fn due(
    sent: &mut BTreeMap<&'static str, SentSection>,
    name: &'static str,
    value: serde_json::Value,
    taken_at: Timestamp,
    now: Instant,
) -> Option<SectionV1> {
    let json = serde_json::to_string(&value).unwrap_or_default();
    let digest = digest(&json);
    let is_known = sent.get(name).is_some_and(|sent| {
        sent.digest == digest && now.saturating_duration_since(sent.at) < SECTION_AGAIN_AFTER
    });
    if is_known {
        return None;
    }
    sent.insert(name, SentSection { digest, at: now });
    let bytes = json.len();
    if bytes > SECTION_BYTES_MAX {
        tracing::warn!(section = name, bytes, "a section is too large to be sent");
        return None;
    }
    Some(SectionV1 { taken_at, value })
}

fn digest(json: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    json.hash(&mut hasher);
    hasher.finish()
}

impl Actor for Board {
    type Context = Context<Self>;
}

impl Supervised for Board {}

impl Handler<Note> for Board {
    type Result = ();

    fn handle(&mut self, note: Note, _: &mut Context<Self>) {
        self.note(note, SystemClock.now(), Instant::now());
    }
}

impl Handler<Gather> for Board {
    type Result = Gathered;

    fn handle(&mut self, _: Gather, _: &mut Context<Self>) -> Gathered {
        let gathered = self.gather(Instant::now(), SystemClock.now());
        if self.logs.are_written() {
            let (logs, metrics) = (self.logs.clone(), gathered.metrics.clone());
            actix_rt::spawn(async move { logs.note_diagnosis(&metrics).await });
        }
        gathered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(0);
    const MINUTE: Duration = Duration::from_secs(60);

    fn note(monitor: &'static str, found: Result<Finding, Missing>) -> Note {
        Note {
            monitor,
            found,
            fresh_for: MINUTE,
            slowed: None,
        }
    }

    fn uptime(seconds: u64) -> Finding {
        Finding::from(MetricsV1 {
            uptime_seconds: Some(seconds),
            ..MetricsV1::default()
        })
    }

    #[test]
    fn what_is_fresh_rides_along_and_what_is_stale_says_so() {
        let (mut board, now) = (Board::default(), Instant::now());
        board.note(note("uptime", Ok(uptime(7))), Timestamp::from_secs(0), now);
        assert_eq!(board.gather(now + MINUTE, NOW).metrics.uptime_seconds, Some(7));
        let late = board.gather(now + MINUTE * 2, NOW).metrics;
        assert_eq!(late.uptime_seconds, None);
        assert_eq!(late.unavailable.unwrap()["uptime"], Unavailable::Stale);
    }

    #[test]
    fn what_is_missing_says_why() {
        let mut board = Board::default();
        let why = super::super::tool::unexpected("smartctl: bad\nmore");
        board.note(
            note("disk_health", Err(why)),
            Timestamp::from_secs(0),
            Instant::now(),
        );
        let metrics = board.gather(Instant::now(), NOW).metrics;
        assert_eq!(
            metrics.unavailable.unwrap()["disk_health"],
            Unavailable::Unsupported
        );
        assert_eq!(
            metrics.unavailable_detail.unwrap()["disk_health"],
            "smartctl: bad"
        );
    }

    #[test]
    fn a_section_rides_along_when_it_changed_and_now_and_then() {
        let (mut board, now) = (Board::default(), Instant::now());
        let found = |board: &mut Board, list: &[&str], at: Instant| {
            let mut finding = Finding::default();
            finding.sections.insert("software", serde_json::json!(list));
            let note = Note {
                fresh_for: MINUTE * 10_000,
                ..note("software", Ok(finding))
            };
            board.note(note, Timestamp::from_secs(5), at);
            board.gather(at, NOW).sections
        };
        assert_eq!(found(&mut board, &["vim"], now).len(), 1);
        assert!(found(&mut board, &["vim"], now + MINUTE).is_empty());
        let changed = found(&mut board, &["vim", "git"], now + MINUTE);
        assert_eq!(changed["software"].taken_at, Timestamp::from_secs(5));
        assert_eq!(
            found(&mut board, &["vim", "git"], now + SECTION_AGAIN_AFTER * 2).len(),
            1
        );
        let large = "x".repeat(SECTION_BYTES_MAX);
        assert!(found(&mut board, &[&large], now).is_empty());
    }
}
