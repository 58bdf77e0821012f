//! A machine's record, as a pure core: what a report would do to it ([`MachineRecord::decide`]) and
//! what an event on disk has done ([`MachineRecord::apply`]). No clock, no store, no actor.

mod silence;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::absence::Absence;
use super::clone_watch::CloneWatch;
use super::event::{MachineEvent, Reported};
use super::open_block::{OpenBlock, Row};
use super::window::{ReplayWindow, Seen};
use crate::clock::Timestamp;
use crate::limits::{
    CLOCK_SKEW_MAX, INTERVAL_DEFAULT, INTERVAL_MAX_S, RECENT_MAX, SAMPLE_AGE_MAX, TAGS_MAX, ZONELESS_SKEW_MAX,
};
use crate::messages::RecordError;
use crate::model::{
    CloneEvidence, Counters, Facts, MachineId, Metric, Presence, PresenceRule, Report, Samples, Tag,
};
use crate::roster::MachineSnapshot;

/// All that is kept of one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineRecord {
    id: MachineId,
    first_seen: Option<Timestamp>,
    last_seen: Timestamp,
    presence: Presence,
    presence_since: Timestamp,
    interval_s: u32,
    dropped: u64,
    late: u64,
    tags: Arc<[Tag]>,
    window: ReplayWindow,
    facts: Arc<Facts>,
    latest: Option<Latest>,
    recent_cpu: Vec<u8>,
    open: OpenBlock,
    /// Closed rows that the historian has not yet stored.
    closing: Vec<Vec<Row>>,
    /// Stored beside the record, since it was not there in the first form.
    #[serde(skip)]
    absence: Absence,
    #[serde(skip)]
    clones: CloneWatch,
    /// Silence before this moment does not count: nobody listened.
    #[serde(skip)]
    listening_since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Latest {
    taken_at: Timestamp,
    samples: Samples,
    counters: Counters,
    document: bytes::Bytes,
}

/// What to do with a report.
#[derive(Debug, PartialEq)]
pub enum Decision {
    /// Write this to the journal, then apply it.
    Accept(MachineEvent),
    /// It was accepted before.
    Duplicate,
}

impl MachineRecord {
    /// The record of a machine that never reported.
    #[must_use]
    pub fn new(id: MachineId, listening_since: Timestamp) -> Self {
        Self {
            id,
            first_seen: None,
            last_seen: Timestamp::default(),
            presence: Presence::Offline,
            presence_since: listening_since,
            interval_s: interval_s(None),
            dropped: 0,
            late: 0,
            tags: Arc::default(),
            window: ReplayWindow::default(),
            facts: Arc::default(),
            latest: None,
            recent_cpu: Vec::new(),
            open: OpenBlock::default(),
            closing: Vec::new(),
            absence: Absence::default(),
            clones: CloneWatch::default(),
            listening_since,
        }
    }

    /// The record of a machine as an earlier installation kept it; it has been silent since.
    #[must_use]
    pub(crate) fn imported(latest: &Report, first_seen: Timestamp, last_seen: Timestamp) -> Self {
        Self {
            first_seen: Some(first_seen),
            last_seen,
            presence_since: last_seen,
            interval_s: interval_s(latest.interval_s),
            facts: Arc::clone(&latest.facts),
            latest: Some(Latest {
                taken_at: last_seen,
                samples: latest.samples.clone(),
                counters: latest.counters,
                document: latest.document.clone(),
            }),
            ..Self::new(latest.machine.clone(), last_seen)
        }
    }

    /// The record with what is stored beside it.
    #[must_use]
    pub(super) fn with_absence(self, absence: Absence) -> Self {
        Self { absence, ..self }
    }

    /// What is known of its being away.
    #[must_use]
    pub const fn absence(&self) -> &Absence {
        &self.absence
    }

    /// The record goes on after a start of the server: the silence before it does not count.
    pub fn resume(&mut self, now: Timestamp) {
        self.listening_since = now;
    }

