//! What macOS says of its protection.

use super::super::Missing;
use super::super::kernel_file::clean;
use super::super::tool::{self, unexpected};
use super::note;
use crate::wire::report_v1::PostureSectionV1;

const FIREWALL: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw";
const UPDATES: &str = "/Library/Preferences/com.apple.SoftwareUpdate";
const XPROTECT: &str = "/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Info";

/// Asks all tools.
pub(super) async fn read() -> PostureSectionV1 {
    let mut posture = PostureSectionV1::default();
    let filevault = asked("/usr/bin/fdesetup", &["status"], parse_filevault).await;
    note(&mut posture, "disk_encrypted", filevault, |posture, is_on| {
        posture.disk_encrypted = Some(is_on);
        posture.disk_encryption = is_on.then(|| "FileVault".to_owned());
    });
    let firewall = asked(FIREWALL, &["--getglobalstate"], parse_firewall).await;
    note(&mut posture, "firewall_enabled", firewall, |posture, is_on| {
        posture.firewall_enabled = Some(is_on);
        posture.firewall = is_on.then(|| "application firewall".to_owned());
    });
    let sip = asked("/usr/bin/csrutil", &["status"], parse_sip).await;
    note(&mut posture, "sip_enabled", sip, |posture, is_on| {
        posture.sip_enabled = Some(is_on);
    });
    let gatekeeper = asked("/usr/sbin/spctl", &["--status"], parse_gatekeeper).await;
    note(
        &mut posture,
        "gatekeeper_enabled",
        gatekeeper,
        |posture, is_on| {
            posture.gatekeeper_enabled = Some(is_on);
        },
    );
    let lock = asked(
        "/usr/sbin/sysadminctl",
        &["-screenLock", "status"],
        parse_screen_lock,
    )
    .await;
    note(&mut posture, "screen_lock_enabled", lock, |posture, is_on| {
        posture.screen_lock_enabled = Some(is_on);
    });
    let wanted = ["read", UPDATES, "AutomaticallyInstallMacOSUpdates"];
    let updates = asked("/usr/bin/defaults", &wanted, parse_flag).await;
    note(&mut posture, "auto_updates_enabled", updates, |posture, is_on| {
        posture.auto_updates_enabled = Some(is_on);
    });
    let wanted = ["read", XPROTECT, "CFBundleShortVersionString"];
    let xprotect = asked("/usr/bin/defaults", &wanted, parse_version).await;
    note(&mut posture, "xprotect_version", xprotect, |posture, version| {
        posture.xprotect_version = Some(version);
    });
    posture
}

/// Some tools answer on their standard error, some with a status that means the answer.
async fn asked<T>(program: &str, args: &[&str], parse: fn(&str) -> Option<T>) -> Result<T, Missing> {
    let said = tool::run(program, args).await?;
    let all = format!("{}\n{}", said.out, said.err);
    parse(&all).ok_or_else(|| unexpected(&all))
}

fn parse_filevault(said: &str) -> Option<bool> {
    one_of(said, "FileVault is On.", "FileVault is Off.")
}

fn parse_firewall(said: &str) -> Option<bool> {
    // State 2 lets nothing in at all.
    let state = said.split("(State = ").nth(1)?.split(')').next()?;
    match state {
        "0" => Some(false),
        "1" | "2" => Some(true),
        _ => None,
    }
}

/// A custom configuration is neither.
fn parse_sip(said: &str) -> Option<bool> {
    one_of(
        said,
        "System Integrity Protection status: enabled",
        "System Integrity Protection status: disabled",
    )
}

fn parse_gatekeeper(said: &str) -> Option<bool> {
    one_of(said, "assessments enabled", "assessments disabled")
}

fn parse_screen_lock(said: &str) -> Option<bool> {
    one_of(said, "screenLock delay is", "screenLock is off")
}

fn parse_flag(said: &str) -> Option<bool> {
    match said.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

fn parse_version(said: &str) -> Option<String> {
    let version = said.lines().next().and_then(clean)?;
    let is_version = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_version.then_some(version)
}

fn one_of(said: &str, yes: &str, no: &str) -> Option<bool> {
    match (said.contains(yes), said.contains(no)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_macs_print() {
        // Recorded on Macs.
        assert_eq!(parse_filevault("FileVault is On.\n"), Some(true));
        assert_eq!(
            parse_filevault("FileVault is Off.\nEncryption in progress: 12\n"),
            Some(false)
        );
        assert_eq!(parse_firewall("Firewall is enabled. (State = 1)"), Some(true));
        assert_eq!(parse_firewall("Firewall is disabled. (State = 0)"), Some(false));
        assert_eq!(
            parse_sip("System Integrity Protection status: enabled.\n"),
            Some(true)
        );
        assert_eq!(parse_gatekeeper("assessments disabled\n"), Some(false));
        // Unsure: never seen by us on a Mac.
        assert_eq!(
            parse_screen_lock("x: screenLock delay is 300 seconds"),
            Some(true)
        );
        assert_eq!(
            parse_sip("System Integrity Protection status: unknown (Custom Configuration).\n"),
            None
        );
        assert_eq!(
            (parse_flag("1\n"), parse_version("5288\n")),
            (Some(true), Some("5288".to_owned()))
        );
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "FileVault ist aktiviert.",
            "Firewall (State = ",
            "\u{fffd}\u{0}",
            "99999999999999999999999",
        ] {
            assert_eq!(parse_filevault(odd), None, "{odd}");
            assert_eq!(parse_firewall(odd), None, "{odd}");
            assert_eq!(parse_sip(odd), None, "{odd}");
            assert_eq!(parse_gatekeeper(odd), None, "{odd}");
            assert_eq!(parse_flag(odd), None, "{odd}");
        }
        assert_eq!(parse_version("The domain/default pair does not exist"), None);
    }
}
