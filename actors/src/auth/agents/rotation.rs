//! The fleet's rotation of keys: which generation is the newest, and until when older ones are taken.
//! Pure: no clock, no store.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::limits::RETIRING_FOR;

/// Where the fleet stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Counts the rotations; keys are made in the newest.
    pub generation: u32,
    /// When the newest began.
    pub started_at: Timestamp,
    /// Over how long the agents are asked, so that they don't come all at once.
    pub spread_s: u32,
    /// Keys of earlier generations are dead.
    floor: u32,
    /// Rotations that have not ended: keys made before one die at its moment.
    deadlines: Vec<(u32, Timestamp)>,
}

impl Rotation {
    /// Begins the next one. In an emergency older keys are dead at once.
    pub fn begin(&mut self, is_emergency: bool, spread: Duration, now: Timestamp) {
        self.generation = self.generation.saturating_add(1);
        self.started_at = now;
        self.spread_s = u32::try_from(spread.as_secs()).unwrap_or(u32::MAX);
        if is_emergency {
            self.spread_s = 0;
            self.end();
        } else {
            let ends = now.plus(RETIRING_FOR.max(spread * 2));
            self.deadlines.push((self.generation, ends));
        }
    }

    /// Whether keys of that generation are taken.
    #[must_use]
    pub fn is_alive(&self, generation: u32, now: Timestamp) -> bool {
        let has_died = |(later, ends): &(u32, Timestamp)| *later > generation && *ends <= now;
        generation >= self.floor && !self.deadlines.iter().any(has_died)
    }

    /// When the newest rotation ends by itself; `None` when it has.
    #[must_use]
    pub fn retiring_until(&self) -> Option<Timestamp> {
        self.deadlines.last().map(|(_, ends)| *ends)
    }

    /// All have moved: older keys are dead from now on.
    pub fn end(&mut self) {
        self.floor = self.generation;
        self.deadlines.clear();
    }

    /// Notes which rotations have ended by their time; true when one has.
    pub fn note_time(&mut self, now: Timestamp) -> bool {
        let ended = self.deadlines.iter().filter(|(_, ends)| *ends <= now);
        let Some(newest) = ended.map(|(generation, _)| *generation).max() else {
            return false;
        };
        self.floor = self.floor.max(newest);
        self.deadlines.retain(|(_, ends)| *ends > now);
        true
    }

    /// Whether an agent whose key is of that generation should agree on another one by now. Each has
    /// its own moment within the spread, which its id decides.
    #[must_use]
    pub fn is_due(&self, agent_id: &str, generation: u32, now: Timestamp) -> bool {
        if generation >= self.generation {
            return false;
        }
        let share = u64::from(place(agent_id)) * u64::from(self.spread_s) * 1_000 / u64::from(u32::MAX);
        now >= self.started_at.plus(Duration::from_millis(share))
    }
}

/// An agent's place among all, from 0 to `u32::MAX`: ids are random, so their first digits do.
fn place(agent_id: &str) -> u32 {
    let digits = agent_id.get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn at(days: u32) -> Timestamp {
        Timestamp::from_secs(1_700_000_000).plus(DAY * days)
    }

    #[test]
    fn older_keys_live_until_their_own_rotation_ends() {
        let mut rotation = Rotation::default();
        rotation.begin(false, DAY, at(0));
        rotation.begin(false, DAY, at(3));
        assert!(rotation.is_alive(0, at(6)) && rotation.is_alive(1, at(6)));
        assert!(!rotation.is_alive(0, at(7)) && rotation.is_alive(1, at(7)));
        assert!(!rotation.is_alive(1, at(10)) && rotation.is_alive(2, at(10)));
        assert!(rotation.note_time(at(8)) && !rotation.note_time(at(8)));
        assert!(!rotation.is_alive(0, at(8)) && rotation.is_alive(1, at(8)));
        assert_eq!(rotation.retiring_until(), Some(at(10)));
    }

    #[test]
    fn an_emergency_kills_older_keys_at_once() {
        let mut rotation = Rotation::default();
        rotation.begin(false, DAY, at(0));
        rotation.begin(true, DAY, at(1));
        assert!(!rotation.is_alive(1, at(1)) && rotation.is_alive(2, at(1)));
        assert_eq!(rotation.retiring_until(), None);
        assert!(rotation.is_due("ffffffff00", 1, at(1)));
    }

    #[test]
    fn agents_are_asked_one_after_the_other() {
        let mut rotation = Rotation::default();
        assert!(!rotation.is_due("0000000000", 0, at(0)));
        rotation.begin(false, DAY * 2, at(0));
        let due = |agent, days| rotation.is_due(agent, 0, at(days));
        assert!(due("00000000aa", 0) && !due("8fffffffaa", 1) && due("8fffffffaa", 2));
        assert!(due("ffffffffaa", 2) && !due("ffffffffaa", 1));
        assert!(!rotation.is_due("00000000aa", 1, at(9)));
    }
}
