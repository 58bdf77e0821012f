//! What `softwareupdate -l` says on macOS.

use super::super::kernel_file::clean;
use crate::wire::report_v1::UpdateV1;

/// Reads it: a label, then a line of `Key: value` with commas between; nothing when neither a list nor
/// its absence is told.
pub(super) fn parse(said: &str) -> Option<Vec<UpdateV1>> {
    let updates: Vec<_> = said
        .lines()
        .zip(said.lines().skip(1))
        .filter_map(|(label, rest)| update(label, rest))
        .collect();
    if updates.is_empty() && !said.contains("No new software available") {
        return None;
    }
    Some(updates)
}

fn update(label: &str, rest: &str) -> Option<UpdateV1> {
    let label = label.trim().strip_prefix("* Label:")?;
    let rest = rest.trim();
    let value = |key: &str| {
        let parts = rest.split(", ").map(str::trim);
        let mut parts = parts.filter_map(|part| part.strip_prefix(key));
        parts.next().and_then(|part| clean(part.trim_end_matches(',')))
    };
    Some(UpdateV1 {
        name: value("Title: ").or_else(|| clean(label))?,
        version: value("Version: "),
        is_security: label.contains("Security") || label.contains("XProtect"),
        needs_restart: value("Action: ").is_some_and(|action| action == "restart"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // As recorded on a Mac.
    const LIST: &str = "Software Update Tool\n\nFinding available software\nSoftware Update found the following new or updated software:\n* Label: macOS Sonoma 14.6.1-23G93\n\tTitle: macOS Sonoma 14.6.1, Version: 14.6.1, Size: 1234567KiB, Recommended: YES, Action: restart,\n";

    #[test]
    fn reads_what_a_mac_prints() {
        let updates = parse(LIST).unwrap();
        assert_eq!(
            updates,
            [UpdateV1 {
                name: "macOS Sonoma 14.6.1".to_owned(),
                version: Some("14.6.1".to_owned()),
                is_security: false,
                needs_restart: true,
            }]
        );
        assert_eq!(
            parse("Software Update Tool\n\nNo new software available.\n").unwrap(),
            []
        );
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "Keine neue Software",
            "Can't connect to the Apple Software Update server",
            &LIST[..140],
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
