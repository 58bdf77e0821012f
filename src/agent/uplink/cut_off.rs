//! Since when nothing gets through, and why: told when it is over. Time comes in as a value.

use std::time::Duration;

use atlas_actors::clock::Timestamp;
use atlas_actors::model::PresenceCause;
use tokio::sync::watch;

use crate::wire::absence::GapV1;

/// Watches for how long nothing gets through.
#[derive(Debug)]
pub(super) struct CutOff {
    since: Option<(Timestamp, PresenceCause)>,
    told: watch::Sender<Option<GapV1>>,
    min: Duration,
}

impl CutOff {
    /// Tells there of what lasts longer than that.
    pub(super) const fn new(told: watch::Sender<Option<GapV1>>, min: Duration) -> Self {
        Self {
            since: None,
            told,
            min,
        }
    }

    /// A try has failed. A network that was down at any time is the cause: no server is known to be away
    /// by whoever can't reach it.
    pub(super) fn goes_on(&mut self, cause: PresenceCause, now: Timestamp) {
        let (since, earlier) = self.since.unwrap_or((now, cause));
        let cause = if cause == PresenceCause::NetworkDown {
            cause
        } else {
            earlier
        };
        self.since = Some((since, cause));
    }

    /// A report has arrived; true when that is worth telling.
    pub(super) fn ended(&mut self, now: Timestamp) -> bool {
        let Some((since, cause)) = self.since.take() else {
            return false;
        };
        let was_long = now.since(since) > self.min;
        if was_long {
            self.told.send_replace(Some(GapV1::new(since, now, cause)));
        }
        was_long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_of_what_lasted_and_of_its_cause() {
        let (told, heard) = watch::channel(None);
        let mut cut_off = CutOff::new(told, Duration::from_secs(60));
        let at = |second: i64| Timestamp::from_secs(1_790_000_000 + second);
        assert!(!cut_off.ended(at(0)));
        cut_off.goes_on(PresenceCause::ServerDown, at(0));
        assert!(!cut_off.ended(at(60)), "too short");
        cut_off.goes_on(PresenceCause::ServerDown, at(100));
        cut_off.goes_on(PresenceCause::NetworkDown, at(130));
        cut_off.goes_on(PresenceCause::ServerDown, at(160));
        assert!(cut_off.ended(at(200)));
        let expected = GapV1::new(at(100), at(200), PresenceCause::NetworkDown);
        assert_eq!(*heard.borrow(), Some(expected));
    }
}
