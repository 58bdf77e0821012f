//! Services of systemd or launchd, and which failed. The macOS part was never run on a Mac.

mod launchd;
mod systemd;

use std::path::Path;

use futures_util::future::LocalBoxFuture;

use super::tool;
use super::{Finding, Missing, Monitor};
use crate::wire::report_v1::{ServicesSectionV1, Unavailable};

/// Services of each list at most.
const LISTED_MAX: usize = 500;

/// Looks at services.
#[derive(Default)]
pub struct Services;

impl Monitor for Services {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let services = if cfg!(target_os = "macos") {
                let said = tool::run("/bin/launchctl", &["list"]).await?.when_well()?;
                launchd::parse(&said).ok_or_else(|| tool::unexpected(&said))?
            } else if Path::new("/run/systemd/system").is_dir() {
                of_systemd().await?
            } else {
                return Err(Missing {
                    why: Unavailable::Unsupported,
                    detail: Some("this system was not started by systemd".to_owned()),
                });
            };
            Ok(Finding::section("services", &cut(services)))
        })
    }
}

async fn of_systemd() -> Result<ServicesSectionV1, Missing> {
    let arguments = [
        "list-units",
        "--type=service",
        "--all",
        "--output=json",
        "--no-pager",
    ];
    let said = tool::run_named("systemctl", &arguments).await?.when_well()?;
    let mut services = systemd::parse_units(&said).ok_or_else(|| tool::unexpected(&said))?;
    if services.failed.is_empty() {
        return Ok(services);
    }
    let mut arguments = vec!["show", "--no-pager", systemd::SHOWN];
    let names: Vec<_> = services
        .failed
        .iter()
        .take(LISTED_MAX)
        .map(|failed| failed.name.clone())
        .collect();
    arguments.push("--");
    arguments.extend(names.iter().map(String::as_str));
    // That they failed is known, if not how.
    if let Ok(said) = tool::run_named("systemctl", &arguments).await {
        let booted_s = std::fs::read_to_string("/proc/stat")
            .ok()
            .and_then(|stat| systemd::parse_boot_time(&stat));
        systemd::explain(&mut services.failed, &said.out, booted_s);
    }
    Ok(services)
}

fn cut(mut services: ServicesSectionV1) -> ServicesSectionV1 {
    services.is_cut = services.failed.len() > LISTED_MAX || services.services.len() > LISTED_MAX;
    services.failed.sort_by(|one, other| one.name.cmp(&other.name));
    services.services.sort_by(|one, other| one.name.cmp(&other.name));
    services.failed.truncate(LISTED_MAX);
    services.services.truncate(LISTED_MAX);
    services
}
