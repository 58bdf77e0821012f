//! What Linux's package managers say.

use std::fs::File;
use std::io::{BufRead, BufReader, Result};
use std::path::Path;

use super::super::kernel_file::clean;
use crate::wire::report_v1::ProgramV1;

/// What rpm is asked for.
pub(super) const RPM_FORMAT: &str = "%{NAME}\\t%{VERSION}-%{RELEASE}\\n";
/// Bytes of a line that are looked at: descriptions are longer, and nobody reads them here.
const LINE_BYTES_MAX: usize = 1_024;

/// Reads dpkg's file of packages: paragraphs of `Field: value`.
pub(super) fn read_dpkg(status: &Path) -> Result<Vec<ProgramV1>> {
    parse_dpkg(BufReader::new(File::open(status)?))
}

fn parse_dpkg(mut status: impl BufRead) -> Result<Vec<ProgramV1>> {
    let (mut programs, mut program, mut is_installed) = (Vec::new(), ProgramV1::default(), false);
    let mut line = Vec::new();
    loop {
        line.clear();
        let is_end = status.read_until(b'\n', &mut line)? == 0;
        let text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES_MAX)]);
        match text.trim_end().split_once(": ") {
            Some(("Package", name)) => program.name = clean(name).unwrap_or_default(),
            Some(("Version", version)) => program.version = clean(version),
            Some(("Status", status)) => is_installed = status.ends_with(" installed"),
            _ => {}
        }
        if is_end || text.trim().is_empty() {
            if is_installed && !program.name.is_empty() {
                programs.push(std::mem::take(&mut program));
            }
            (program, is_installed) = (ProgramV1::default(), false);
        }
        if is_end {
            return Ok(programs);
        }
    }
}

/// Reads what rpm prints in [`RPM_FORMAT`].
pub(super) fn parse_rpm(said: &str) -> Vec<ProgramV1> {
    let lines = said.lines().filter_map(|line| line.split_once('\t'));
    // Keys of repositories are listed there too.
    let packages = lines.filter(|(name, _)| *name != "gpg-pubkey");
    packages
        .filter_map(|(name, version)| named(name, version, None))
        .collect()
}

/// Reads what `flatpak list --app --columns=application,version` prints.
pub(super) fn parse_flatpak(said: &str) -> Vec<ProgramV1> {
    let lines = said
        .lines()
        .map(|line| line.split_once('\t').unwrap_or((line, "")));
    let applications = lines.filter(|(name, _)| name.contains('.') && !name.contains(' '));
    applications
        .filter_map(|(name, version)| named(name, version, Some("flatpak")))
        .collect()
}

/// Reads what `snap list` prints: a heading that begins with Name, then columns.
pub(super) fn parse_snap(said: &str) -> Vec<ProgramV1> {
    let mut lines = said.lines();
    if !lines.next().is_some_and(|heading| heading.starts_with("Name ")) {
        return Vec::new();
    }
    let rows = lines.filter_map(|line| {
        let mut columns = line.split_whitespace();
        named(columns.next()?, columns.next()?, Some("snap"))
    });
    rows.collect()
}

fn named(name: &str, version: &str, source: Option<&str>) -> Option<ProgramV1> {
    Some(ProgramV1 {
        name: clean(name)?,
        version: clean(version),
        source: source.map(ToOwned::to_owned),
        ..ProgramV1::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape of Debian's file, of which a real one is read by the agent's test run.
    const STATUS: &str = "Package: adduser\nStatus: install ok installed\nVersion: 3.134\nDescription: add and remove users\n Package: not this one\n\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13.dfsg-1\n";

    #[test]
    fn reads_what_is_installed_and_not_what_was() {
        let programs = parse_dpkg(STATUS.as_bytes()).unwrap();
        let names: Vec<_> = programs
            .iter()
            .map(|program| (&*program.name, program.version.as_deref().unwrap()))
            .collect();
        assert_eq!(names, [("adduser", "3.134"), ("zlib1g", "1:1.2.13.dfsg-1")]);
    }

    #[test]
    fn reads_the_other_managers() {
        let rpm = parse_rpm("bash\t5.2.26-3.fc40\ngpg-pubkey\ta15b79cc-63d04c2c\n");
        assert_eq!((rpm.len(), &*rpm[0].name), (1, "bash"));
        let flatpak = parse_flatpak("org.gimp.GIMP\t2.10.38\n");
        assert_eq!(flatpak[0].source.as_deref(), Some("flatpak"));
        let snap = parse_snap(
            "Name  Version  Rev  Tracking  Publisher  Notes\ncore22  20240731  1586  latest/stable  canonical  base\n",
        );
        assert_eq!((snap.len(), snap[0].version.as_deref()), (1, Some("20240731")));
    }

    #[test]
    fn takes_whatever_comes() {
        for odd in [
            "",
            "Package: x",
            "Status: installed\n\n\n",
            "\u{0}\u{fffd}: \n",
            "error: no snaps",
        ] {
            assert_eq!(parse_dpkg(odd.as_bytes()).unwrap(), [], "{odd}");
            assert_eq!(parse_rpm(odd), []);
            assert_eq!(parse_flatpak(odd), []);
            assert_eq!(parse_snap(odd), []);
        }
        let cut = parse_dpkg(&STATUS.as_bytes()[..70]).unwrap();
        assert_eq!(cut.len(), 1);
        let binary = [0xff, 0xfe, b'\n', b'\n'].repeat(100);
        assert_eq!(parse_dpkg(&*binary).unwrap(), []);
    }
}
