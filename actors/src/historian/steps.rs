//! Values over time, gathered into steps of equal length: each step's mean, least and greatest value and
//! how many there were. What is added may come in any order and need not fit into memory at once.

use super::block::Columns;
use super::buckets::{BucketColumn, Buckets};
use super::messages::{Series, SeriesColumn};
use crate::clock::Timestamp;
use crate::limits::STEPS_MAX;
use crate::model::Metric;
use crate::store::{Tier, TimeRange};

/// The values of one step.
#[derive(Clone, Copy, Debug)]
struct Cell {
    count: u32,
    sum: f64,
    min: f32,
    max: f32,
}

impl Cell {
    const EMPTY: Self = Self {
        count: 0,
        sum: 0.0,
        min: f32::INFINITY,
        max: f32::NEG_INFINITY,
    };

    fn add(&mut self, count: u32, mean: f32, min: f32, max: f32) {
        self.count += count;
        self.sum += f64::from(mean) * f64::from(count);
        self.min = self.min.min(min);
        self.max = self.max.max(max);
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a mean of f32 values fits into one"
    )]
    fn mean(&self) -> f32 {
        (self.sum / f64::from(self.count)) as f32
    }

    fn known(&self, value: f32) -> Option<f32> {
        (self.count > 0).then_some(value)
    }
}

/// One metric's steps.
#[derive(Debug)]
struct Column {
    metric: Metric,
    cells: Vec<Cell>,
    /// All values of each step, when a quantile is wanted.
    values: Option<Vec<Vec<f32>>>,
}

/// The steps of a span.
#[derive(Debug)]
pub struct Steps {
    range: TimeRange,
    step_ms: i64,
    /// The number of the first step since the epoch.
    first: i64,
    seen: Vec<bool>,
    columns: Vec<Column>,
}

impl Steps {
    /// Steps of `step_ms` that cover the range, [`STEPS_MAX`] at most; they begin at multiples of their
    /// length. `with_values`: a quantile will be asked for, so that all values have to be kept.
    #[must_use]
    pub fn new(range: TimeRange, step_ms: i64, metrics: &[Metric], with_values: bool) -> Self {
        let step_ms = step_ms.max(1);
        let first = range.from.as_millis() / step_ms;
        let steps = range.to.as_millis() / step_ms - first + 1;
        let steps = usize::try_from(steps).unwrap_or(0).min(STEPS_MAX);
        let column = |metric: &Metric| Column {
            metric: *metric,
            cells: vec![Cell::EMPTY; steps],
            values: with_values.then(|| vec![Vec::new(); steps]),
        };
        Self {
            range,
            step_ms,
            first,
            seen: vec![false; steps],
            columns: metrics.iter().map(column).collect(),
        }
    }

    /// The step that a moment falls into; none outside the range.
    fn place(&self, moment: Timestamp) -> Option<usize> {
        let place = usize::try_from(moment.as_millis() / self.step_ms - self.first).ok()?;
        (self.range.contains(moment) && place < self.seen.len()).then_some(place)
    }

    /// Adds raw values.
    pub fn add(&mut self, from: &Columns) {
        let places: Vec<Option<usize>> = from.times.iter().map(|time| self.place(*time)).collect();
        for place in places.iter().flatten() {
            self.seen[*place] = true;
        }
        for column in &mut self.columns {
            let Some((_, values)) = from.values.iter().find(|(metric, _)| *metric == column.metric) else {
                continue;
            };
            for (place, value) in places.iter().zip(values) {
                if let Some(place) = place.filter(|_| value.is_finite()) {
                    column.cells[place].add(1, *value, *value, *value);
                    if let Some(kept) = &mut column.values {
                        kept[place].push(*value);
                    }
                }
            }
        }
    }

    /// Adds values that are rolled up already.
    pub fn add_buckets(&mut self, from: &Buckets) {
        let places: Vec<Option<usize>> = from.times.iter().map(|time| self.place(*time)).collect();
        for place in places.iter().flatten() {
            self.seen[*place] = true;
        }
        for column in &mut self.columns {
            let Some(found) = from.columns.iter().find(|found| found.metric == column.metric) else {
                continue;
            };
            for (at, place) in places.iter().enumerate() {
                let Some(place) = place.filter(|_| found.count[at] > 0) else {
                    continue;
                };
                column.cells[place].add(found.count[at], found.mean[at], found.min[at], found.max[at]);
            }
        }
    }

    fn moment(&self, place: usize) -> Timestamp {
        let number = self.first + i64::try_from(place).unwrap_or(i64::MAX);
        Timestamp::from_millis(number.saturating_mul(self.step_ms))
    }

    fn seen(&self) -> Vec<usize> {
        (0..self.seen.len()).filter(|place| self.seen[*place]).collect()
    }

    /// The steps as buckets; metrics without any value and steps without any row are left out.
    #[must_use]
    pub fn buckets(&self) -> Buckets {
        let seen = self.seen();
        let has_values = |column: &&Column| column.cells.iter().any(|cell| cell.count > 0);
        let column = |column: &Column| {
            let cells = || seen.iter().map(|place| &column.cells[*place]);
            let known = |of: fn(&Cell) -> f32| cells().map(move |cell| cell.known(of(cell)).unwrap_or(0.0));
            BucketColumn {
                metric: column.metric,
                count: cells().map(|cell| cell.count).collect(),
                mean: known(Cell::mean).collect(),
                min: known(|cell| cell.min).collect(),
                max: known(|cell| cell.max).collect(),
            }
        };
        Buckets {
            step_ms: u32::try_from(self.step_ms).unwrap_or(u32::MAX),
            times: seen.iter().map(|place| self.moment(*place)).collect(),
            columns: self.columns.iter().filter(has_values).map(column).collect(),
        }
    }