    /// Whether it has ever reported.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.first_seen.is_some()
    }

    /// What a report does to this record.
    ///
    /// # Errors
    /// When a clock is too far off, the report is too old to tell whether it is a repeat, or its number
    /// was another report's.
    pub fn decide(&self, report: &Report, now: Timestamp) -> Result<Decision, RecordError> {
        match report.delivery.map(|delivery| self.window.check(delivery)) {
            Some(Seen::Before) if self.is_reused(report) => return Err(RecordError::SeqReused),
            Some(Seen::Before) => return Ok(Decision::Duplicate),
            Some(Seen::TooOld) => return Err(RecordError::ReplayTooOld),
            Some(Seen::New) | None => {}
        }
        let taken_at = self.apart(report, taken_at(report, now)?);
        let facts = (self.facts != report.facts).then(|| Arc::clone(&report.facts));
        Ok(Decision::Accept(MachineEvent::Reported(Box::new(Reported {
            received_at: now,
            taken_at,
            delivery: report.delivery,
            interval_s: interval_s(report.interval_s),
            dropped: report.dropped,
            samples: self.with_rates(report, taken_at),
            counters: report.counters,
            facts,
            document: report.document.clone(),
        }))))
    }

    fn is_reused(&self, report: &Report) -> bool {
        let delivery = report.delivery;
        delivery.is_some_and(|delivery| self.clones.is_reused(delivery, &report.document))
    }

    /// What a report that is accepted gives away of its agent.
    #[must_use]
    pub fn suspect(&self, report: &Report) -> Option<CloneEvidence> {
        self.clones.suspect(&self.window, report.delivery?)
    }

    /// Two reports without a clock of their own that arrive within one millisecond are filed one
    /// after the other, since history keeps one row for a moment.
    fn apart(&self, report: &Report, taken_at: Timestamp) -> Timestamp {
        match &self.latest {
            Some(latest) if report.taken_at.is_none() && latest.taken_at >= taken_at => {
                latest.taken_at.plus(Duration::from_millis(1))
            }
            _ => taken_at,
        }
    }

    fn with_rates(&self, report: &Report, taken_at: Timestamp) -> Samples {
        let mut samples = report.samples.clone();
        if let Some(latest) = &self.latest {
            report
                .counters
                .fill_rates(&latest.counters, taken_at.since(latest.taken_at), &mut samples);
        }
        samples
    }

    /// What new tags do to this record.
    ///
    /// # Errors
    /// When there are too many.
    pub fn decide_tags(&self, mut tags: Vec<Tag>) -> Result<MachineEvent, TooManyTags> {
        tags.sort();
        tags.dedup();
        if tags.len() > TAGS_MAX {
            Err(TooManyTags)
        } else {
            Ok(MachineEvent::Tagged { tags })
        }
    }

    /// Takes in what is on disk now.
    pub fn apply(&mut self, event: MachineEvent) {
        match event {
            MachineEvent::Reported(report) => self.apply_report(*report),
            MachineEvent::WentOffline { at } => self.become_present(Presence::Offline, at),
            MachineEvent::Tagged { tags } => self.tags = tags.into(),
            MachineEvent::Announced { what, at } => self.apply_announcement(what, at),
            MachineEvent::Explained { gap } => self.absence.explain(gap),
            MachineEvent::Moved { whereabouts } => self.absence.moved(whereabouts),
        }
    }

    fn apply_report(&mut self, report: Reported) {
        self.absence
            .came_back(self.presence, self.last_seen, report.received_at);
        self.first_seen.get_or_insert(report.received_at);
        self.last_seen = self.last_seen.max(report.received_at);
        self.become_present(Presence::Online, report.received_at);
        self.interval_s = report.interval_s;
        self.dropped = report.dropped;
        if let Some(delivery) = report.delivery {
            self.window.accept(delivery);
            self.clones.accept(delivery, &report.document);
        }
        if let Some(facts) = report.facts {
            self.facts = facts;
        }
        let row = Row {
            taken_at: report.taken_at,
            samples: report.samples.clone(),
        };
        self.closing.extend(self.open.push(&self.id, &row));
        if self
            .latest
            .as_ref()
            .is_some_and(|latest| latest.taken_at > report.taken_at)
        {
            self.late += 1;
            return;
        }
        self.remember_cpu(&report.samples);
        self.latest = Some(Latest {
            taken_at: report.taken_at,
            samples: report.samples,
            counters: report.counters,
            document: report.document,
        });
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=100 first"
    )]
    fn remember_cpu(&mut self, samples: &Samples) {
        if let Some(percent) = samples.get(Metric::CpuPercent) {
            if self.recent_cpu.len() >= RECENT_MAX {
                self.recent_cpu.remove(0);
            }
            self.recent_cpu.push(percent.clamp(0.0, 100.0).round() as u8);
        }
    }

    fn become_present(&mut self, presence: Presence, at: Timestamp) {
        if self.presence != presence {
            self.presence = presence;
            self.presence_since = at;
        }
    }

    /// Judges the machine's silence: its presence by now, and when to look again. A machine that was
    /// not heard since the server started is shown as `Warning` until it had its chance to speak.
    #[must_use]
    pub fn judge(&self, rule: &PresenceRule, now: Timestamp) -> (Presence, Option<Duration>) {
        if self.presence == Presence::Offline || !self.is_known() {
            return (Presence::Offline, None);
        }
        if self.presence == Presence::Asleep {
            return (Presence::Asleep, None);
        }
        let interval = Duration::from_secs(u64::from(self.interval_s));
        let (heard, next) = rule.judge(now.since(self.last_seen.max(self.listening_since)), interval);
        let (plain, _) = rule.judge(now.since(self.last_seen), interval);
        if heard == Presence::Online && plain != Presence::Online {
            return (Presence::Warning, next);
        }
        (heard, next)
    }

    /// Notes that it became quiet, which is not worth a record on disk; true when that is news.
    pub fn note_warning(&mut self, now: Timestamp) -> bool {
        let news = self.presence == Presence::Online;
        if news {
            self.become_present(Presence::Warning, now);
        }
        news
    }

    /// The closed rows that wait to be stored, oldest first.
    #[must_use]
    pub fn next_closed(&self) -> Option<&Vec<Row>> {
        self.closing.first()
    }

    /// The oldest closed rows are stored.
    pub fn closed_is_stored(&mut self) {
        if !self.closing.is_empty() {
            self.closing.remove(0);
        }
    }

    /// The rows that are not in stored blocks yet.
    #[must_use]
    pub fn unstored_rows(&self) -> Vec<Row> {
        self.closing
            .iter()
            .flatten()
            .cloned()
            .chain(self.open.rows())
            .collect()
    }

    /// The record as others may see it.
    #[must_use]
    pub fn snapshot(&self) -> MachineSnapshot {
        MachineSnapshot {
            id: self.id.clone(),
            first_seen: self.first_seen.unwrap_or_default(),
            last_seen: self.last_seen,
            presence: self.presence,
            presence_since: self.presence_since,
            cause: self.absence.cause(self.presence),
            gaps: Arc::clone(self.absence.gaps()),
            whereabouts: Arc::clone(self.absence.whereabouts()),
            interval_s: self.interval_s,
            dropped: self.dropped,
            late: self.late,
            tags: Arc::clone(&self.tags),
            facts: Arc::clone(&self.facts),
            samples: self
                .latest
                .as_ref()
                .map(|latest| latest.samples.clone())
                .unwrap_or_default(),
            taken_at: self.latest.as_ref().map(|latest| latest.taken_at),
            document: self
                .latest
                .as_ref()
                .map(|latest| latest.document.clone())
                .unwrap_or_default(),
            recent_cpu: self.recent_cpu.as_slice().into(),
        }
    }
}

