//! The names under which this machine can be reached, and the first secrets.

use std::net::UdpSocket;
use std::time::Duration;

use atlas_actors::messages::IssueToken;
use sysinfo::System;

use crate::agent;
use crate::cli::Failure;
use crate::config::Config;
use crate::data_dir::DataDir;

/// The certificate's names: this machine's, its addresses, and those that the config adds.
pub(super) fn of_this_machine(more: &[String]) -> Vec<String> {
    let mut names = vec![host_name()];
    let short = names[0].split('.').next().unwrap_or_default().to_owned();
    names.extend([format!("{short}.local"), short, "localhost".to_owned()]);
    names.extend(["127.0.0.1".to_owned(), "::1".to_owned()]);
    names.extend(local_address());
    names.extend(more.iter().cloned());
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| is_certifiable(name) && seen.insert(name.clone()));
    names
}

/// Under which id an agent on this very machine reports.
pub(super) fn own_machine(config: &Config, data_dir: &DataDir) -> String {
    // An identity that can't be read is told of when the agent starts.
    let enrolled = agent::identity_file::load(&data_dir.agent()).ok().flatten();
    enrolled
        .map(|identity| identity.machine_id)
        .or_else(|| config.fleet.agent.machine_id.clone())
        .unwrap_or_else(agent::enrol::default_machine_id)
}

/// This machine's own name; `localhost` when it has none.
pub(super) fn host_name() -> String {
    System::host_name()
        .ok()
        .filter(|name| is_certifiable(name))
        .unwrap_or_else(|| "localhost".to_owned())
}

/// A name that a certificate can carry: letters, digits, dots, hyphens; colons in addresses.
fn is_certifiable(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

/// The address from which this machine would speak to others. No packet is sent: connecting a UDP
/// socket only asks the routing table. The address is one of those kept for documentation.
fn local_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then(|| address.to_string())
}

/// Where people and agents reach this server.
pub(super) fn public_url(config: &Config, port: u16) -> String {
    match &config.fleet.server.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("https://{}:{port}", host_name()),
    }
}

/// The token that is shown at the start: for one machine, within an hour.
pub(super) fn first_token() -> IssueToken {
    IssueToken {
        uses_max: 1,
        ttl: Duration::from_secs(3_600),
        by: "server".to_owned(),
    }
}

/// A password of 20 letters and digits (119 bits), without those that look alike.
pub(super) fn random_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 64] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_+=.:#";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("the operating system has no random numbers"))?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 64)]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_has_each_name_once_and_always_localhost() {
        let names = of_this_machine(&["atlas.example".into(), "localhost".into(), "<b>".into()]);
        assert_eq!(names.iter().filter(|name| *name == "localhost").count(), 1);
        assert!(names.contains(&"atlas.example".to_owned()));
        assert!(!names.contains(&"<b>".to_owned()));
    }

    #[test]
    fn a_made_up_password_can_be_one() {
        let password = random_password().unwrap();
        assert!(atlas_actors::auth::password::check_rule(&password, "admin", 12).is_ok());
        assert_ne!(password, random_password().unwrap());
    }
}
