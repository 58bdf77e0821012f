//! What the monitors found, as `atlas agent --test` shows it.

mod network;

use std::io::{Result, Write};

use serde_json::Value;

use crate::wire::report_v1::{MetricsV1, PowerV1, ReportV1, SectionV1, ThermalV1};

/// Shows it: values first, then one line for each section, then what is missing and why.
pub(super) fn monitors(report: &ReportV1, out: &mut impl Write) -> Result<()> {
    let metrics = &report.metrics;
    if let Some(power) = &metrics.power {
        writeln!(out, "  power        {}", power_line(power))?;
    }
    for line in thermal_lines(metrics) {
        writeln!(out, "  thermal      {line}")?;
    }
    for (what, line) in network::lines(metrics) {
        writeln!(out, "  {what:<12} {line}")?;
    }
    for (name, section) in &report.sections {
        writeln!(out, "  {name:<12} {}", section_line(section))?;
    }
    for (what, why) in metrics.unavailable.iter().flatten() {
        let details = metrics.unavailable_detail.as_ref();
        let detail = details.and_then(|details| details.get(what));
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        writeln!(out, "  {what:<12} – ({why:?}{detail})")?;
    }
    Ok(())
}

fn power_line(power: &PowerV1) -> String {
    let mains = match power.ac_connected {
        Some(true) => "mains",
        Some(false) => "battery",
        None => "source unknown",
    };
    if power.battery_installed != Some(true) {
        return format!("{mains}, no battery");
    }
    format!(
        "{mains}, {} %, health {} %, {} cycles",
        number(power.percent),
        number(power.health_percent),
        power
            .cycle_count
            .map_or_else(|| "–".to_owned(), |count| count.to_string())
    )
}

fn thermal_lines(metrics: &MetricsV1) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(temperature) = &metrics.temperature {
        lines.push(format!("processor {} °C", temperature.cpu));
    }
    let empty = ThermalV1::default();
    let thermal = metrics.thermal.as_ref().unwrap_or(&empty);
    lines.extend(
        thermal
            .fans
            .iter()
            .flatten()
            .map(|fan| format!("fan {} {} rpm", fan.label, fan.rpm)),
    );
    if let Some(mhz) = thermal.cpu_mhz {
        lines.push(format!("{mhz} MHz of {}", number(thermal.cpu_max_mhz)));
    }
    if thermal.is_throttled == Some(true) {
        lines.push("throttled".to_owned());
    }
    lines
}

/// Single values as they are, lists by their length.
fn section_line(section: &SectionV1) -> String {
    let Value::Object(fields) = &section.value else {
        return section.value.to_string();
    };
    let shown = fields.iter().map(|(field, value)| match value {
        Value::Array(list) => format!("{} {field}", list.len()),
        Value::Object(map) => format!("{} {field}", map.len()),
        Value::String(text) => format!("{field} {text}"),
        other => format!("{field} {other}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// A number with one decimal.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}

/// Bytes in a unit that fits.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn size(bytes: u64) -> String {
    let units = [
        ("TB", 1_000_000_000_000_u64),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
    ];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}
