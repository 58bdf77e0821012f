//! Owns Prometheus's text format (version 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/):
//! families of samples with their help, type and labels. Knows nothing of what is exposed.

use std::fmt::{Display, Write};

/// What a scrape's answer says of its content.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a family's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// Only grows; begins anew with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts of observations up to a bound, with their sum.
    Histogram,
}

/// The text as it grows.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Begins a family. Its samples follow.
    pub fn family(&mut self, name: &str, kind: FamilyKind, help: &str) {
        let kind = match kind {
            FamilyKind::Counter => "counter",
            FamilyKind::Gauge => "gauge",
            FamilyKind::Histogram => "histogram",
        };
        // Writing to a text can't fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample. Labels' values may be anything: they are escaped.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.0.push_str(if index == 0 { "{" } else { "," });
            self.0.push_str(label);
            self.0.push_str("=\"");
            self.push_escaped(text);
            self.0.push('"');
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample without labels.
    pub fn single(&mut self, name: &str, kind: FamilyKind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    fn push_escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                c => self.0.push(c),
            }
        }
    }

    /// The whole text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_can_t_break_out_of_their_quotes() {
        let mut text = Exposition::default();
        text.family("up", FamilyKind::Gauge, "Whether it is there.");
        text.sample("up", &[("machine", "a\"} 1\nb\\"), ("os", "linux")], 1);
        text.sample("up", &[], 0.5);
        assert_eq!(
            text.into_text(),
            "# HELP up Whether it is there.\n# TYPE up gauge\nup{machine=\"a\\\"} 1\\nb\\\\\",os=\"linux\"} 1\nup 0.5\n"
        );
    }
}
