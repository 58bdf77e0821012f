//! What Linux says of its protection. A screen's lock is each desktop's own affair: nobody can be asked.

use std::path::Path;

use serde::Deserialize;

use super::super::Missing;
use super::super::kernel_file::entries;
use super::super::tool::{self, unexpected};
use super::note;
use crate::wire::report_v1::{PostureSectionV1, Unavailable};

const SECURE_BOOT: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const APT_CONFIG: &str = "/etc/apt/apt.conf.d";
const TIMERS: &str = "/etc/systemd/system/timers.target.wants";
const UFW_CONFIG: &str = "/etc/ufw/ufw.conf";

/// Asks the tools and reads the files.
pub(super) async fn read() -> PostureSectionV1 {
    let mut posture = PostureSectionV1::default();
    let encrypted = disk_encryption().await;
    note(
        &mut posture,
        "disk_encrypted",
        encrypted,
        |posture, is_encrypted| {
            posture.disk_encrypted = Some(is_encrypted);
            posture.disk_encryption = is_encrypted.then(|| "LUKS".to_owned());
        },
    );
    let firewall = firewall().await;
    note(&mut posture, "firewall_enabled", firewall, |posture, name| {
        posture.firewall_enabled = Some(name.is_some());
        posture.firewall = name.map(ToOwned::to_owned);
    });
    let secure_boot = std::fs::read(SECURE_BOOT).ok();
    let secure_boot = secure_boot
        .and_then(|bytes| parse_secure_boot(&bytes))
        .ok_or_else(|| Unavailable::Unsupported.into());
    note(
        &mut posture,
        "secure_boot_enabled",
        secure_boot,
        |posture, is_on| {
            posture.secure_boot_enabled = Some(is_on);
        },
    );
    note(
        &mut posture,
        "auto_updates_enabled",
        auto_updates(),
        |posture, is_on| {
            posture.auto_updates_enabled = Some(is_on);
        },
    );
    let nobody: Result<bool, _> = Err(Unavailable::Unsupported.into());
    note(&mut posture, "screen_lock_enabled", nobody, |_, _| {});
    posture
}

async fn disk_encryption() -> Result<bool, Missing> {
    let said = tool::run_named("lsblk", &["-J", "-o", "NAME,TYPE,MOUNTPOINT"])
        .await?
        .when_well()?;
    parse_lsblk(&said).ok_or_else(|| unexpected("the root file system is on no disk of this system"))
}

#[derive(Deserialize)]
struct Tree {
    blockdevices: Vec<Device>,
}

#[derive(Deserialize)]
struct Device {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    mountpoint: Option<String>,
    #[serde(default)]
    children: Vec<Device>,
}

/// Whether what is mounted at `/` lies on an encrypted device; nothing when it lies on none of these.
fn parse_lsblk(json: &str) -> Option<bool> {
    let tree: Tree = serde_json::from_str(json).ok()?;
    find_root(&tree.blockdevices, false)
}

fn find_root(devices: &[Device], is_encrypted: bool) -> Option<bool> {
    devices.iter().find_map(|device| {
        let is_encrypted = is_encrypted || device.kind == "crypt";
        if device.mountpoint.as_deref() == Some("/") {
            return Some(is_encrypted);
        }
        find_root(&device.children, is_encrypted)
    })
}

/// The first firewall that filters, in the order of those that people set up by name.
async fn firewall() -> Result<Option<&'static str>, Missing> {
    if std::fs::read_to_string(UFW_CONFIG).is_ok_and(|config| parse_ufw(&config)) {
        return Ok(Some("ufw"));
    }
    let firewalld = tool::run_named("firewall-cmd", &["--state"]).await;
    if firewalld.is_ok_and(|said| said.out.trim() == "running") {
        return Ok(Some("firewalld"));
    }
    let nftables = tool::run_named("nft", &["list", "ruleset"]).await;
    let iptables = tool::run_named("iptables", &["-S", "INPUT"]).await;
    let (mut is_known, mut refused) = (false, None);
    for (said, filters, name) in [
        (nftables, parse_nft as fn(&str) -> bool, "nftables"),
        (iptables, parse_iptables, "iptables"),
    ] {
        match said.and_then(|said| said.when_well().map_err(forbidden)) {
            Ok(rules) if filters(&rules) => return Ok(Some(name)),
            Ok(_) => is_known = true,
            Err(missing) if missing.why == Unavailable::NoPermission => refused = Some(missing),
            Err(_) => {}
        }
    }
    match refused {
        Some(missing) if !is_known => Err(missing),
        // Without a tool that could set up a filter there is none.
        _ => Ok(None),
    }
}

fn forbidden(mut missing: Missing) -> Missing {
    let words = missing.detail.as_deref().unwrap_or_default();
    if words.contains("Operation not permitted") || words.contains("Permission denied") {
        missing.why = Unavailable::NoPermission;
    }
    missing
}

fn parse_ufw(config: &str) -> bool {
    let mut lines = config.lines().map(str::trim);
    lines.any(|line| line.eq_ignore_ascii_case("ENABLED=yes"))
}

