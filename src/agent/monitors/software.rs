//! What is installed: Debian's and rpm's packages, flatpaks and snaps on Linux, applications on macOS.
//! The macOS part was never run on a Mac, rpm's never on a system that has it.

mod applications;
mod packages;

use std::path::Path;

use futures_util::future::LocalBoxFuture;

use super::tool;
use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout};
use crate::wire::report_v1::{ProgramV1, SECTION_BYTES_MAX, SoftwareSectionV1, Unavailable};

const LOG: Layout = Layout {
    name: "applications",
    columns: &[
        "app_name",
        "bundle_id",
        "version",
        "build",
        "install_location",
        "size_mb",
        "last_modified",
        "is_system_app",
    ],
    days_kept: 1,
};
/// Programs that are named at most.
const LISTED_MAX: usize = 2_000;
/// The JSON of one program, without its texts.
const ENTRY_BYTES: usize = 64;
const DPKG_STATUS: &str = "/var/lib/dpkg/status";

/// Lists what is installed.
pub struct Software {
    log: CsvLogs,
}

impl Software {
    /// Writes what it finds into these logs too.
    #[must_use]
    pub const fn new(log: CsvLogs) -> Self {
        Self { log }
    }
}

impl Monitor for Software {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let programs = if cfg!(target_os = "macos") {
                let wanted = ["SPApplicationsDataType", "-json", "-detailLevel", "mini"];
                let said = tool::run("/usr/sbin/system_profiler", &wanted)
                    .await?
                    .when_well()?;
                applications::parse(&said).ok_or_else(|| tool::unexpected(&said))?
            } else {
                of_linux().await?
            };
            if self.log.are_written() {
                self.log.replace(&LOG, programs.iter().map(row).collect()).await;
            }
            Ok(Finding::section("software", &cut(programs)))
        })
    }
}

async fn of_linux() -> Result<Vec<ProgramV1>, Missing> {
    let mut programs = if Path::new(DPKG_STATUS).is_file() {
        // Some megabytes: read beside the reactor.
        let read = tokio::task::spawn_blocking(|| packages::read_dpkg(Path::new(DPKG_STATUS)));
        let read = read.await.ok().and_then(Result::ok);
        read.ok_or(Unavailable::Unsupported)?
    } else {
        let wanted = ["-qa", "--qf", packages::RPM_FORMAT];
        packages::parse_rpm(&tool::run_named("rpm", &wanted).await?.when_well()?)
    };
    let wanted = ["list", "--app", "--columns=application,version"];
    if let Ok(said) = tool::run_named("flatpak", &wanted).await {
        programs.extend(packages::parse_flatpak(&said.out));
    }
    if let Ok(said) = tool::run_named("snap", &["list"]).await {
        programs.extend(packages::parse_snap(&said.out));
    }
    Ok(programs)
}

/// Sorted, so that two equal lists are equal to the byte; cut where a section would become too large.
fn cut(mut programs: Vec<ProgramV1>) -> SoftwareSectionV1 {
    programs.sort();
    programs.dedup();
    let total = programs.len();
    let mut bytes = 0;
    let fitting = programs.iter().take_while(|program| {
        bytes += program_bytes(program);
        bytes < SECTION_BYTES_MAX
    });
    let listed = fitting.count().min(LISTED_MAX);
    programs.truncate(listed);
    SoftwareSectionV1 {
        total,
        is_cut: listed < total,
        programs,
    }
}

/// As JSON, with every character escaped at the worst.
fn program_bytes(program: &ProgramV1) -> usize {
    let texts = [
        &program.version,
        &program.source,
        &program.path,
        &program.modified,
    ];
    let texts = texts.into_iter().flatten().chain([&program.name]);
    texts.fold(ENTRY_BYTES, |bytes, text| {
        bytes + text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
    })
}

fn row(program: &ProgramV1) -> Vec<Cell> {
    let path = program.path.as_deref();
    vec![
        Cell::from(&program.name),
        Cell::default(),
        program.version.as_ref().into(),
        Cell::default(),
        path.into(),
        Cell::default(),
        program.modified.as_ref().into(),
        path.map(|path| path.starts_with("/System/")).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(number: usize, path: &str) -> ProgramV1 {
        ProgramV1 {
            name: format!("p{number:05}"),
            path: Some(path.to_owned()),
            ..ProgramV1::default()
        }
    }

    #[test]
    fn equal_lists_are_equal_to_the_byte_and_fit_into_a_section() {
        let one = cut((0..3_000).map(|number| program(number, "/a")).collect());
        let other = cut((0..3_000).rev().map(|number| program(number, "/a")).collect());
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(json, serde_json::to_string(&other).unwrap());
        assert_eq!((one.total, one.programs.len(), one.is_cut), (3_000, 2_000, true));
        let long = "/\"".repeat(100);
        let long = cut((0..3_000).map(|number| program(number, &long)).collect());
        assert!(serde_json::to_string(&long).unwrap().len() <= SECTION_BYTES_MAX);
        assert!(long.is_cut && long.programs.len() > 500);
        assert_eq!(row(&program(1, "/System/x")).len(), LOG.columns.len());
    }
}
