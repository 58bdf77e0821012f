//! `atlas doctor`: tries everything that commonly goes wrong, explains each, and says what to do.
//! Changes nothing, but for a file that is written and removed again to try the disk.

mod agent;
mod clock;
mod disk;
mod files;
mod finding;
#[cfg(feature = "server")]
mod server;
mod spool;
mod tools;

use clap::Args;
use serde_json::json;

use self::finding::{Finding, Verdict};
use super::{Failure, Global, service};
use crate::agent::identity_file;
use crate::config::{Config, ConfigError};
use crate::data_dir::DataDir;

/// What to look at.
#[derive(Clone, Copy, Debug, Args)]
pub struct DoctorArgs {
    /// The agent alone.
    #[arg(long, conflicts_with = "server")]
    agent: bool,
    /// The server alone.
    #[arg(long)]
    server: bool,
}

/// Runs it.
///
/// # Errors
/// When something is wrong.
pub fn run(global: &Global, args: DoctorArgs) -> Result<(), Failure> {
    if args.server && !cfg!(feature = "server") {
        return Err(Failure::with_status(
            2,
            "this program was built without the server",
        ));
    }
    let mut findings = Vec::new();
    let config = settings(global, &mut findings);
    let data_dir = DataDir::find(global.data_dir.as_deref())?;
    findings.extend(files::permissions(&data_dir));
    findings.extend(disk::room(data_dir.path()));
    let is_enrolled = !matches!(identity_file::load(&data_dir.agent()), Ok(None));
    let is_server = data_dir.store().exists();
    actix_rt::System::new().block_on(async {
        if args.agent || (!args.server && (is_enrolled || !is_server)) {
            findings.extend(agent::look(&config, &data_dir).await);
        }
        #[cfg(feature = "server")]
        if args.server || (!args.agent && is_server) {
            findings.extend(server::look(global, &config, &data_dir).await);
        }
    });
    findings.extend(services());
    findings.extend(never_run_here());
    tell(global, &findings)
}

/// The settings; the defaults where they are wrong, which is said.
fn settings(global: &Global, findings: &mut Vec<Finding>) -> Config {
    match super::config::settings(global, None) {
        Ok(settings) => {
            findings.push(match &settings.file {
                Some(file) => Finding::ok("config", format!("the settings in {} are good", file.display())),
                None => Finding::ok("config", "there is no config file: the defaults hold"),
            });
            return settings.config;
        }
        Err(ConfigError::Wrong(problems)) => {
            let advice = "`atlas config check` names all; what follows looks at the defaults";
            findings.extend(
                problems
                    .iter()
                    .map(|problem| Finding::fail("config", problem.to_string(), advice)),
            );
        }
        Err(error @ ConfigError::Read { .. }) => {
            findings.push(Finding::fail("config", error.to_string(), ""))
        }
    }
    Config::default()
}

/// How what was installed as a service is.
fn services() -> Vec<Finding> {
    let found = service::installed_here().unwrap_or_default();
    let of_one = found.iter().map(|(wanted, one)| {
        let line = service::line(wanted, one);
        match &one.state {
            Ok(state) if state.is_running => Finding::ok("service", line),
            Ok(_) => Finding::fail(
                "service",
                line,
                "its log says why it ended; `atlas service install` starts it again",
            ),
            Err(_) => Finding::warn("service", line, "is the service manager running?"),
        }
    });
    of_one.collect()
}

fn never_run_here() -> Option<Finding> {
    cfg!(target_os = "macos").then(|| {
        Finding::warn(
            "macOS",
            "this program was never run on a Mac by those who wrote it",
            "docs/operations.md lists what that is; compare what it shows with the system's own tools",
        )
    })
}

fn tell(global: &Global, findings: &[Finding]) -> Result<(), Failure> {
    let failed = findings.iter().filter(|one| one.verdict == Verdict::Fail).count();
    if global.json {
        let rows: Vec<_> = findings.iter().map(Finding::as_json).collect();
        println!("{}", json!({"findings": rows, "failed": failed}));
    } else {
        for finding in findings {
            if !global.quiet || finding.verdict != Verdict::Ok {
                println!("{finding}");
            }
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new("one thing is wrong")),
        more => Err(Failure::new(format!("{more} things are wrong"))),
    }
}
