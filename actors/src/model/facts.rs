//! What a machine says of itself that seldom changes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The family of operating systems, for filters and pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OsFamily {
    /// macOS ("Darwin" to 2.0 agents).
    MacOs,
    /// Any Linux.
    Linux,
    /// Windows.
    Windows,
    /// Anything else, or unknown.
    #[default]
    Other,
}

impl OsFamily {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MacOs => "macos",
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Other => "other",
        }
    }
}

/// Which agent reports for the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgentKind {
    /// An agent of ATLAS 1.x or 2.0, with the shared key.
    #[default]
    Legacy,
    /// This program's own agent, with keys of its own.
    Atlas,
}

/// The facts that the fleet's views need, and all others as the agent sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What people call the machine: the computer's name, else its host name.
    pub name: String,
    /// The host name.
    pub hostname: String,
    /// The family of its operating system.
    pub os: OsFamily,
    /// The system's version.
    pub os_version: String,
    /// The hardware's model, where it can be had.
    pub model: Option<String>,
    /// The serial number, where it can be had; also a name for the machine in the API.
    pub serial: Option<String>,
    /// The address in its own network.
    pub local_ip: Option<String>,
    /// Which agent reports.
    pub agent: AgentKind,
    /// The agent's version, when it says so.
    pub agent_version: Option<String>,
    /// The document that the agent sent, for reading back; opaque here.
    pub document: Bytes,
}
