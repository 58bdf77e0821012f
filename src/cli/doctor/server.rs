//! The server's side: its port, its certificate, its keys, its store, how many connections it may have,
//! and its names.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use atlas_actors::clock::{Clock, SystemClock};
use atlas_store::sqlite::StoreBeside;
use serde::Deserialize;
use tokio::net::lookup_host;

use super::finding::Finding;
use crate::cli::Global;
use crate::config::Config;
use crate::config::files::expand_home;
use crate::data_dir::DataDir;
use crate::local_server::LocalServer;
use crate::tls::certificate::Certificate;

/// A certificate that somebody else renews should have been renewed by then.
const DAYS_WARN: i64 = 21;
const DAY_S: i64 = 86_400;
/// Files that are open beside connections: the store, logs, libraries.
const FILES_BESIDE: u64 = 256;

/// Looks at everything.
pub(super) async fn look(global: &Global, config: &Config, data_dir: &DataDir) -> Vec<Finding> {
    let mut findings = vec![
        port(global, config, data_dir).await,
        certificate(config, data_dir),
        open_files(config.fleet.server.max_connections),
    ];
    findings.extend(keys(data_dir));
    findings.extend(store(data_dir));
    findings.extend(name(config).await);
    findings.extend(clock(data_dir));
    findings
}

#[derive(Deserialize)]
struct Health {
    version: String,
}

/// The port is free, or this data folder's own server has it.
async fn port(global: &Global, config: &Config, data_dir: &DataDir) -> Finding {
    let told = config.fleet.server.port;
    if data_dir.local_key().exists()
        && let Ok(server) = LocalServer::find(global, None)
        && let Ok(health) = server.get::<Health>("/api/fleet/health").await
    {
        return Finding::ok(
            "port",
            format!("the server runs at {} ({})", server.url, health.version),
        );
    }
    match std::net::TcpListener::bind((config.fleet.server.host.as_str(), told)) {
        Ok(_) => Finding::warn(
            "port",
            format!("port {told} is free: no server runs"),
            "start it: `atlas server`, or `atlas service install --server`",
        ),
        Err(error) => Finding::fail(
            "port",
            format!("port {told} can't be used, and not by this data folder's server: {error}"),
            "find who has it (`ss -ltnp`, `lsof -i`), or choose another with fleet.server.port",
        ),
    }
}

/// The certificate that is served, and the one who renews it.
fn certificate_file(config: &Config, folder: &Path) -> (PathBuf, bool) {
    let server = &config.fleet.server;
    match (&server.ssl.cert_file, &server.acme.directory) {
        (Some(file), _) => (expand_home(file), false),
        (None, Some(_)) => (folder.join("acme.crt"), true),
        (None, None) => (folder.join("server.crt"), true),
    }
}

fn certificate(config: &Config, data_dir: &DataDir) -> Finding {
    let (file, renews_itself) = certificate_file(config, data_dir.path());
    let shown = file.display();
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && renews_itself => {
            return Finding::ok(
                "certificate",
                format!("there is none yet in {shown}: the server makes one"),
            );
        }
        Err(error) => {
            return Finding::fail(
                "certificate",
                format!("{shown} can't be read: {error}"),
                "check fleet.server.ssl.cert_file and who may read it",
            );
        }
    };
    let Some(facts) = Certificate::facts_of(&text) else {
        return Finding::fail(
            "certificate",
            format!("{shown} holds no certificate in PEM"),
            "put one there",
        );
    };
    judge_days(
        &shown.to_string(),
        facts.not_after.as_secs() - SystemClock.now().as_secs(),
        renews_itself,
    )
}

fn judge_days(shown: &str, left_s: i64, renews_itself: bool) -> Finding {
    let days = left_s.div_euclid(DAY_S);
    let left = format!("{shown} is good for {days} more days");
    let advice = if renews_itself {
        "the server renews it by itself: its log says why it did not"
    } else {
        "renew it; the server takes the new file up by itself"
    };
    if left_s <= 0 {
        return Finding::fail(
            "certificate",
            format!("{shown} has ended {} days ago", -days),
            advice,
        );
    }
    if days < DAYS_WARN {
        return Finding::warn("certificate", left, advice);
    }
    Finding::ok("certificate", left)
}

