//! Why a machine was away, and where it is: behind which gateway, in which wireless network.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Why a machine is, or was, away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PresenceCause {
    /// It slept.
    Asleep,
    /// It was shut down, or lost its power.
    PoweredOff,
    /// It ran, and reached nobody.
    NetworkDown,
    /// It ran, and its agent did not.
    AgentStopped,
    /// Its agent was being replaced by a newer one.
    AgentUpgrading,
    /// The server itself was away.
    ServerDown,
    /// Nobody knows, or not yet.
    Unknown,
}

impl PresenceCause {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Asleep,
        Self::PoweredOff,
        Self::NetworkDown,
        Self::AgentStopped,
        Self::AgentUpgrading,
        Self::ServerDown,
        Self::Unknown,
    ];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asleep => "asleep",
            Self::PoweredOff => "powered_off",
            Self::NetworkDown => "network_down",
            Self::AgentStopped => "agent_stopped",
            Self::AgentUpgrading => "agent_upgrading",
            Self::ServerDown => "server_down",
            Self::Unknown => "unknown",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// What an agent says before it falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Announcement {
    /// The machine goes to sleep.
    Sleep,
    /// The machine is shut down.
    Shutdown,
    /// The agent is stopped.
    Stop,
    /// The agent is replaced by a newer one.
    Upgrade,
}

impl Announcement {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sleep, Self::Shutdown, Self::Stop, Self::Upgrade];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::Shutdown => "shutdown",
            Self::Stop => "stop",
            Self::Upgrade => "upgrade",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Why the machine is away from then on.
    #[must_use]
    pub const fn cause(self) -> PresenceCause {
        match self {
            Self::Sleep => PresenceCause::Asleep,
            Self::Shutdown => PresenceCause::PoweredOff,
            Self::Stop => PresenceCause::AgentStopped,
            Self::Upgrade => PresenceCause::AgentUpgrading,
        }
    }
}

/// A span in which a machine was away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When it was heard last.
    pub from: Timestamp,
    /// When it was back.
    pub to: Timestamp,
    /// Why.
    pub cause: PresenceCause,
}

impl Gap {
    /// Whether both share some time.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// Behind what a machine is. Whoever shares it is lost together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The address of its default gateway.
    pub gateway: Option<String>,
    /// The name of its wireless network.
    pub ssid: Option<String>,
}
