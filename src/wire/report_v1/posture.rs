//! Owns the section `posture`, how well a machine is protected, and what 2.0's clients read of it in
//! `metrics.security` and `metrics.security_enhanced`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Unavailable;

part! {
    /// The section.
    PostureSectionV1 {
        /// 0 to 100: the weights of what is well, of the weights of what is known.
        security_score: u32,
        /// Whether the system's disk is encrypted.
        disk_encrypted: bool,
        /// By what: "LUKS", "FileVault".
        disk_encryption: String,
        /// Whether a firewall filters what comes in.
        firewall_enabled: bool,
        /// Which.
        firewall: String,
        /// Whether the system protects its own files (macOS).
        sip_enabled: bool,
        /// Whether unsigned programs are stopped (macOS).
        gatekeeper_enabled: bool,
        /// Whether only signed systems start (Linux with UEFI).
        secure_boot_enabled: bool,
        /// Whether an idle screen asks for the password.
        screen_lock_enabled: bool,
        /// Whether updates are installed by themselves.
        auto_updates_enabled: bool,
        /// The version of the system's list of malware (macOS).
        xprotect_version: String,
        /// Why something of it is not known.
        unavailable: BTreeMap<String, Unavailable>,
    }
}

part! {
    /// 2.0's `metrics.security`.
    SecurityV1 {
        /// Whether a firewall is on.
        firewall_enabled: bool,
        /// Whether the system's disk is encrypted, by whatever.
        filevault_enabled: bool,
        /// Whether unsigned programs are stopped.
        gatekeeper_enabled: bool,
        /// Whether the system protects its own files.
        sip_enabled: bool,
    }
}

part! {
    /// 2.0's `metrics.security_enhanced`.
    SecurityEnhancedV1 {
        /// 0 to 100.
        security_score: u32,
        /// Whether a firewall is on.
        firewall_enabled: bool,
        /// Whether the system's disk is encrypted, by whatever.
        filevault_enabled: bool,
        /// Whether unsigned programs are stopped.
        gatekeeper_enabled: bool,
        /// Whether the system protects its own files.
        sip_enabled: bool,
        /// Whether an idle screen asks for the password.
        screen_lock_enabled: bool,
        /// Whether updates are installed by themselves.
        auto_updates_enabled: bool,
    }
}