    /// The steps as a series. A step without any row is left out: a gap stays a gap.
    #[must_use]
    pub fn series(self, tier: Tier) -> Series {
        let seen = self.seen();
        let column = |column: &Column| {
            let cells = || seen.iter().map(|place| &column.cells[*place]);
            let quantiles = |values: &Vec<Vec<f32>>| {
                let of = |place: &usize| quantile_95(&mut values[*place].clone());
                seen.iter().map(of).collect()
            };
            SeriesColumn {
                metric: column.metric,
                avg: cells().map(|cell| cell.known(cell.mean())).collect(),
                min: cells().map(|cell| cell.known(cell.min)).collect(),
                max: cells().map(|cell| cell.known(cell.max)).collect(),
                count: cells().map(|cell| cell.count).collect(),
                p95: column.values.as_ref().map(quantiles).unwrap_or_default(),
            }
        };
        Series {
            times: seen.iter().map(|place| self.moment(*place)).collect(),
            step_s: u32::try_from(self.step_ms / 1000).unwrap_or(u32::MAX),
            tier,
            columns: self.columns.iter().map(column).collect(),
        }
    }
}

/// The least of the values that 95 of 100 do not exceed; nothing when there is none.
#[must_use]
pub fn quantile_95(values: &mut [f32]) -> Option<f32> {
    let rank = (values.len() * 95).div_ceil(100).checked_sub(1)?;
    let (_, found, _) = values.select_nth_unstable_by(rank, f32::total_cmp);
    Some(*found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(values: &[(i64, f32)]) -> Columns {
        Columns {
            times: values
                .iter()
                .map(|(secs, _)| Timestamp::from_secs(*secs))
                .collect(),
            values: vec![(
                Metric::CpuPercent,
                values.iter().map(|(_, value)| *value).collect(),
            )],
        }
    }

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange {
            from: Timestamp::from_secs(from),
            to: Timestamp::from_secs(to),
        }
    }

    #[test]
    fn keeps_extremes_and_means() {
        let metrics = [Metric::CpuPercent, Metric::Load1];
        let mut steps = Steps::new(range(0, 120), 60_000, &metrics, true);
        steps.add(&columns(&[(30, 30.0), (60, 90.0), (90, f32::NAN), (121, 1.0)]));
        steps.add(&columns(&[(0, 10.0)]));
        let series = steps.series(Tier::Raw);
        assert_eq!(series.step_s, 60);
        assert_eq!(series.times, [Timestamp::from_secs(0), Timestamp::from_secs(60)]);
        let cpu = &series.columns[0];
        assert_eq!(cpu.avg, [Some(20.0), Some(90.0)]);
        assert_eq!(cpu.min, [Some(10.0), Some(90.0)]);
        assert_eq!(cpu.max, [Some(30.0), Some(90.0)]);
        assert_eq!(cpu.p95, [Some(30.0), Some(90.0)]);
        assert_eq!(cpu.count, [2, 1]);
        assert_eq!(series.columns[1].avg, [None, None]);
    }

    #[test]
    fn leaves_a_gap_open() {
        let mut steps = Steps::new(range(0, 3_600), 1_000, &[Metric::CpuPercent], false);
        steps.add(&columns(&[(0, 10.0), (3_000, 20.0)]));
        assert_eq!(steps.series(Tier::Raw).times.len(), 2);
    }

    #[test]
    fn answers_an_empty_question() {
        assert_eq!(Steps::new(range(5, 1), 0, &[], false).series(Tier::Raw).times, []);
    }

    #[test]
    fn buckets_of_buckets_are_those_of_the_values() {
        let values: Vec<(i64, f32)> = (0..240).map(|n| (n * 30, (n * 37 % 101) as f32)).collect();
        let all = range(0, 7_199);
        let (mut five, mut hours) = (
            Steps::new(all, 300_000, &[Metric::CpuPercent], false),
            Steps::new(all, 3_600_000, &[Metric::CpuPercent], false),
        );
        five.add(&columns(&values));
        hours.add(&columns(&values));
        let mut again = Steps::new(all, 3_600_000, &[Metric::CpuPercent], false);
        again.add_buckets(&five.buckets());
        let (a, b) = (again.series(Tier::Hour), hours.series(Tier::Hour));
        assert_eq!(
            (&a.columns[0].min, &a.columns[0].max),
            (&b.columns[0].min, &b.columns[0].max)
        );
        assert_eq!(a.columns[0].count, [120, 120]);
        for (a, b) in a.columns[0].avg.iter().zip(&b.columns[0].avg) {
            assert!((a.unwrap() - b.unwrap()).abs() < 0.001);
        }
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values: Vec<f32> = (1..=100).rev().map(|n| n as f32).collect();
        assert_eq!(quantile_95(&mut values), Some(95.0));
        assert_eq!(quantile_95(&mut [7.0]), Some(7.0));
        assert_eq!(quantile_95(&mut []), None);
    }
}
