//! Turns the parser's words on a config file into a sentence that helps: the key that was meant.

/// What the parser said, with the nearest known key where one was unknown.
pub(super) fn explain(words: &str) -> String {
    let Some((unknown, rest)) = quoted_after(words, "unknown field `") else {
        return words.to_owned();
    };
    let place = words
        .rsplit_once(" at line ")
        .map(|(_, place)| format!("line {place}"))
        .unwrap_or_default();
    let known: Vec<_> = rest.split('`').skip(1).step_by(2).collect();
    let nearest = known
        .iter()
        .max_by(|a, b| likeness(unknown, a).total_cmp(&likeness(unknown, b)));
    let hint = match nearest {
        Some(nearest) if likeness(unknown, nearest) > 0.6 => format!("did you mean `{nearest}`?"),
        _ => format!("known here: {}", known.join(", ")),
    };
    format!("there is no key `{unknown}` ({place}); {hint}")
}

fn likeness(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(one, other)
}

/// The text up to the next backquote, and the rest.
fn quoted_after<'a>(words: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    words.split_once(mark)?.1.split_once('`')
}
