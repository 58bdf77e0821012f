//! Every bound that a `limits.rs` names is kept somewhere.

use crate::tree::{assert_none, code, names, rust};

/// Bounds that are written down and not yet kept: mend them, then take them off this list.
const BOUNDS_NOT_YET_KEPT: [&str; 0] = [];

/// The bounds that a `limits.rs` names.
fn bounds(limits: &str) -> Vec<&str> {
    let lines = limits.lines().filter_map(|line| line.strip_prefix("pub const "));
    lines.filter_map(|line| line.split(':').next()).collect()
}

#[test]
fn every_bound_is_kept() {
    let (sources, mut faults) = (rust(), Vec::new());
    for (file, text) in sources.iter().filter(|(file, _)| file.ends_with("/limits.rs")) {
        for bound in bounds(text) {
            let others = sources
                .iter()
                .filter(|(other, _)| other != file && !other.starts_with("tests/tidy/"));
            let is_kept = others.into_iter().any(|(_, text)| names(&code(text), bound));
            let is_known = BOUNDS_NOT_YET_KEPT.contains(&bound);
            if !is_kept && !is_known {
                faults.push(format!("{file}: nobody keeps {bound}: use it, or remove it"));
            }
            if is_kept && is_known {
                faults.push(format!(
                    "{bound} is kept now: take it off BOUNDS_NOT_YET_KEPT in tests/tidy/bounds.rs"
                ));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn bounds_are_read() {
    assert_eq!(
        bounds("/// Why.\npub const A_MAX: usize = 1;\nconst B: u8 = 2;"),
        ["A_MAX"]
    );
}
