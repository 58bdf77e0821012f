//! Who may read what is secret: the data folder and the keys in it.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::data_dir::DataDir;

/// Looks at the folder and at each secret that is there.
pub(super) fn permissions(data_dir: &DataDir) -> Vec<Finding> {
    let folder = data_dir.path();
    let Ok(metadata) = fs::metadata(folder) else {
        return vec![Finding::ok(
            "files",
            format!("there is no data folder yet; it would be {}", folder.display()),
        )];
    };
    let mut findings = Vec::new();
    if !metadata.is_dir() {
        return vec![Finding::fail(
            "files",
            format!("{} is no folder", folder.display()),
            "name another with --data-dir",
        )];
    }
    findings.extend(owner(folder, &metadata));
    if is_open(&metadata) {
        findings.push(Finding::warn(
            "files",
            format!("others may look into {}", folder.display()),
            format!("chmod 700 {}", folder.display()),
        ));
    }
    let secrets = secrets(data_dir);
    let seen: Vec<_> = secrets
        .iter()
        .filter_map(|path| Some((path, fs::metadata(path).ok()?)))
        .collect();
    for (path, metadata) in &seen {
        findings.extend(owner(path, metadata));
        if is_open(metadata) {
            findings.push(Finding::fail(
                "files",
                format!("others may read the secret {}", path.display()),
                format!("chmod 600 {}", path.display()),
            ));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "files",
            format!(
                "{}: {} secrets, for their owner alone",
                folder.display(),
                seen.len()
            ),
        ));
    }
    findings
}

fn secrets(data_dir: &DataDir) -> Vec<PathBuf> {
    let folder = data_dir.path();
    let mut secrets = vec![
        data_dir.agent().join("identity.json"),
        data_dir.identity_key(),
        data_dir.vault_key(),
        data_dir.local_key(),
        data_dir.store().join("atlas.db"),
    ];
    let named = ["server.key", "server-next.key", "acme-account.json"];
    secrets.extend(named.map(|name| folder.join(name)));
    secrets.extend(data_dir.cluster_secret());
    secrets
}

#[cfg(unix)]
fn is_open(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o077 != 0
}

#[cfg(not(unix))]
const fn is_open(_: &Metadata) -> bool {
    false
}

/// A file of somebody else is found out here and not where it can't be read.
#[cfg(unix)]
fn owner(path: &Path, metadata: &Metadata) -> Option<Finding> {
    let (owner, here) = (
        std::os::unix::fs::MetadataExt::uid(metadata),
        rustix::process::geteuid().as_raw(),
    );
    let what = format!(
        "{} belongs to user {owner}, and this is user {here}",
        path.display()
    );
    match here {
        _ if owner == here => None,
        // root can read it; what root writes there the service can't.
        0 => Some(Finding::warn(
            "files",
            what,
            "look as that user: sudo -u NAME atlas doctor",
        )),
        _ => Some(Finding::fail(
            "files",
            what,
            "call it as that user, or name your own folder with --data-dir",
        )),
    }
}

#[cfg(not(unix))]
const fn owner(_: &Path, _: &Metadata) -> Option<Finding> {
    None
}
