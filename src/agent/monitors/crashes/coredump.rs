//! What `coredumpctl list --json=short` says.

use atlas_actors::clock::Timestamp;
use serde::Deserialize;

use super::super::kernel_file::clean;
use crate::wire::report_v1::CrashV1;

#[derive(Deserialize)]
struct Coredump {
    /// Microseconds since 1970.
    time: i64,
    #[serde(default)]
    sig: Option<i64>,
    #[serde(default)]
    exe: Option<String>,
}

/// Reads it.
pub(super) fn parse(json: &str) -> Option<Vec<CrashV1>> {
    let dumps: Vec<Coredump> = serde_json::from_str(json).ok()?;
    Some(dumps.into_iter().filter_map(crash).collect())
}

fn crash(dump: Coredump) -> Option<CrashV1> {
    let program = dump.exe.as_deref()?.rsplit('/').next().and_then(clean)?;
    Some(CrashV1 {
        at: Timestamp::from_millis(dump.time / 1_000).to_string(),
        program,
        version: None,
        signal: dump.sig.map(signal),
        exception: None,
    })
}

/// The names of those that end programs, as on every system that Rust runs on.
fn signal(number: i64) -> String {
    let name = match number {
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // As systemd 252 printed it.
    const LIST: &str = r#"[{"time":1760000000123456,"pid":77,"uid":0,"gid":0,"sig":11,"corefile":"none","exe":"/usr/bin/sleep","size":null}]"#;

    #[test]
    fn reads_what_crashed() {
        let crashes = parse(LIST).unwrap();
        assert_eq!(
            (&*crashes[0].program, crashes[0].signal.as_deref()),
            ("sleep", Some("SIGSEGV"))
        );
        assert_eq!(crashes[0].at, "2025-10-09T08:53:20.123Z");
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in ["", "No coredumps found.", &LIST[..60], "{}", "\u{fffd}\u{0}"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        let odd =
            parse(r#"[{"time":9223372036854775807,"exe":"/"},{"time":-1,"sig":99,"exe":"/x"}]"#).unwrap();
        assert_eq!((odd.len(), odd[0].signal.as_deref()), (1, Some("signal 99")));
    }
}
