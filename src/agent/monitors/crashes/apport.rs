//! Ubuntu's records of crashes: files of `Field: value` in /var/crash, made when it happened.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use atlas_actors::clock::Timestamp;

use super::super::kernel_file::{clean, entries};
use crate::wire::report_v1::CrashV1;

/// The fields stand before the dump, which is large.
const HEAD_BYTES_MAX: u64 = 64 * 1_024;
/// Records that are looked at.
const FILES_MAX: usize = 1_000;

/// Reads the newest ones.
pub(super) fn read(folder: &Path, wanted: usize) -> Vec<CrashV1> {
    let files = entries(folder).into_iter();
    let records = files.filter(|file| file.extension().is_some_and(|end| end == "crash"));
    let mut crashes: Vec<_> = records
        .take(FILES_MAX)
        .filter_map(|file| {
            let changed = std::fs::metadata(&file).ok()?.modified().ok()?;
            let millis = changed.duration_since(UNIX_EPOCH).ok()?.as_millis();
            let at = Timestamp::from_millis(i64::try_from(millis).ok()?);
            parse(BufReader::new(File::open(&file).ok()?.take(HEAD_BYTES_MAX)), at)
        })
        .collect();
    crashes.sort_by(|one, other| other.cmp(one));
    crashes.truncate(wanted);
    crashes
}

fn parse(record: impl BufRead, at: Timestamp) -> Option<CrashV1> {
    let (mut crash, mut is_crash) = (CrashV1::default(), false);
    for line in record.split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        match line.split_once(": ") {
            Some(("ProblemType", kind)) => is_crash = kind.trim() == "Crash",
            Some(("ExecutablePath", path)) => {
                crash.program = path.rsplit('/').next().and_then(clean).unwrap_or_default();
            }
            Some(("Signal", number)) => crash.signal = clean(&format!("signal {}", number.trim())),
            Some(("Package", package)) => {
                crash.version = package.split_whitespace().nth(1).and_then(clean);
            }
            _ => {}
        }
    }
    crash.at = at.to_string();
    (is_crash && !crash.program.is_empty()).then_some(crash)
}

#[cfg(test)]
mod tests {
    use super::*;

    // In apport's shape; not recorded on a system that has it.
    const RECORD: &str = "ProblemType: Crash\nArchitecture: amd64\nExecutablePath: /usr/bin/eog\nPackage: eog 45.3-1ubuntu2\nSignal: 11\nCoreDump: base64\n H4sICAAAAAAC\n";

    #[test]
    fn reads_a_record() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("_usr_bin_eog.1000.crash"), RECORD).unwrap();
        std::fs::write(folder.path().join("other.upload"), RECORD).unwrap();
        let crashes = read(folder.path(), 50);
        assert_eq!(crashes.len(), 1);
        assert_eq!(
            (&*crashes[0].program, crashes[0].version.as_deref()),
            ("eog", Some("45.3-1ubuntu2"))
        );
    }

    #[test]
    fn takes_whatever_comes() {
        let at = Timestamp::from_secs(0);
        for odd in [
            "",
            "ProblemType: Package\nExecutablePath: /a\n",
            "\u{0}\u{fffd}: : :",
            &RECORD[..30],
        ] {
            assert_eq!(parse(odd.as_bytes(), at), None, "{odd}");
        }
        assert_eq!(read(Path::new("/nonexistent"), 50), []);
    }
}
