//! Owns the section `services`: services of systemd or launchd.

use serde::{Deserialize, Serialize};

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicesSectionV1 {
    /// "systemd" or "launchd".
    pub manager: String,
    /// How many the manager knows.
    pub total: usize,
    /// How many run.
    pub running: usize,
    /// Those that failed, by name.
    pub failed: Vec<FailedServiceV1>,
    /// Those that run or have done their work, by name.
    pub services: Vec<ServiceV1>,
    /// Whether the lists were cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// A service that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedServiceV1 {
    /// Its name.
    pub name: String,
    /// How it ended, in its manager's words: "exit-code 1", "signal 15".
    pub status: String,
    /// When, RFC 3339, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceV1 {
    /// Its name.
    pub name: String,
    /// "running", "exited" and so on, in its manager's words.
    pub state: String,
}
