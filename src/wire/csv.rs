//! Cells of a CSV file. A text that a spreadsheet would take for a formula gets an apostrophe before it;
//! machines name themselves, and their names are opened by people.

/// Adds a text as a cell.
pub fn push_text(to: &mut String, text: &str) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let needs_quotes = text.contains([',', '"', '\n', '\r']);
    if needs_quotes {
        to.push('"');
    }
    if is_formula {
        to.push('\'');
    }
    for letter in text.chars() {
        if letter == '"' {
            to.push('"');
        }
        to.push(letter);
    }
    if needs_quotes {
        to.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula_or_a_second_cell() {
        let cases = [
            ("mac-1", "mac-1"),
            ("=1+1", "'=1+1"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("a,b", "\"a,b\""),
            ("=\"x\",y", "\"'=\"\"x\"\",y\""),
            ("", ""),
        ];
        for (text, cell) in cases {
            let mut csv = String::new();
            push_text(&mut csv, text);
            assert_eq!(csv, cell);
        }
    }
}
