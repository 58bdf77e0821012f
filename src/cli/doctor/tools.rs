//! The system's tools that the agent's monitors call: what is missing without them.

use std::path::Path;

use super::finding::Finding;

/// A tool, and what is missing without it. What every system has is not here.
#[cfg(target_os = "linux")]
const TOOLS: [(&str, &str); 3] = [
    (
        "smartctl",
        "the disks' own word on their health (package smartmontools)",
    ),
    ("iw", "the signal and the channel of Wi-Fi (package iw)"),
    ("systemctl", "services and which of them failed"),
];
#[cfg(not(target_os = "linux"))]
const TOOLS: [(&str, &str); 1] = [("smartctl", "the wear of disks (Homebrew: smartmontools)")];

/// Where tools are, beside the PATH: a service's is short.
const FOLDERS: [&str; 6] = [
    "/usr/bin",
    "/usr/sbin",
    "/bin",
    "/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
];

/// Looks for each.
pub(super) fn look() -> Vec<Finding> {
    let (there, missing): (Vec<_>, Vec<_>) = TOOLS.iter().partition(|(tool, _)| is_there(tool));
    let mut findings: Vec<_> = missing
        .iter()
        .map(|(tool, what)| {
            Finding::warn(
                "tools",
                format!("{tool} is not installed"),
                format!("without it there is not: {what}"),
            )
        })
        .collect();
    if !there.is_empty() {
        let names: Vec<_> = there.iter().map(|(tool, _)| *tool).collect();
        findings.push(Finding::ok("tools", format!("{} can be asked", names.join(", "))));
    }
    findings
}

fn is_there(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    on_path
        || FOLDERS
            .iter()
            .any(|folder| Path::new(folder).join(tool).is_file())
}
