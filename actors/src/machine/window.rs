//! Which numbers of an agent's spool were accepted: tells a repeated report from a new one.
//!
//! Numbers above the highest are new; the 2,048 below it are remembered one by one (the size comes
//! from the protocol's rules on replay); older ones are refused, since nobody can tell.

use serde::{Deserialize, Serialize};

use crate::model::Delivery;

const WORDS: usize = 32;
const SPAN: u64 = WORDS as u64 * 64;

/// What is known of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never accepted.
    New,
    /// Accepted before.
    Before,
    /// Too far below the highest number to be known.
    TooOld,
}

/// The accepted numbers of the spool that the agent uses now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayWindow {
    spool: Option<u64>,
    highest: u64,
    /// Bit `n % SPAN` tells of the number `n`; made when the first number comes.
    bits: Box<[u64]>,
}

impl ReplayWindow {
    /// What is known of that delivery. A spool of another name is a fresh one: its agent was
    /// installed anew.
    #[must_use]
    pub fn check(&self, delivery: Delivery) -> Seen {
        if self.spool != Some(delivery.spool) || delivery.seq > self.highest {
            Seen::New
        } else if self.highest - delivery.seq >= SPAN {
            Seen::TooOld
        } else if self.is_set(delivery.seq) {
            Seen::Before
        } else {
            Seen::New
        }
    }

    /// Whether that number lies below the highest of the same spool.
    #[must_use]
    pub fn is_behind(&self, delivery: Delivery) -> bool {
        self.spool == Some(delivery.spool) && delivery.seq < self.highest
    }

    /// Remembers a delivery as accepted.
    pub fn accept(&mut self, delivery: Delivery) {
        if self.spool != Some(delivery.spool) || self.bits.len() != WORDS {
            *self = Self {
                spool: Some(delivery.spool),
                highest: delivery.seq,
                bits: vec![0; WORDS].into(),
            };
        }
        self.move_up_to(delivery.seq);
        if self.highest - delivery.seq < SPAN {
            let (word, bit) = position(delivery.seq);
            self.bits[word] |= bit;
        }
    }

    fn move_up_to(&mut self, seq: u64) {
        if seq <= self.highest {
            return;
        }
        if seq - self.highest >= SPAN {
            self.bits.fill(0);
        } else {
            for passed in self.highest + 1..=seq {
                let (word, bit) = position(passed);
                self.bits[word] &= !bit;
            }
        }
        self.highest = seq;
    }

    fn is_set(&self, seq: u64) -> bool {
        let (word, bit) = position(seq);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

const fn position(seq: u64) -> (usize, u64) {
    let place = seq % SPAN;
    ((place / 64) as usize, 1 << (place % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(seq: u64) -> Delivery {
        Delivery { spool: 7, seq }
    }

    #[test]
    fn knows_a_repeat_and_a_gap() {
        let mut window = ReplayWindow::default();
        window.accept(at(1));
        window.accept(at(3));
        assert_eq!(window.check(at(1)), Seen::Before);
        assert_eq!(window.check(at(2)), Seen::New);
        assert_eq!(window.check(at(4)), Seen::New);
        assert_eq!(window.check(Delivery { spool: 8, seq: 1 }), Seen::New);
    }

    #[test]
    fn refuses_what_it_can_not_know() {
        let mut window = ReplayWindow::default();
        window.accept(at(5_000));
        assert_eq!(window.check(at(5_000 - SPAN)), Seen::TooOld);
        assert_eq!(window.check(at(5_000 - SPAN + 1)), Seen::New);
    }

    #[test]
    fn takes_numbers_at_the_end_of_their_range() {
        let mut window = ReplayWindow::default();
        window.accept(at(1));
        window.accept(at(u64::MAX));
        assert_eq!(window.check(at(u64::MAX)), Seen::Before);
        assert_eq!(window.check(at(1)), Seen::TooOld);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_set(seqs in proptest::collection::vec(1_u64..6_000, 1..400)) {
            let mut window = ReplayWindow::default();
            let mut accepted = BTreeSet::new();
            for seq in seqs {
                let highest = accepted.last().copied().unwrap_or(0);
                let expected = if accepted.contains(&seq) && highest - seq < SPAN { Seen::Before }
                    else if seq < highest && highest - seq >= SPAN { Seen::TooOld }
                    else { Seen::New };
                prop_assert_eq!(window.check(at(seq)), expected);
                if expected == Seen::New { window.accept(at(seq)); accepted.insert(seq); }
            }
        }
    }
}
