//! Tells one agent from two that use one credential, by how their reports are numbered. One agent
//! numbers upwards in one spool and gives a number to one report only; two of them can't, whatever
//! they copied. Only in memory: after a restart of the server the next two reports tell it again.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::window::ReplayWindow;
use crate::model::{CloneEvidence, Delivery};

/// Contents that are remembered. Reason: an agent sends one report at a time, so that only the last
/// few can come again.
const CONTENTS_MAX: usize = 32;
/// Spools that are remembered after another took their place.
const SPOOLS_MAX: usize = 4;

/// What was seen of one machine's reports of late.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloneWatch {
    spool: Option<u64>,
    left: VecDeque<u64>,
    contents: VecDeque<(u64, u64)>,
}

impl CloneWatch {
    /// What a report gives away that is new to the window.
    #[must_use]
    pub fn suspect(&self, window: &ReplayWindow, delivery: Delivery) -> Option<CloneEvidence> {
        if self.left.contains(&delivery.spool) && self.spool != Some(delivery.spool) {
            Some(CloneEvidence::SpoolCameBack)
        } else if window.is_behind(delivery) {
            Some(CloneEvidence::NumbersInterleave)
        } else {
            None
        }
    }

    /// Whether a number that came before stood for another content then.
    #[must_use]
    pub fn is_reused(&self, delivery: Delivery, document: &[u8]) -> bool {
        let known = self.contents.iter().find(|(seq, _)| *seq == delivery.seq);
        self.spool == Some(delivery.spool) && known.is_some_and(|(_, content)| *content != digest(document))
    }

    /// A report was accepted.
    pub fn accept(&mut self, delivery: Delivery, document: &[u8]) {
        if self.spool != Some(delivery.spool) {
            self.contents.clear();
            let left = self.spool.replace(delivery.spool);
            self.left.retain(|spool| *spool != delivery.spool);
            self.left.extend(left);
            if self.left.len() > SPOOLS_MAX {
                self.left.pop_front();
            }
        }
        self.contents.push_back((delivery.seq, digest(document)));
        if self.contents.len() > CONTENTS_MAX {
            self.contents.pop_front();
        }
    }
}

/// No secret and no proof: it only tells two honest contents apart.
fn digest(document: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    document.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Machine(CloneWatch, ReplayWindow);

    impl Machine {
        fn take(&mut self, spool: u64, seq: u64) -> Option<CloneEvidence> {
            let delivery = Delivery { spool, seq };
            let suspected = self.0.suspect(&self.1, delivery);
            self.0.accept(delivery, seq.to_string().as_bytes());
            self.1.accept(delivery);
            suspected
        }
    }

    #[test]
    fn suspects_nothing_of_gaps_of_a_new_block_and_of_a_new_spool() {
        let mut machine = Machine::default();
        let sent = [(1, 1), (1, 2), (1, 5), (1, 1_025), (2, 1), (2, 2), (3, 1)];
        assert!(
            sent.into_iter()
                .all(|(spool, seq)| machine.take(spool, seq).is_none())
        );
    }

    #[test]
    fn a_copy_that_took_the_next_block_is_noticed_with_the_next_report_of_the_original() {
        let mut machine = Machine::default();
        machine.take(1, 7);
        assert_eq!(machine.take(1, 1_025), None);
        assert_eq!(machine.take(1, 8), Some(CloneEvidence::NumbersInterleave));
    }

    #[test]
    fn a_copy_with_a_spool_of_its_own_is_noticed_when_the_original_speaks_again() {
        let mut machine = Machine::default();
        machine.take(1, 7);
        assert_eq!(machine.take(2, 1), None);
        assert_eq!(machine.take(1, 8), Some(CloneEvidence::SpoolCameBack));
        assert_eq!(machine.take(2, 2), Some(CloneEvidence::SpoolCameBack));
    }

    #[test]
    fn a_number_with_another_content_is_noticed_and_a_repeat_is_none() {
        let mut machine = Machine::default();
        machine.take(1, 7);
        let again = Delivery { spool: 1, seq: 7 };
        assert!(!machine.0.is_reused(again, b"7"));
        assert!(machine.0.is_reused(again, b"something else"));
    }
}
