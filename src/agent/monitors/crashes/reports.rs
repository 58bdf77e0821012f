//! macOS's records of crashes: `*.ips` files, a line of JSON that says what, and JSON that says how.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use atlas_actors::clock::Timestamp;
use serde::Deserialize;

use super::super::kernel_file::{clean, entries};
use crate::wire::report_v1::CrashV1;

/// The kind of record that is a crash, among hangs, spins and panics.
const CRASH: &str = "309";
/// What is read of a record: its cause stands in its first part.
const RECORD_BYTES_MAX: u64 = 256 * 1_024;
/// Records that are looked at.
const FILES_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    app_name: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    app_version: Option<String>,
    #[serde(default)]
    bug_type: Option<String>,
    timestamp: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cause {
    exception: Exception,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Exception {
    r#type: Option<String>,
    signal: Option<String>,
}

/// Reads the newest ones.
pub(super) fn read(folders: &[PathBuf], wanted: usize) -> Vec<CrashV1> {
    let files = folders.iter().flat_map(|folder| entries(folder));
    let records = files.filter(|file| file.extension().is_some_and(|end| end == "ips"));
    let mut crashes: Vec<_> = records
        .take(FILES_MAX)
        .filter_map(|file| {
            let mut bytes = Vec::new();
            let file = File::open(file).ok()?;
            file.take(RECORD_BYTES_MAX).read_to_end(&mut bytes).ok()?;
            parse(&String::from_utf8_lossy(&bytes))
        })
        .collect();
    crashes.sort_by(|one, other| other.cmp(one));
    crashes.truncate(wanted);
    crashes
}

fn parse(record: &str) -> Option<CrashV1> {
    let (head, body) = record.split_once('\n').unwrap_or((record, ""));
    let head: Head = serde_json::from_str(head).ok()?;
    if head.bug_type.as_deref() != Some(CRASH) {
        return None;
    }
    // A body that was cut off leaves the cause unknown.
    let cause: Cause = serde_json::from_str(body).unwrap_or_default();
    Some(CrashV1 {
        at: moment(&head.timestamp)?.to_string(),
        program: head.app_name.or(head.name).as_deref().and_then(clean)?,
        version: head.app_version.as_deref().and_then(clean),
        signal: cause.exception.signal.as_deref().and_then(clean),
        exception: cause.exception.r#type.as_deref().and_then(clean),
    })
}

/// Reads a time like `2024-08-05 10:00:00.00 +0200`.
fn moment(text: &str) -> Option<Timestamp> {
    let mut parts = text.split_whitespace();
    let (day, time, zone) = (parts.next()?, parts.next()?, parts.next()?);
    let (hours, minutes) = zone.split_at_checked(3)?;
    Timestamp::parse(&format!("{day}T{time}{hours}:{minutes}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape of macOS 12 and later; not recorded by us on a Mac.
    const RECORD: &str = "{\"app_name\":\"Preview\",\"timestamp\":\"2024-08-05 10:00:00.00 +0200\",\"app_version\":\"11.0\",\"bug_type\":\"309\",\"os_version\":\"macOS 14.6\"}\n{\"exception\":{\"type\":\"EXC_CRASH\",\"signal\":\"SIGABRT\"},\"pid\":77}\n";

    #[test]
    fn reads_a_record() {
        let crash = parse(RECORD).unwrap();
        assert_eq!(
            (&*crash.program, &*crash.at),
            ("Preview", "2024-08-05T08:00:00.000Z")
        );
        assert_eq!(
            (crash.exception.as_deref(), crash.signal.as_deref()),
            (Some("EXC_CRASH"), Some("SIGABRT"))
        );
        let cut = parse(&RECORD[..RECORD.len() - 40]).unwrap();
        assert_eq!(cut.signal, None);
    }

    #[test]
    fn takes_whatever_comes() {
        for odd in [
            "",
            "Process: Preview [77]",
            "{\"timestamp\":\"now\",\"bug_type\":\"309\"}",
            &RECORD[..50],
            "\u{fffd}\u{0}",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        assert_eq!(parse(&RECORD.replace("\"309\"", "\"298\"")), None);
        assert_eq!(moment("2024-08-05 10:00:00.00 +é"), None);
    }
}
