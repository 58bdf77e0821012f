//! Programs that crashed: systemd-coredump's and apport's records on Linux, DiagnosticReports on macOS.
//! The macOS part was never run on a Mac.

mod apport;
mod coredump;
mod reports;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures_util::future::LocalBoxFuture;

use super::tool;
use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout};
use crate::config::files::home;
use crate::wire::report_v1::{CrashV1, CrashesSectionV1, Unavailable};

const LOG: Layout = Layout {
    name: "crashes",
    columns: &[
        "timestamp",
        "app_name",
        "app_version",
        "crash_type",
        "exception_type",
        "crash_count",
    ],
    days_kept: 30,
};
/// Crashes that are named.
const LISTED_MAX: usize = 50;
const APPORT: &str = "/var/crash";

/// Looks for crashes.
pub struct Crashes {
    log: CsvLogs,
    /// Since when crashes are new to the log; nothing before the first look.
    logged_to: Option<String>,
}

impl Crashes {
    /// Writes what it finds into these logs too.
    #[must_use]
    pub const fn new(log: CsvLogs) -> Self {
        Self { log, logged_to: None }
    }
}

impl Monitor for Crashes {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let (source, crashes) = if cfg!(target_os = "macos") {
                let folders = reports_folders();
                let read = tokio::task::spawn_blocking(move || reports::read(&folders, LISTED_MAX));
                ("DiagnosticReports", read.await.unwrap_or_default())
            } else if tool::find("coredumpctl").is_some() {
                ("systemd-coredump", of_coredumpctl().await?)
            } else if Path::new(APPORT).is_dir() {
                let read = tokio::task::spawn_blocking(|| apport::read(Path::new(APPORT), LISTED_MAX));
                ("apport", read.await.unwrap_or_default())
            } else {
                return Err(Missing {
                    why: Unavailable::ToolMissing,
                    detail: Some("nobody keeps crashes here: systemd-coredump would".to_owned()),
                });
            };
            let section = section(source, crashes);
            self.write_new(&section).await;
            Ok(Finding::section("crashes", &section))
        })
    }
}

impl Crashes {
    async fn write_new(&mut self, section: &CrashesSectionV1) {
        let newest = section.crashes.first().map(|crash| crash.at.clone());
        let logged_to = std::mem::replace(&mut self.logged_to, newest.or_else(|| Some(String::new())));
        let Some(logged_to) = logged_to else { return };
        let new = section.crashes.iter().filter(|crash| crash.at > logged_to);
        let rows = new.map(|crash| row(crash, &section.by_program)).collect();
        self.log.append(&LOG, rows).await;
    }
}

async fn of_coredumpctl() -> Result<Vec<CrashV1>, Missing> {
    let newest = LISTED_MAX.to_string();
    let wanted = ["list", "--json=short", "--no-pager", "-r", "-n", &newest];
    let said = tool::run_named("coredumpctl", &wanted).await?;
    // It says so, with a status of failure, when there is none.
    if said.err.contains("No coredumps found") {
        return Ok(Vec::new());
    }
    let out = said.when_well()?;
    coredump::parse(&out).ok_or_else(|| tool::unexpected(&out))
}

fn reports_folders() -> Vec<PathBuf> {
    let below = "Library/Logs/DiagnosticReports";
    let own = home().map(|home| home.join(below));
    own.into_iter().chain([Path::new("/").join(below)]).collect()
}

fn section(source: &str, mut crashes: Vec<CrashV1>) -> CrashesSectionV1 {
    crashes.sort_by(|one, other| other.cmp(one));
    crashes.truncate(LISTED_MAX);
    let mut by_program = BTreeMap::new();
    for crash in &crashes {
        *by_program.entry(crash.program.clone()).or_insert(0) += 1;
    }
    CrashesSectionV1 {
        source: source.to_owned(),
        crashes,
        by_program,
    }
}

fn row(crash: &CrashV1, by_program: &BTreeMap<String, usize>) -> Vec<Cell> {
    vec![
        Cell::from(&crash.program),
        crash.version.as_ref().into(),
        crash.signal.as_ref().into(),
        crash.exception.as_ref().into(),
        by_program.get(&crash.program).copied().into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_each_program_is_counted() {
        let crash = |second: usize, program: &str| CrashV1 {
            at: format!("2026-11-24T04:00:{second:02}.000Z"),
            program: program.to_owned(),
            ..CrashV1::default()
        };
        let section = section("x", vec![crash(1, "a"), crash(3, "b"), crash(2, "a")]);
        assert_eq!(section.crashes[0].program, "b");
        assert_eq!(section.by_program["a"], 2);
        assert_eq!(
            row(&section.crashes[0], &section.by_program).len() + 1,
            LOG.columns.len()
        );
    }
}
