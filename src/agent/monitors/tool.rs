//! Runs one of the system's tools for a monitor: by its path, with no shell, no input, a bounded
//! output, in plain English, and never longer than the look may take (the process dies with it).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::Missing;
use crate::wire::report_v1::Unavailable;

/// No tool says more that is worth reading.
const OUTPUT_MAX: u64 = 4 * 1024 * 1024;
/// A line of a tool that is shown to people.
const DETAIL_CHARS_MAX: usize = 200;

/// What a tool said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// Its status; none when a signal ended it.
    pub status: Option<i32>,
}

impl Said {
    /// The output when it went well.
    ///
    /// # Errors
    /// Otherwise what the tool said in its first line.
    pub fn when_well(self) -> Result<String, Missing> {
        if self.status == Some(0) {
            return Ok(self.out);
        }
        Err(self.unexpected())
    }

    /// What to report when its words are not understood.
    #[must_use]
    pub fn unexpected(&self) -> Missing {
        unexpected(if self.err.trim().is_empty() {
            &self.out
        } else {
            &self.err
        })
    }
}

/// What to report of a tool's words that are not understood: its first line.
#[must_use]
pub fn unexpected(words: &str) -> Missing {
    let line = words.lines().map(str::trim).find(|line| !line.is_empty());
    Missing {
        why: Unavailable::Unsupported,
        detail: line.map(|line| {
            let shown = line.chars().filter(|c| !c.is_control());
            shown.take(DETAIL_CHARS_MAX).collect()
        }),
    }
}

/// Where systems and their administrators put tools, the systems first.
const FOLDERS: [&str; 7] = [
    "/usr/bin",
    "/bin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
];

/// Runs a tool that is in another folder on each system; `PATH` counts for nothing.
///
/// # Errors
/// When it is in none of them, or may not be run.
pub async fn run_named(name: &str, args: &[&str]) -> Result<Said, Missing> {
    match find(name) {
        Some(path) => run(&path.to_string_lossy(), args).await,
        None => Err(Missing {
            why: Unavailable::ToolMissing,
            detail: Some(format!("{name} is not installed")),
        }),
    }
}

/// The tool of that name.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let places = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    places.into_iter().find(|path| is_trusted(path))
}

/// Whether nobody could have put it there who has fewer rights than this process.
#[cfg(unix)]
fn is_trusted(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && (file.uid() == 0 || file.uid() == own))
}

#[cfg(not(unix))]
fn is_trusted(path: &Path) -> bool {
    path.is_file()
}

/// Runs a tool to its end.
///
/// # Errors
/// When it is not there, or may not be run.
pub async fn run(program: &str, args: &[&str]) -> Result<Said, Missing> {
    let mut child = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| cannot_run(program, &error))?;
    let (out, err) = tokio::join!(read(child.stdout.take()), read(child.stderr.take()));
    let status = child.wait().await.map_err(|error| cannot_run(program, &error))?;
    Ok(Said {
        out,
        err,
        status: status.code(),
    })
}

async fn read(from: Option<impl tokio::io::AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What came before an error is what there is.
        let _ = from.take(OUTPUT_MAX).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn cannot_run(program: &str, error: &std::io::Error) -> Missing {
    Missing {
        why: match error.kind() {
            ErrorKind::NotFound => Unavailable::ToolMissing,
            ErrorKind::PermissionDenied => Unavailable::NoPermission,
            _ => Unavailable::Unsupported,
        },
        detail: Some(format!("{program}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn a_tool_that_is_missing_is_named() {
        let missing = run("/nowhere/smartctl", &[]).await.unwrap_err();
        assert_eq!(missing.why, Unavailable::ToolMissing);
        assert!(missing.detail.unwrap().contains("/nowhere/smartctl"));
    }

    #[actix_rt::test]
    async fn a_tool_that_fails_is_quoted_in_its_first_line() {
        let said = run(
            "/bin/sh",
            &["-c", "echo; echo no disk >&2; echo more >&2; exit 3"],
        )
        .await
        .unwrap();
        assert_eq!(said.status, Some(3));
        assert_eq!(said.when_well().unwrap_err().detail.as_deref(), Some("no disk"));
    }
}
