//! The calendar of history: in which day and which week (UTC) a moment lies. Day blocks hold a day,
//! blocks of hours a week; no block crosses the border of its own.

use crate::clock::Timestamp;
use crate::machine::open_block::Row;
use crate::store::TimeRange;

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// The beginning of the moment's day.
#[must_use]
pub const fn day_start(moment: Timestamp) -> Timestamp {
    Timestamp::from_millis(moment.as_millis() / DAY_MS * DAY_MS)
}

/// The moment's day.
#[must_use]
pub const fn day_of(moment: Timestamp) -> TimeRange {
    span(moment, DAY_MS)
}

/// The moment's week; weeks begin on Thursdays, as the epoch does.
#[must_use]
pub const fn week_of(moment: Timestamp) -> TimeRange {
    span(moment, WEEK_MS)
}

const fn span(moment: Timestamp, length_ms: i64) -> TimeRange {
    let from = moment.as_millis() / length_ms * length_ms;
    TimeRange {
        from: Timestamp::from_millis(from),
        to: Timestamp::from_millis(from + length_ms - 1),
    }
}

/// Rows, sorted by time, day by day.
pub fn by_day(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|a, b| day_start(a.taken_at) == day_start(b.taken_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let noon = Timestamp::from_secs(1_764_072_000);
        let day = day_of(noon);
        assert_eq!(day.from.to_string(), "2025-11-25T00:00:00.000Z");
        assert_eq!(day.to.to_string(), "2025-11-25T23:59:59.999Z");
        assert_eq!(day_of(day.from), day);
        assert_eq!(day_of(day.to), day);
        assert!(week_of(noon).contains(day.from) && week_of(noon).contains(day.to));
    }
}
