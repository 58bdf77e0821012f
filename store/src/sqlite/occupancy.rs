//! Which rows of the journal table are still needed. Trimming only clears bits here; the rows go
//! later, whole stretches at a time, since removing neighbours touches few pages and removing one row
//! of each page touches all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Ids that one stretch covers.
const STRETCH: i64 = 1_024;
const WORDS: usize = 16;

/// A set of places within one stretch.
#[derive(Clone, Debug, Default)]
struct Places([u64; WORDS]);

impl Places {
    fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    fn remove(&mut self, place: usize) {
        self.0[place / 64] &= !(1 << (place % 64));
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn contains(&self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }
}

/// One stretch of ids: the rows that are in the table, and those of them that are needed.
#[derive(Clone, Debug, Default)]
struct Stretch {
    present: Places,
    needed: Places,
}

impl Stretch {
    fn has_waste(&self) -> bool {
        self.present.count() > self.needed.count()
    }

    /// Whether clearing it is worth the pages it touches: at least three of four rows are waste.
    fn is_ripe(&self) -> bool {
        let (present, needed) = (self.present.count(), self.needed.count());
        present > needed && needed * 4 <= present
    }
}

/// What is known of the journal table's rows.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    stretches: BTreeMap<i64, Stretch>,
    ripe: BTreeSet<i64>,
}

impl Occupancy {
    /// A row was added and is needed.
    pub(super) fn added(&mut self, id: i64) {
        let (stretch, place) = self.stretch_of(id);
        stretch.present.insert(place);
        stretch.needed.insert(place);
    }

    /// A row is in the table and nobody needs it: found at start.
    pub(super) fn left_behind(&mut self, id: i64) {
        self.stretch_of(id).0.present.insert(place_of(id));
        self.look_at(id);
    }

    /// A row is no longer needed.
    pub(super) fn released(&mut self, id: i64) {
        let (stretch, place) = self.stretch_of(id);
        stretch.needed.remove(place);
        self.look_at(id);
    }

    /// Up to about `rows_max` rows to remove now, as ranges of ids in which nothing is needed. Ids from
    /// `next_id` on are still to come and their stretch is left alone.
    pub(super) fn sweepable(&self, rows_max: usize, next_id: i64) -> Vec<RangeInclusive<i64>> {
        let mut ranges = Vec::new();
        let mut room = rows_max;
        let closed = self
            .ripe
            .iter()
            .take_while(|key| (**key + 1) * STRETCH <= next_id);
        for (key, stretch) in closed.filter_map(|key| self.stretches.get_key_value(key)) {
            if room == 0 {
                break;
            }
            room -= waste_of(*key, stretch, room, &mut ranges);
        }
        ranges
    }

    /// Makes every stretch with waste ripe; answers with an id from which on no stretch is begun.
    pub(super) fn ripen(&mut self, next_id: i64) -> i64 {
        let wasteful = self.stretches.iter().filter(|(_, stretch)| stretch.has_waste());
        self.ripe.extend(wasteful.map(|(key, _)| *key));
        let is_begun = |key| self.stretches.contains_key(&key);
        match next_id.div_euclid(STRETCH) {
            key if is_begun(key) => (key + 1) * STRETCH,
            _ => next_id,
        }
    }

    /// The rows of these ranges are gone.
    pub(super) fn swept(&mut self, ranges: &[RangeInclusive<i64>]) {
        for id in ranges.iter().cloned().flatten() {
            let (stretch, place) = self.stretch_of(id);
            stretch.present.remove(place);
        }
        for range in ranges {
            self.settle(range.start().div_euclid(STRETCH));
        }
    }

    /// Rows that are in the table though nobody needs them.
    #[cfg(test)]
    fn waste(&self) -> u32 {
        let waste = |s: &Stretch| s.present.count() - s.needed.count();
        self.stretches.values().map(waste).sum()
    }

    fn stretch_of(&mut self, id: i64) -> (&mut Stretch, usize) {
        let stretch = self.stretches.entry(id.div_euclid(STRETCH)).or_default();
        (stretch, place_of(id))
    }

    fn look_at(&mut self, id: i64) {
        let key = id.div_euclid(STRETCH);
        if !self.ripe.contains(&key) && self.stretches.get(&key).is_some_and(Stretch::is_ripe) {
            self.ripe.insert(key);
        }
    }

    /// Forgets a stretch that is empty, and takes one without waste off the list. One that was begun
    /// stays on it until it is clean, ripe or not.
    fn settle(&mut self, key: i64) {
        let Some(stretch) = self.stretches.get(&key) else {
            return;
        };
        let (present, needed) = (stretch.present.count(), stretch.needed.count());
        if present == needed {
            self.ripe.remove(&key);
        }
        if present == 0 {
            self.stretches.remove(&key);
        }
    }
}

fn place_of(id: i64) -> usize {
    usize::try_from(id.rem_euclid(STRETCH)).unwrap_or(0)
}

/// Adds the stretch's runs of rows that nobody needs, up to `rows_max` rows; answers with their number.
fn waste_of(key: i64, stretch: &Stretch, rows_max: usize, ranges: &mut Vec<RangeInclusive<i64>>) -> usize {
    let mut rows = 0;
    let mut open: Option<RangeInclusive<i64>> = None;
    for id in key * STRETCH..(key + 1) * STRETCH {
        let place = place_of(id);
        if stretch.needed.contains(place) {
            ranges.extend(open.take());
        } else if stretch.present.contains(place) {
            open = Some(open.map_or(id..=id, |run| *run.start()..=id));
            rows += 1;
        }
        if rows == rows_max {
            break;
        }
    }
    ranges.extend(open);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(rows: i64) -> Occupancy {
        let mut occupancy = Occupancy::default();
        (0..rows).for_each(|id| occupancy.added(id));
        occupancy
    }

    fn sweep_all(occupancy: &mut Occupancy, rows_max: usize, next_id: i64) -> Vec<i64> {
        let mut gone = Vec::new();
        loop {
            let ranges = occupancy.sweepable(rows_max, next_id);
            if ranges.is_empty() {
                return gone;
            }
            occupancy.swept(&ranges);
            gone.extend(ranges.into_iter().flatten());
        }
    }

    #[test]
    fn removes_a_stretch_that_nobody_needs_in_bounded_steps() {
        let mut occupancy = filled(2_048);
        (0..1_024).for_each(|id| occupancy.released(id));
        assert_eq!(occupancy.sweepable(100, 2_048), vec![0..=99]);
        assert_eq!(
            sweep_all(&mut occupancy, 100, 2_048),
            (0..1_024).collect::<Vec<_>>()
        );
        assert_eq!(occupancy.stretches.len(), 1);
    }

    #[test]
    fn one_row_that_is_still_needed_does_not_hold_the_others() {
        let mut occupancy = filled(4_096);
        (0..4_096)
            .filter(|id| *id != 7)
            .for_each(|id| occupancy.released(id));
        let gone = sweep_all(&mut occupancy, 1_000, 4_096);
        assert_eq!(gone.len(), 4_095);
        assert!(!gone.contains(&7));
        assert_eq!(occupancy.waste(), 0);
    }

    #[test]
    fn leaves_a_stretch_alone_that_is_mostly_needed_or_still_filling() {
        let mut occupancy = filled(1_024);
        (0..700).for_each(|id| occupancy.released(id));
        assert!(occupancy.sweepable(100, 2_000).is_empty());
        (700..1_000).for_each(|id| occupancy.released(id));
        assert!(occupancy.sweepable(100, 1_000).is_empty());
        assert!(!occupancy.sweepable(100, 1_024).is_empty());
    }
}