/// Whether a chain that sees what comes in drops or rejects anything.
fn parse_nft(rules: &str) -> bool {
    let mut is_input = false;
    for line in rules.lines().map(str::trim) {
        if line.starts_with("chain ") {
            is_input = false;
        }
        is_input |= line.contains("hook input");
        if line.contains("policy drop") && line.contains("hook input") {
            return true;
        }
        let words = || line.split([' ', ';']);
        if is_input && !line.contains("policy") && words().any(|word| word == "drop" || word == "reject") {
            return true;
        }
    }
    false
}

fn parse_iptables(rules: &str) -> bool {
    let mut lines = rules.lines().map(str::trim);
    lines.any(|line| line == "-P INPUT DROP" || line.contains("-j DROP") || line.contains("-j REJECT"))
}

/// Four bytes of attributes, then the value.
fn parse_secure_boot(bytes: &[u8]) -> Option<bool> {
    match bytes.get(4..)? {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}

fn auto_updates() -> Result<bool, Missing> {
    if Path::new(APT_CONFIG).is_dir() {
        let files = entries(Path::new(APT_CONFIG)).into_iter();
        let texts = files.filter_map(|file| std::fs::read_to_string(file).ok());
        return Ok(parse_apt_config(&texts.collect::<Vec<_>>().join("\n")));
    }
    if Path::new("/etc/dnf").is_dir() {
        let timers = entries(Path::new(TIMERS));
        let is_automatic = |path: &std::path::PathBuf| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            name.starts_with("dnf-automatic") || name.starts_with("dnf5-automatic")
        };
        return Ok(timers.iter().any(is_automatic));
    }
    Err(Unavailable::Unsupported.into())
}

/// The last word on it counts, as for apt itself.
fn parse_apt_config(config: &str) -> bool {
    let lines = config.lines().map(str::trim);
    let mut wanted = lines.filter_map(|line| line.strip_prefix("APT::Periodic::Unattended-Upgrade"));
    let last = wanted
        .next_back()
        .map(|value| value.trim().trim_matches(['"', ';', ' ']).to_owned());
    last.is_some_and(|value| value != "0" && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape of lsblk 2.38, run for real on a machine without encryption.
    const LVM_ON_LUKS: &str = r#"{"blockdevices":[{"name":"sda","type":"disk","mountpoint":null,"children":[
        {"name":"sda1","type":"part","mountpoint":"/boot"},
        {"name":"sda2","type":"part","mountpoint":null,"children":[{"name":"luks","type":"crypt","mountpoint":null,"children":[
          {"name":"vg-root","type":"lvm","mountpoint":"/"},{"name":"vg-swap","type":"lvm","mountpoint":"[SWAP]"}]}]}]}]}"#;

    #[test]
    fn finds_encryption_below_the_root() {
        assert_eq!(parse_lsblk(LVM_ON_LUKS), Some(true));
        assert_eq!(parse_lsblk(&LVM_ON_LUKS.replace("crypt", "part")), Some(false));
        assert_eq!(
            parse_lsblk(r#"{"blockdevices":[{"name":"vda","type":"disk","mountpoint":"/"}]}"#),
            Some(false)
        );
        for odd in [
            "",
            "lsblk: not found",
            "{\"blockdevices\":[]}",
            &LVM_ON_LUKS[..99],
            "\u{fffd}",
        ] {
            assert_eq!(parse_lsblk(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_firewall_counts_when_it_keeps_something_out() {
        let dropping = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n";
        let rejecting = "table inet f {\n\tchain in {\n\t\ttype filter hook input priority 0; policy accept;\n\t\ttcp dport 22 accept\n\t\tcounter reject\n\t}\n}\n";
        let idle = "table ip nat {\n\tchain post {\n\t\ttype nat hook postrouting priority 100; policy accept;\n\t\tdrop\n\t}\n}\n";
        assert!(parse_nft(dropping) && parse_nft(rejecting));
        assert!(!parse_nft(idle) && !parse_nft("") && !parse_nft("\u{fffd}\u{0}"));
        assert!(parse_iptables(
            "-P INPUT ACCEPT\n-A INPUT -p tcp --dport 23 -j DROP\n"
        ));
        assert!(!parse_iptables("-P INPUT ACCEPT\n"));
        assert!(parse_ufw("# x\nENABLED=yes\n") && !parse_ufw("ENABLED=no\n"));
    }

    #[test]
    fn reads_the_firmwares_and_apts_word() {
        assert_eq!(parse_secure_boot(&[6, 0, 0, 0, 1]), Some(true));
        assert_eq!(parse_secure_boot(&[6, 0, 0]), None);
        let on = "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n";
        assert!(parse_apt_config(on));
        assert!(!parse_apt_config(&format!(
            "{on}APT::Periodic::Unattended-Upgrade \"0\";\n"
        )));
        assert!(!parse_apt_config("") && !parse_apt_config("// APT::Periodic::Unattended-Upgrade \"1\";"));
    }
}
