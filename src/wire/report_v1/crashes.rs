//! Owns the section `crashes`: programs that crashed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashesSectionV1 {
    /// Who keeps them: "systemd-coredump", "apport", "DiagnosticReports".
    pub source: String,
    /// The last ones, newest first.
    pub crashes: Vec<CrashV1>,
    /// How many of them each program had.
    pub by_program: BTreeMap<String, usize>,
}

/// One crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CrashV1 {
    /// When, RFC 3339.
    pub at: String,
    /// Which program.
    pub program: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// What the system calls the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}
