//! The answer to a question about history, in pieces: a head, something for each series, an end. So it
//! can be sent while it is made, and nobody holds all of it.

use std::fmt::Write;

use atlas_actors::clock::Timestamp;
use atlas_actors::historian::aggregate::Aggregate;
use atlas_actors::model::Metric;

use super::csv;
use super::machine_json::to_json;
use super::views::{QueryHeadView, QuerySeriesView, QueryValueView};

/// How an answer looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Json,
    /// A line of JSON for each value.
    JsonLines,
    /// A line of commas for each value.
    Csv,
}

/// What all series of an answer share.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it looks.
    pub form: Form,
    /// The beginning of the first step.
    pub from: Timestamp,
    /// The end of the question's range.
    pub to: Timestamp,
    /// The length of a step, in milliseconds.
    pub step_ms: i64,
    /// How many steps there are.
    pub steps: usize,
    /// The tier that it was made of.
    pub tier: &'static str,
    /// What is made of a step's values.
    pub aggregate: Aggregate,
    /// What is made of the machines' values; nothing: each machine has series of its own.
    pub across: Option<Aggregate>,
    /// How many machines were asked.
    pub machines: usize,
}

/// One line of a chart.
#[derive(Clone, Debug)]
pub struct Line {
    /// Whose; nothing when it is made of many.
    pub machine: Option<String>,
    /// Which metric.
    pub metric: Metric,
    /// One for each step.
    pub values: Vec<Option<f32>>,
}

impl Form {
    /// The form of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "jsonl" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

impl Answer {
    fn moment(&self, step: usize) -> Timestamp {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        Timestamp::from_millis(
            self.from
                .as_millis()
                .saturating_add(step.saturating_mul(self.step_ms)),
        )
    }

    /// The first piece.
    #[must_use]
    pub fn head(&self) -> String {
        match self.form {
            Form::Json => {
                let head = to_json(&QueryHeadView {
                    from: self.from.to_string(),
                    to: self.to.to_string(),
                    step_s: self.step_ms / 1000,
                    tier: self.tier,
                    aggregate: self.aggregate.name(),
                    across: self.across.map(Aggregate::name),
                    machines: self.machines,
                    times: (0..self.steps).map(|step| self.moment(step).as_secs()).collect(),
                });
                // What follows belongs into the same object.
                let head = String::from_utf8(head).unwrap_or_default();
                format!("{},\"series\":[", head.trim_end_matches('}'))
            }
            Form::JsonLines => String::new(),
            Form::Csv if self.across.is_some() => "time,metric,value\r\n".to_owned(),
            Form::Csv => "time,machine_id,metric,value\r\n".to_owned(),
        }
    }

    /// The piece of one line of the chart. `is_first`: none came before it.
    #[must_use]
    pub fn series(&self, line: &Line, is_first: bool) -> String {
        match self.form {
            Form::Json => {
                let series = to_json(&QuerySeriesView {
                    machine_id: line.machine.as_deref(),
                    metric: line.metric.name(),
                    unit: line.metric.unit().name(),
                    values: &line.values,
                });
                let series = String::from_utf8(series).unwrap_or_default();
                if is_first { series } else { format!(",{series}") }
            }
            Form::JsonLines => self.known(line).fold(String::new(), |mut lines, (time, value)| {
                let value = to_json(&QueryValueView {
                    time: time.to_string(),
                    machine_id: line.machine.as_deref(),
                    metric: line.metric.name(),
                    value,
                });
                lines.push_str(&String::from_utf8(value).unwrap_or_default());
                lines.push('\n');
                lines
            }),
            Form::Csv => self.known(line).fold(String::new(), |mut lines, (time, value)| {
                // Writing into a text can't fail.
                let _ = write!(lines, "{time},");
                if let Some(machine) = &line.machine {
                    csv::push_text(&mut lines, machine);
                    lines.push(',');
                }
                let _ = write!(lines, "{},{value}\r\n", line.metric.name());
                lines
            }),
        }
    }

    fn known<'l>(&self, line: &'l Line) -> impl Iterator<Item = (Timestamp, f32)> + use<'_, 'l> {
        let values = line.values.iter().enumerate();
        values.filter_map(|(step, value)| Some((self.moment(step), (*value)?)))
    }

    /// The last piece.
    #[must_use]
    pub const fn end(&self) -> &'static str {
        match self.form {
            Form::Json => "]}",
            Form::JsonLines | Form::Csv => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(form: Form) -> Answer {
        Answer {
            form,
            from: Timestamp::from_secs(300),
            to: Timestamp::from_secs(899),
            step_ms: 300_000,
            steps: 2,
            tier: "5m",
            aggregate: Aggregate::Avg,
            across: None,
            machines: 1,
        }
    }

    fn whole(form: Form) -> String {
        let answer = answer(form);
        let line = |machine: &str| Line {
            machine: Some(machine.to_owned()),
            metric: Metric::CpuPercent,
            values: vec![Some(12.3), None],
        };
        let (one, two) = (line("=mac"), line("b"));
        let pieces = [answer.series(&one, true), answer.series(&two, false)];
        format!("{}{}{}", answer.head(), pieces.concat(), answer.end())
    }

    #[test]
    fn the_pieces_make_one_object() {
        let read: serde_json::Value = serde_json::from_str(&whole(Form::Json)).unwrap();
        assert_eq!(read["times"], serde_json::json!([300, 600]));
        assert_eq!(read["series"][1]["machine_id"], "b");
        assert_eq!(read["series"][0]["values"], serde_json::json!([12.3, null]));
        assert_eq!((&read["tier"], &read["step_s"]), (&"5m".into(), &300.into()));
    }

    #[test]
    fn tables_have_a_line_for_each_value_that_is_known() {
        assert_eq!(
            whole(Form::Csv),
            "time,machine_id,metric,value\r\n\
             1970-01-01T00:05:00.000Z,'=mac,cpu_percent,12.3\r\n\
             1970-01-01T00:05:00.000Z,b,cpu_percent,12.3\r\n"
        );
        let lines = whole(Form::JsonLines);
        let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(first["machine_id"], "=mac");
        assert_eq!(lines.lines().count(), 2);
    }
}
