//! What `dnf check-update` says.

use super::super::kernel_file::clean;
use crate::wire::report_v1::UpdateV1;

/// Reads lines of three columns: name and architecture, version, repository; up to the list of what is
/// obsolete.
pub(super) fn parse(said: &str) -> Vec<UpdateV1> {
    let lines = said.lines().take_while(|line| !line.starts_with("Obsoleting"));
    lines.filter_map(line).collect()
}

fn line(line: &str) -> Option<UpdateV1> {
    let columns: Vec<_> = line.split_whitespace().collect();
    let [package, version, _] = columns[..] else {
        return None;
    };
    let (name, _) = package.rsplit_once('.')?;
    if !version.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(UpdateV1 {
        name: clean(name)?,
        version: clean(version),
        ..UpdateV1::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // In dnf's shape; not recorded on a system that has it.
    const LIST: &str = "\nbash.x86_64            5.2.26-4.fc40      updates\nkernel-core.x86_64     6.11.4-201.fc40    updates\nObsoleting Packages\ngrub2-tools.x86_64     1:2.06-120.fc40    updates\n";

    #[test]
    fn reads_names_and_versions() {
        let updates = parse(LIST);
        assert_eq!(updates.len(), 2);
        assert_eq!(
            (&*updates[0].name, updates[0].version.as_deref()),
            ("bash", Some("5.2.26-4.fc40"))
        );
    }

    #[test]
    fn other_words_say_nothing() {
        for odd in [
            "",
            "Error: Cache-only enabled but no cache",
            "a.b c d",
            "\u{fffd}\u{0} 1 2",
        ] {
            assert_eq!(parse(odd), [], "{odd}");
        }
    }
}
