//! What a machine's record makes of its agent's words on silence: announced before, or explained
//! afterwards.

use super::MachineRecord;
use crate::clock::Timestamp;
use crate::limits::{CLOCK_SKEW_MAX, EXPLAINED_MAX, SAMPLE_AGE_MAX};
use crate::machine::event::MachineEvent;
use crate::model::{Announcement, Delivery, Gap, Presence, Report};

impl MachineRecord {
    /// What a report says beside its values: why its machine was away, and where it is now.
    #[must_use]
    pub fn decide_beside(&self, report: &Report, now: Timestamp) -> Vec<MachineEvent> {
        let is_sound = |gap: &Gap| {
            gap.from < gap.to && gap.to <= now.plus(CLOCK_SKEW_MAX) && now.since(gap.from) <= SAMPLE_AGE_MAX
        };
        let explained = report.explains.iter().copied().filter(is_sound);
        let explained = explained
            .take(EXPLAINED_MAX)
            .map(|gap| MachineEvent::Explained { gap });
        let moved = report
            .whereabouts
            .clone()
            .filter(|whereabouts| *whereabouts != **self.absence.whereabouts());
        let moved = moved.map(|whereabouts| MachineEvent::Moved { whereabouts });
        explained.chain(moved).collect()
    }

    /// What an announcement does to this record; nothing when it is about a time before the newest report.
    #[must_use]
    pub fn decide_announcement(
        &self,
        what: Announcement,
        newest: Option<Delivery>,
        now: Timestamp,
    ) -> Option<MachineEvent> {
        let is_old = newest.is_some_and(|newest| self.window.is_behind(newest));
        (self.is_known() && !is_old).then_some(MachineEvent::Announced { what, at: now })
    }

    pub(super) fn apply_announcement(&mut self, what: Announcement, at: Timestamp) {
        self.absence.announce(what, at);
        match what {
            Announcement::Sleep => self.become_present(Presence::Asleep, at),
            Announcement::Shutdown | Announcement::Stop => self.become_present(Presence::Offline, at),
            // It is back in a moment.
            Announcement::Upgrade => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::record::Decision;
    use crate::machine::record::tests::{NOW, at, record, report};
    use crate::model::{PresenceCause, PresenceRule, Whereabouts};

    fn take(record: &mut MachineRecord, report: &Report, now: i64) {
        let Decision::Accept(event) = record.decide(report, at(now)).unwrap() else {
            panic!("a repeat");
        };
        let beside = record.decide_beside(report, at(now));
        record.apply(event);
        beside.into_iter().for_each(|event| record.apply(event));
    }

    fn announce(record: &mut MachineRecord, what: Announcement, seq: u64, now: i64) -> bool {
        let newest = report(seq, now).delivery;
        let event = record.decide_announcement(what, newest, at(now));
        let is_news = event.is_some();
        event.into_iter().for_each(|event| record.apply(event));
        is_news
    }

    #[test]
    fn a_machine_that_said_so_sleeps_until_its_next_report() {
        let mut record = record();
        assert!(
            !announce(&mut record, Announcement::Sleep, 0, NOW),
            "nobody knows it"
        );
        take(&mut record, &report(1, NOW), NOW);
        assert!(announce(&mut record, Announcement::Sleep, 1, NOW + 5));
        let later = NOW + 36_000;
        let judged = record.judge(&PresenceRule::default(), at(later));
        assert_eq!(judged, (Presence::Asleep, None));
        assert_eq!(record.snapshot().cause, Some(PresenceCause::Asleep));
        take(&mut record, &report(2, later), later);
        let snapshot = record.snapshot();
        assert_eq!((snapshot.presence, snapshot.cause), (Presence::Online, None));
        let gap = Gap {
            from: at(NOW),
            to: at(later),
            cause: PresenceCause::Asleep,
        };
        assert_eq!(snapshot.gaps[..], [gap]);
        assert!(
            !announce(&mut record, Announcement::Sleep, 1, later),
            "recorded, and said again"
        );
    }

    #[test]
    fn a_machine_that_shuts_down_is_away_at_once_and_one_that_upgrades_is_not() {
        let mut record = record();
        take(&mut record, &report(1, NOW), NOW);
        announce(&mut record, Announcement::Upgrade, 1, NOW + 1);
        assert_eq!(record.snapshot().presence, Presence::Online);
        announce(&mut record, Announcement::Shutdown, 1, NOW + 2);
        let snapshot = record.snapshot();
        let expected = (Presence::Offline, Some(PresenceCause::PoweredOff));
        assert_eq!((snapshot.presence, snapshot.cause), expected);
    }

    #[test]
    fn takes_no_explanation_that_can_not_be_true() {
        let mut record = record();
        let gap = |from: i64, to: i64| Gap {
            from: at(NOW + from),
            to: at(NOW + to),
            cause: PresenceCause::NetworkDown,
        };
        let mut told = report(1, NOW);
        told.explains = vec![
            gap(10, 5),
            gap(-100, 1_000),
            gap(-40 * 86_400, -10),
            gap(-100, -50),
        ];
        take(&mut record, &told, NOW);
        assert_eq!(record.snapshot().gaps[..], [gap(-100, -50)]);
        told = report(2, NOW + 30);
        told.explains = (0..20).map(|number| gap(number, number + 1)).collect();
        assert_eq!(record.decide_beside(&told, at(NOW + 30)).len(), EXPLAINED_MAX);
    }

    #[test]
    fn where_it_is_is_written_down_when_it_changes() {
        let mut record = record();
        let mut told = report(1, NOW);
        told.whereabouts = Some(Whereabouts {
            gateway: Some("10.4.0.1".into()),
            ssid: None,
        });
        take(&mut record, &told, NOW);
        assert_eq!(record.snapshot().whereabouts.gateway.as_deref(), Some("10.4.0.1"));
        assert!(record.decide_beside(&told, at(NOW)).is_empty());
        told.whereabouts = None;
        assert!(record.decide_beside(&told, at(NOW)).is_empty(), "it does not say");
    }
}
