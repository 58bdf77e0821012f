//! The part of a machine's record that is about its being away: what its agent announced, the spans in
//! which it was away and why, and behind what it is. Pure.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::limits::GAPS_MAX;
use crate::model::{Announcement, Gap, Presence, PresenceCause, Whereabouts};

/// What is known of a machine's being away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Absence {
    /// What its agent said before it fell silent, and when.
    announced: Option<(Announcement, Timestamp)>,
    /// The newest spans, oldest first.
    gaps: Arc<[Gap]>,
    whereabouts: Arc<Whereabouts>,
}

impl Absence {
    /// Its agent says that it falls silent.
    pub const fn announce(&mut self, what: Announcement, at: Timestamp) {
        self.announced = Some((what, at));
    }

    /// It is heard again, after it was away since `from`.
    pub fn came_back(&mut self, was: Presence, from: Timestamp, to: Timestamp) {
        let announced = self.announced.take();
        let was_away = matches!(was, Presence::Offline | Presence::Asleep);
        if was_away && from > Timestamp::default() && from < to {
            self.add(Gap {
                from,
                to,
                cause: announced.map_or(PresenceCause::Unknown, |(what, _)| what.cause()),
            });
        }
    }

    /// Its agent knows why it was away: it knows better than what was only seen from here.
    pub fn explain(&mut self, told: Gap) {
        let mut gaps = self.gaps.to_vec();
        let mut is_known = false;
        for gap in gaps.iter_mut().filter(|gap| gap.overlaps(&told)) {
            is_known = true;
            if matches!(gap.cause, PresenceCause::Unknown | PresenceCause::AgentStopped) {
                gap.cause = told.cause;
            }
        }
        self.gaps = gaps.into();
        if !is_known {
            self.add(told);
        }
    }

    fn add(&mut self, gap: Gap) {
        let mut gaps = self.gaps.to_vec();
        gaps.push(gap);
        gaps.sort_by_key(|gap| gap.from);
        let surplus = gaps.len().saturating_sub(GAPS_MAX);
        gaps.drain(..surplus);
        self.gaps = gaps.into();
    }

    /// It is somewhere else.
    pub fn moved(&mut self, whereabouts: Whereabouts) {
        self.whereabouts = Arc::new(whereabouts);
    }

    /// Why it is away now; nothing while it is there.
    #[must_use]
    pub fn cause(&self, presence: Presence) -> Option<PresenceCause> {
        let announced = self.announced.map(|(what, _)| what.cause());
        match presence {
            Presence::Online => None,
            Presence::Asleep => Some(PresenceCause::Asleep),
            // Who missed a report may only be slow.
            Presence::Warning => announced,
            Presence::Offline => Some(announced.unwrap_or(PresenceCause::Unknown)),
        }
    }

    /// The spans in which it was away, oldest first.
    #[must_use]
    pub const fn gaps(&self) -> &Arc<[Gap]> {
        &self.gaps
    }

    /// Behind what it is.
    #[must_use]
    pub const fn whereabouts(&self) -> &Arc<Whereabouts> {
        &self.whereabouts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(1_790_000_000 + second)
    }

    fn gap(from: i64, to: i64, cause: PresenceCause) -> Gap {
        Gap {
            from: at(from),
            to: at(to),
            cause,
        }
    }

    #[test]
    fn what_was_announced_is_the_cause_until_it_is_back() {
        let mut absence = Absence::default();
        assert_eq!(absence.cause(Presence::Offline), Some(PresenceCause::Unknown));
        absence.announce(Announcement::Stop, at(0));
        assert_eq!(
            absence.cause(Presence::Offline),
            Some(PresenceCause::AgentStopped)
        );
        assert_eq!(absence.cause(Presence::Online), None);
        absence.came_back(Presence::Offline, at(0), at(100));
        assert_eq!(absence.cause(Presence::Offline), Some(PresenceCause::Unknown));
        assert_eq!(absence.gaps()[..], [gap(0, 100, PresenceCause::AgentStopped)]);
    }

    #[test]
    fn who_only_missed_a_report_was_not_away() {
        let mut absence = Absence::default();
        absence.came_back(Presence::Warning, at(0), at(40));
        absence.came_back(Presence::Offline, Timestamp::default(), at(40));
        assert!(absence.gaps().is_empty(), "nor who was never there");
    }

    #[test]
    fn the_agents_word_counts_where_nothing_better_is_known() {
        let mut absence = Absence::default();
        absence.came_back(Presence::Offline, at(0), at(100));
        absence.explain(gap(10, 90, PresenceCause::PoweredOff));
        assert_eq!(absence.gaps()[..], [gap(0, 100, PresenceCause::PoweredOff)]);
        absence.explain(gap(20, 80, PresenceCause::NetworkDown));
        assert_eq!(absence.gaps()[..], [gap(0, 100, PresenceCause::PoweredOff)]);
        absence.explain(gap(200, 230, PresenceCause::Asleep));
        assert_eq!(absence.gaps()[1], gap(200, 230, PresenceCause::Asleep));
    }

    #[test]
    fn keeps_the_newest() {
        let mut absence = Absence::default();
        for number in 0..100 {
            absence.explain(gap(number * 10, number * 10 + 5, PresenceCause::Asleep));
        }
        assert_eq!(absence.gaps().len(), GAPS_MAX);
        assert_eq!(absence.gaps()[GAPS_MAX - 1].from, at(990));
    }
}
