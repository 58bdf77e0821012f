//! One cell of a CSV log: quoted where it must be, and never a formula.

use std::borrow::Cow;

/// A value of a row; an unknown one is an empty cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell(Option<Value>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// What a number or a word of this program says: written as it is.
    Own(String),
    /// What a tool or a device says: made harmless first.
    Foreign(String),
}

impl Cell {
    /// As it stands in the file.
    pub(super) fn written(&self) -> Cow<'_, str> {
        match &self.0 {
            None => Cow::Borrowed(""),
            Some(Value::Own(text)) => Cow::Borrowed(text),
            Some(Value::Foreign(text)) => Cow::Owned(harmless(text)),
        }
    }
}

/// A spreadsheet runs what begins like a formula: an apostrophe before it makes it a text.
fn harmless(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let is_formula = clean.trim_start().starts_with(['=', '+', '-', '@']) && clean.parse::<f64>().is_err();
    let text = if is_formula { format!("'{clean}") } else { clean };
    if text.contains([',', '"']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

macro_rules! from_number {
    ($($number:ty),*) => {$(
        impl From<$number> for Cell {
            fn from(value: $number) -> Self {
                Self(Some(Value::Own(value.to_string())))
            }
        }
    )*};
}

from_number!(u16, i32, u32, i64, u64, usize, f64);

/// As Python writes it.
impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self(Some(Value::Own(if value { "True" } else { "False" }.to_owned())))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self(Some(Value::Foreign(value.to_owned())))
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self(Some(Value::Foreign(value)))
    }
}

impl From<&String> for Cell {
    fn from(value: &String) -> Self {
        Self::from(value.as_str())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map(Into::into).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cell: impl Into<Cell>) -> String {
        cell.into().written().into_owned()
    }

    #[test]
    fn what_looks_like_a_formula_is_a_text_and_a_number_stays_one() {
        assert_eq!(written("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(written("@SUM(1,2)"), "\"'@SUM(1,2)\"");
        assert_eq!(written("\t=1+1"), "' =1+1");
        assert_eq!(written("-46"), "-46");
        assert_eq!(written(-46), "-46");
        assert_eq!(written("Tom's \"Mac\""), "\"Tom's \"\"Mac\"\"\"");
        assert_eq!(written("a\nb"), "a b");
    }

    #[test]
    fn what_is_unknown_is_empty() {
        assert_eq!(written(None::<f64>), "");
        assert_eq!(
            (written(true), written(Some(false))),
            ("True".into(), "False".into())
        );
    }
}