/// More tags than one machine may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a machine can have {TAGS_MAX} tags at most: remove some first")]
pub struct TooManyTags;

fn interval_s(told: Option<u32>) -> u32 {
    let default = u32::try_from(INTERVAL_DEFAULT.as_secs()).unwrap_or(INTERVAL_MAX_S);
    told.unwrap_or(default).clamp(1, INTERVAL_MAX_S)
}

/// The moment under which the report's values are filed.
fn taken_at(report: &Report, now: Timestamp) -> Result<Timestamp, RecordError> {
    if let Some(sent_at) = report.sent_at
        && sent_at.distance(now) > CLOCK_SKEW_MAX
    {
        return Err(RecordError::ClockSkew { server_time: now });
    }
    match (report.taken_at, report.zoneless_time) {
        (Some(taken_at), _) if taken_at > now.plus(CLOCK_SKEW_MAX) => {
            Err(RecordError::ClockSkew { server_time: now })
        }
        (Some(taken_at), _) if now.since(taken_at) > SAMPLE_AGE_MAX => Err(RecordError::TooOld),
        (Some(taken_at), _) => Ok(taken_at),
        (None, Some(local)) if local.distance(now) > ZONELESS_SKEW_MAX => {
            Err(RecordError::ClockSkew { server_time: now })
        }
        (None, _) => Ok(now),
    }
}

#[cfg(test)]
mod tests;
