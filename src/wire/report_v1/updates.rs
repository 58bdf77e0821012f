//! Owns the section `updates`: updates that wait.

use serde::{Deserialize, Serialize};

/// The section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatesSectionV1 {
    /// Who knows of them: "apt", "dnf", "softwareupdate".
    pub source: String,
    /// How many wait.
    pub pending: usize,
    /// How many of them are for security; missing where the source doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<usize>,
    /// Whether the machine must be restarted for what is installed already; missing where that can't
    /// be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reboot_required: Option<bool>,
    /// When the source last heard of updates, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// The updates, by name.
    pub updates: Vec<UpdateV1>,
    /// Whether the list was cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// An update.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UpdateV1 {
    /// Of what.
    pub name: String,
    /// To which version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether it is for security.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_security: bool,
    /// Whether it needs a restart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_restart: bool,
}
