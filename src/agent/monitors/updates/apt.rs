//! What `apt list --upgradable` says.

use super::super::kernel_file::clean;
use crate::wire::report_v1::UpdateV1;

/// Reads it; nothing when its first line is another one.
pub(super) fn parse(said: &str) -> Option<Vec<UpdateV1>> {
    let mut lines = said.lines();
    if !lines.next()?.starts_with("Listing...") {
        return None;
    }
    Some(lines.filter_map(line).collect())
}

/// Reads a line like `curl/stable-security 7.88.1-10 amd64 [upgradable from: 7.88.1-9]`.
fn line(line: &str) -> Option<UpdateV1> {
    let (name, rest) = line.split_once('/')?;
    let mut words = rest.split_whitespace();
    let (suites, version, _) = (words.next()?, words.next()?, words.next()?);
    let is_security = suites
        .split(',')
        .any(|suite| suite.ends_with("-security") || suite.contains("Debian-Security"));
    Some(UpdateV1 {
        name: clean(name)?,
        version: clean(version),
        is_security,
        needs_restart: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // As apt 2.6 printed it.
    const LIST: &str = "Listing...\ncurl/oldstable-security 7.88.1-10+deb12u14 amd64 [upgradable from: 7.88.1-10+deb12u5]\nbase-files/oldstable 12.4+deb12u12 amd64 [upgradable from: 12.4+deb12u5]\nopenssl/noble-updates,noble-security 3.0.13 amd64 [upgradable from: 3.0.12]\n";

    #[test]
    fn counts_security_apart() {
        let updates = parse(LIST).unwrap();
        let secure: Vec<_> = updates
            .iter()
            .map(|update| (&*update.name, update.is_security))
            .collect();
        assert_eq!(secure, [("curl", true), ("base-files", false), ("openssl", true)]);
        assert_eq!(parse("Listing... Done\n").unwrap(), []);
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "E: Could not open lock file",
            "Auflistung...\n",
            "\u{fffd}\u{0}",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        assert_eq!(parse("Listing...\n/\na/b\n///\n\u{0}/x 1 2\n").unwrap(), []);
    }
}
