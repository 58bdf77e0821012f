//! From rows to a series of a bearable length: each step's mean, least and greatest value.

use crate::clock::Timestamp;
use crate::limits::POINTS_MAX;
use crate::machine::open_block::Row;
use crate::messages::{Series, SeriesColumn};
use crate::model::Metric;
use crate::store::TimeRange;

/// Thins rows, which are sorted by time, out to at most `points_max` steps of equal length. A step
/// without any row is left out: a gap stays a gap.
#[must_use]
pub fn thin_out(rows: &[Row], metrics: &[Metric], range: TimeRange, points_max: usize) -> Series {
    let step_ms = step_ms(range, points_max);
    let steps: Vec<&[Row]> = rows
        .chunk_by(|a, b| a.taken_at.as_millis() / step_ms == b.taken_at.as_millis() / step_ms)
        .collect();
    Series {
        times: steps
            .iter()
            .filter_map(|step| Some(moment(step.first()?, step_ms)))
            .collect(),
        step_s: u32::try_from(step_ms / 1000).unwrap_or(u32::MAX),
        columns: metrics.iter().map(|metric| column(&steps, *metric)).collect(),
    }
}

/// Whole seconds, so that the same question gives the same steps.
fn step_ms(range: TimeRange, points_max: usize) -> i64 {
    let points = i64::try_from(points_max.clamp(1, POINTS_MAX)).unwrap_or(1);
    let span_s = (range.to.as_millis() - range.from.as_millis()).max(0) / 1000;
    (span_s / points).max(1) * 1000
}

fn moment(row: &Row, step_ms: i64) -> Timestamp {
    Timestamp::from_millis(row.taken_at.as_millis() / step_ms * step_ms)
}

fn column(steps: &[&[Row]], metric: Metric) -> SeriesColumn {
    let mut column = SeriesColumn {
        metric,
        avg: Vec::with_capacity(steps.len()),
        min: Vec::new(),
        max: Vec::new(),
    };
    for step in steps {
        let values = step.iter().filter_map(|row| row.samples.get(metric));
        column.min.push(values.clone().reduce(f32::min));
        column.max.push(values.clone().reduce(f32::max));
        column.avg.push(mean(values));
    }
    column
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a mean of f32 values fits into one"
)]
fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| {
        (sum + f64::from(value), count + 1)
    });
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Samples;

    fn row(secs: i64, cpu: f64) -> Row {
        let mut samples = Samples::default();
        samples.set(Metric::CpuPercent, Some(cpu));
        Row {
            taken_at: Timestamp::from_secs(secs),
            samples,
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
        let rows = [row(0, 10.0), row(30, 30.0), row(60, 90.0)];
        let series = thin_out(&rows, &[Metric::CpuPercent, Metric::Load1], range(0, 120), 2);
        assert_eq!(series.step_s, 60);
        assert_eq!(series.times, [Timestamp::from_secs(0), Timestamp::from_secs(60)]);
        assert_eq!(series.columns[0].avg, [Some(20.0), Some(90.0)]);
        assert_eq!(series.columns[0].min, [Some(10.0), Some(90.0)]);
        assert_eq!(series.columns[0].max, [Some(30.0), Some(90.0)]);
        assert_eq!(series.columns[1].avg, [None, None]);
    }

    #[test]
    fn leaves_a_gap_open() {
        let rows = [row(0, 10.0), row(3_000, 20.0)];
        let series = thin_out(&rows, &[Metric::CpuPercent], range(0, 3_600), 3_600);
        assert_eq!(series.times.len(), 2);
    }

    #[test]
    fn answers_an_empty_question() {
        assert_eq!(thin_out(&[], &[], range(5, 1), 0).times, []);
    }
}
