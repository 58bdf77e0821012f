//! Updates that wait: apt and dnf from what they know already, without the network; `softwareupdate` on
//! macOS, which asks Apple. The macOS part was never run on a Mac, dnf's never on a system that has it.

mod apt;
mod dnf;
mod mac;

use std::path::Path;
use std::time::UNIX_EPOCH;

use atlas_actors::clock::Timestamp;
use futures_util::future::LocalBoxFuture;

use super::tool::{self, Said};
use super::{Finding, Missing, Monitor};
use crate::wire::report_v1::{Unavailable, UpdateV1, UpdatesSectionV1};

/// Updates that are named at most.
const LISTED_MAX: usize = 500;
const APT_LISTS: &str = "/var/lib/apt/lists";
const REBOOT_REQUIRED: [&str; 2] = ["/run/reboot-required", "/var/run/reboot-required"];

/// Looks for updates.
#[derive(Default)]
pub struct Updates;

impl Monitor for Updates {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let updates = if cfg!(target_os = "macos") {
                of_mac().await?
            } else if tool::find("apt").is_some() {
                of_apt().await?
            } else if tool::find("dnf").is_some() {
                of_dnf().await?
            } else {
                return Err(Missing {
                    why: Unavailable::Unsupported,
                    detail: Some("neither apt nor dnf is installed".to_owned()),
                });
            };
            Ok(Finding::section("updates", &cut(updates)))
        })
    }
}

async fn of_apt() -> Result<UpdatesSectionV1, Missing> {
    let said = tool::run_named("apt", &["list", "--upgradable"])
        .await?
        .when_well()?;
    let updates = apt::parse(&said).ok_or_else(|| tool::unexpected(&said))?;
    Ok(UpdatesSectionV1 {
        source: "apt".to_owned(),
        security: Some(updates.iter().filter(|update| update.is_security).count()),
        reboot_required: Some(REBOOT_REQUIRED.iter().any(|file| Path::new(file).exists())),
        checked_at: changed_at(Path::new(APT_LISTS)),
        ..of(updates)
    })
}

async fn of_dnf() -> Result<UpdatesSectionV1, Missing> {
    let said = tool::run_named("dnf", &["-q", "-C", "check-update"]).await?;
    // 100 = there are some.
    if !matches!(said.status, Some(0 | 100)) {
        return Err(said.unexpected());
    }
    let mut updates = dnf::parse(&said.out);
    let security = tool::run_named("dnf", &["-q", "-C", "check-update", "--security"]).await;
    let security = security.ok().filter(|said| matches!(said.status, Some(0 | 100)));
    let is_known = security.is_some();
    let security = security.map(|said| dnf::parse(&said.out)).unwrap_or_default();
    for update in &mut updates {
        update.is_security = security.iter().any(|one| one.name == update.name);
    }
    let restart = tool::run_named("needs-restarting", &["-r"]).await;
    Ok(UpdatesSectionV1 {
        source: "dnf".to_owned(),
        security: is_known.then(|| updates.iter().filter(|update| update.is_security).count()),
        reboot_required: restart.ok().and_then(|said| match said.status {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        }),
        ..of(updates)
    })
}

async fn of_mac() -> Result<UpdatesSectionV1, Missing> {
    let Said { out, err, .. } = tool::run("/usr/sbin/softwareupdate", &["-l"]).await?;
    let all = format!("{out}\n{err}");
    let updates = mac::parse(&all).ok_or_else(|| tool::unexpected(&all))?;
    Ok(UpdatesSectionV1 {
        source: "softwareupdate".to_owned(),
        ..of(updates)
    })
}

fn of(mut updates: Vec<UpdateV1>) -> UpdatesSectionV1 {
    updates.sort();
    UpdatesSectionV1 {
        pending: updates.len(),
        updates,
        ..UpdatesSectionV1::default()
    }
}

fn cut(mut updates: UpdatesSectionV1) -> UpdatesSectionV1 {
    updates.is_cut = updates.updates.len() > LISTED_MAX;
    updates.updates.truncate(LISTED_MAX);
    updates
}

/// When apt last heard of updates.
fn changed_at(folder: &Path) -> Option<String> {
    let changed = std::fs::metadata(folder).ok()?.modified().ok()?;
    let seconds = changed.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Timestamp::from_secs(i64::try_from(seconds).ok()?).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_bounded_and_the_count_is_not() {
        let update = |number: usize| UpdateV1 {
            name: format!("p{number:04}"),
            ..UpdateV1::default()
        };
        let updates = cut(of((0..600).rev().map(update).collect()));
        assert_eq!(
            (updates.pending, updates.updates.len(), updates.is_cut),
            (600, 500, true)
        );
        assert_eq!(updates.updates[0].name, "p0000");
    }
}
