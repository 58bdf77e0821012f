//! What JSON must not be, found out before anything parses it: nested without end, or with numbers
//! that no machine can hold.

/// No report or request is nested deeper than this.
pub const DEPTH_MAX: usize = 16;
/// No report or request has more members and elements than this. Reason: a machine with a hundred disks
/// and all its processes has a few thousand; each one costs a hundred times its bytes once parsed.
pub const MEMBERS_MAX: usize = 20_000;
/// A number of so few bytes, without an exponent, is finite for certain.
const SHORT_NUMBER: usize = 300;

/// Why JSON is not even looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Nested too deeply.
    #[error("the JSON is nested more than {DEPTH_MAX} levels deep")]
    TooDeep,
    /// Too many of everything.
    #[error("the JSON has more than {MEMBERS_MAX} members")]
    TooMany,
    /// A number like 1e999.
    #[error("a number is too large to be one")]
    NotFinite,
}

/// Looks over JSON once, without parsing it. Brackets and digits in texts don't count.
///
/// # Errors
/// See [`ShapeError`].
pub fn check(json: &[u8]) -> Result<(), ShapeError> {
    let (mut depth, mut members, mut at) = (0_usize, 0_usize, 0);
    while let Some(byte) = json.get(at) {
        at = match byte {
            b'"' => end_of_text(json, at + 1),
            b'-' | b'0'..=b'9' => checked_number(json, at)?,
            _ => at + 1,
        };
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => members += 1,
            _ => {}
        }
        if members > MEMBERS_MAX {
            return Err(ShapeError::TooMany);
        }
        if depth > DEPTH_MAX {
            return Err(ShapeError::TooDeep);
        }
    }
    Ok(())
}

fn end_of_text(json: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

fn checked_number(json: &[u8], from: usize) -> Result<usize, ShapeError> {
    let rest = &json[from..];
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    let number = &rest[..length];
    let may_be_huge = length > SHORT_NUMBER || number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    if may_be_huge && std::str::from_utf8(number).is_ok_and(is_infinite) {
        return Err(ShapeError::NotFinite);
    }
    Ok(from + length)
}

fn is_infinite(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(f64::is_infinite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_brackets_and_not_those_in_texts() {
        assert_eq!(check("[".repeat(16).as_bytes()), Ok(()));
        assert_eq!(check("[".repeat(17).as_bytes()), Err(ShapeError::TooDeep));
        assert_eq!(
            check("{\"a\":".repeat(10_000).as_bytes()),
            Err(ShapeError::TooDeep)
        );
        assert_eq!(check(format!("[\"\\\"{}\"]", "[".repeat(100)).as_bytes()), Ok(()));
        assert_eq!(check("[]".repeat(100).as_bytes()), Ok(()));
    }

    #[test]
    fn finds_numbers_that_are_not_finite() {
        assert_eq!(check(b"[1e308, -1.5E-7, 1, \"1e999\"]"), Ok(()));
        assert_eq!(check(b"{\"a\":-1e999}"), Err(ShapeError::NotFinite));
        assert_eq!(check("9".repeat(400).as_bytes()), Err(ShapeError::NotFinite));
    }

    #[test]
    fn counts_members_and_not_the_commas_of_texts() {
        let many = |count: usize| format!("[\",,,\"{}]", ",0".repeat(count));
        assert_eq!(check(many(MEMBERS_MAX).as_bytes()), Ok(()));
        assert_eq!(check(many(MEMBERS_MAX + 1).as_bytes()), Err(ShapeError::TooMany));
    }

    #[test]
    fn ends_with_whatever_it_is_given() {
        for json in ["\"", "\"\\", "-", "e", "1e", "\u{1f600}"] {
            assert_eq!(check(json.as_bytes()), Ok(()), "{json}");
        }
    }
}