/// Without these two every agent must enrol again.
fn keys(data_dir: &DataDir) -> Vec<Finding> {
    let keys = [data_dir.identity_key(), data_dir.vault_key()];
    let faults = keys.into_iter().filter_map(|key| {
        let failed = crate::secret_file::load(&key).err()?;
        data_dir.store().exists().then(|| {
            Finding::fail(
                "keys",
                failed.to_string(),
                "put it back from a backup: without it every agent must enrol again",
            )
        })
    });
    faults.collect()
}

/// The database's structure. `atlas backup` checks every record as well.
fn store(data_dir: &DataDir) -> Option<Finding> {
    let folder = data_dir.store();
    if !folder.exists() {
        return None;
    }
    let damage = StoreBeside::open(&folder).and_then(|store| store.damage());
    Some(match damage {
        Ok(damage) if damage.is_empty() => Finding::ok("store", "the store's structure is whole"),
        Ok(damage) => Finding::fail(
            "store",
            format!("the store is damaged: {}", damage.join("; ")),
            "stop the server, keep a copy of the folder, and restore the last backup",
        ),
        Err(error) => Finding::fail("store", format!("the store can't be read: {error}"), ""),
    })
}

/// Each agent and each page keeps a connection.
fn open_files(connections: usize) -> Finding {
    let wanted = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_add(FILES_BESIDE);
    match rlimit::Resource::NOFILE.get() {
        Ok((_, hard)) if hard >= wanted => Finding::ok("open files", format!("up to {hard} may be open")),
        Ok((_, hard)) => Finding::warn(
            "open files",
            format!("up to {hard} may be open, and {connections} connections are allowed"),
            "raise the hard limit (LimitNOFILE in the unit, ulimit -Hn), or lower fleet.server.max_connections",
        ),
        Err(error) => Finding::warn("open files", format!("the limit can't be read: {error}"), ""),
    }
}

/// The name under which others reach it.
async fn name(config: &Config) -> Option<Finding> {
    let url = config.fleet.server.public_url.as_deref()?;
    let place = reqwest::Url::parse(url).ok()?;
    let host = place.host_str()?.trim_matches(['[', ']']).to_owned();
    let port = place.port_or_known_default().unwrap_or(8768);
    Some(match lookup_host((host.as_str(), port)).await {
        Ok(_) => Finding::ok("name", format!("{host} is known here")),
        Err(error) => Finding::warn(
            "name",
            format!("{host} of fleet.server.public_url is not known here ({error})"),
            "agents are told to call it: check its spelling and DNS",
        ),
    })
}

/// A clock that is set by nobody, or that went back.
fn clock(data_dir: &DataDir) -> Option<Finding> {
    let database = data_dir.store().join("atlas.db-wal");
    let written = std::fs::metadata(database).and_then(|file| file.modified()).ok();
    let now_ms = SystemClock.now().as_millis();
    let written_ms = written.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let ahead_ms = written_ms.map_or(0, |at| i64::try_from(at.as_millis()).unwrap_or(i64::MAX) - now_ms);
    if ahead_ms > 60_000 {
        return Some(Finding::fail(
            "clock",
            format!(
                "the store was written {} s from now: this machine's clock went back",
                ahead_ms / 1_000
            ),
            "set it by the network: `timedatectl set-ntp true`",
        ));
    }
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    match String::from_utf8_lossy(&asked.stdout).trim() {
        "yes" => Some(Finding::ok("clock", "it is set by the network")),
        "no" => Some(Finding::warn(
            "clock",
            "it is not set by the network",
            "`timedatectl set-ntp true`: reports and commands whose times are far off are refused",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn days_are_judged_by_who_renews() {
        assert_eq!(judge_days("c", 300 * DAY_S, true).verdict, Verdict::Ok);
        assert_eq!(judge_days("c", 20 * DAY_S, false).verdict, Verdict::Warn);
        let ended = judge_days("c", -DAY_S, false);
        assert_eq!(ended.verdict, Verdict::Fail);
        assert!(ended.what.contains("ended 1 days ago"));
    }

    #[test]
    fn more_connections_than_open_files_are_told() {
        assert_eq!(open_files(1).verdict, Verdict::Ok);
        assert_eq!(open_files(usize::MAX).verdict, Verdict::Warn);
    }
}
