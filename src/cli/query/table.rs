//! Answers as tables for people.

use std::fmt::Write;

use super::sparkline::sparkline;
use crate::wire::views::{QueryLineView, QueryView, StorageView};

const NUMBERS: [&str; 4] = ["least", "mean", "greatest", "last"];

/// A line for each series: whose, what, its numbers, its chart. No line is wider than `width`, if that is
/// enough for the names.
pub(super) fn of(answer: &QueryView, width: usize) -> String {
    let name = |line: &QueryLineView| {
        let many = || {
            answer
                .across
                .as_ref()
                .map(|across| format!("{across} of {}", answer.machines))
        };
        line.machine_id
            .as_deref()
            .map(printable)
            .or_else(many)
            .unwrap_or_default()
    };
    let longest = |of: &dyn Fn(&QueryLineView) -> usize| answer.series.iter().map(of).max().unwrap_or(0);
    let names = longest(&|line| name(line).chars().count()).max("machine".len());
    let metrics = longest(&|line| line.metric.len()).max("metric".len());
    let mut text = String::new();
    // Writing into a text can't fail.
    let _ = writeln!(
        text,
        "{:names$}  {:metrics$}  {}  chart",
        "machine",
        "metric",
        NUMBERS.map(|number| format!("{number:>9}")).join("  ")
    );
    let chart = width
        .saturating_sub(names + metrics + 4 + 11 * NUMBERS.len() + 2)
        .clamp(10, 80);
    for line in &answer.series {
        let numbers = numbers(&line.values).map(|number| format!("{:>9}", shown(number, &line.unit)));
        let _ = writeln!(
            text,
            "{:names$}  {:metrics$}  {}  {}",
            name(line),
            line.metric,
            numbers.join("  "),
            sparkline(&line.values, chart)
        );
    }
    let without = answer.machines.saturating_sub(
        answer
            .series
            .iter()
            .filter_map(|line| line.machine_id.as_ref())
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
    );
    let _ = writeln!(
        text,
        "{} to {}, {} of each {}, from the tier {}{}",
        answer.from,
        answer.to,
        answer.aggregate,
        span(answer.step_s),
        answer.tier,
        if answer.across.is_none() && without > 0 {
            format!("; {without} machines not shown")
        } else {
            String::new()
        }
    );
    text
}

/// A machine's name is its own; it must not move the cursor.
fn printable(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_control() { '·' } else { letter })
        .collect()
}

fn numbers(values: &[Option<f32>]) -> [Option<f32>; 4] {
    let known = || values.iter().flatten().copied();
    let count = known().count();
    [
        known().reduce(f32::min),
        (count > 0).then(|| known().sum::<f32>() / count as f32),
        known().reduce(f32::max),
        known().last(),
    ]
}

fn shown(value: Option<f32>, unit: &str) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if unit.starts_with("bytes") => bytes(value.into()),
        Some(value) if unit == "percent" => format!("{value:.1} %"),
        Some(value) if value.abs() >= 1_000.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    }
}

fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];
    let mut value = bytes;
    let mut unit = 0;
    while value.abs() >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

fn span(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// What history takes, tier by tier.
pub(super) fn of_storage(storage: &StorageView) -> String {
    let mut text = format!(
        "{:5}  {:>9}  {:>9}  {:>9}  {:>6}  {:>9}  oldest\n",
        "tier", "blocks", "bytes", "a day", "days", "at most"
    );
    for tier in &storage.tiers {
        let most = tier
            .max_bytes
            .map_or_else(|| "any".to_owned(), |most| bytes(most as f64));
        let _ = writeln!(
            text,
            "{:5}  {:>9}  {:>9}  {:>9}  {:>6}  {most:>9}  {}",
            tier.tier,
            tier.blocks,
            bytes(tier.bytes as f64),
            bytes(tier.bytes_per_day as f64),
            tier.days_kept,
            tier.oldest.as_deref().unwrap_or("-"),
        );
    }
    let _ = writeln!(
        text,
        "history {}, later {}; files {}; disk {} free of {}; {}",
        bytes(storage.history_bytes as f64),
        bytes(storage.history_bytes_at_most as f64),
        bytes(storage.database_bytes as f64),
        bytes(storage.free_bytes as f64),
        bytes(storage.disk_bytes as f64),
        storage.days_until_full.map_or_else(
            || "history will not fill it".to_owned(),
            |days| format!("full in {days} days"),
        ),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_series() {
        let answer = QueryView {
            from: "a".to_owned(),
            to: "b".to_owned(),
            step_s: 300,
            tier: "5m".to_owned(),
            aggregate: "avg".to_owned(),
            across: None,
            machines: 2,
            times: vec![0, 300],
            series: vec![QueryLineView {
                machine_id: Some("mac\u{1b}[2J".to_owned()),
                metric: "memory_used_bytes".to_owned(),
                unit: "bytes".to_owned(),
                values: vec![Some(1e9), Some(3e9)],
            }],
        };
        let text = of(&answer, 100);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].starts_with("mac·[2J"), "{text}");
        assert!(lines[1].contains("2.0 GB") && lines[1].ends_with("▁█"), "{text}");
        assert_eq!(
            lines[2],
            "a to b, avg of each 5 min, from the tier 5m; 1 machines not shown"
        );
    }

    #[test]
    fn numbers_have_their_units() {
        assert_eq!(shown(Some(12.34), "percent"), "12.3 %");
        assert_eq!(shown(Some(1_234.5), "bytes_per_s"), "1.2 KB");
        assert_eq!(shown(Some(-71.0), "dbm"), "-71.00");
        assert_eq!(shown(None, "count"), "-");
        assert_eq!((span(86_400), span(90)), ("1 d".to_owned(), "90 s".to_owned()));
    }
}
