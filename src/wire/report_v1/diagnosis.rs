//! Owns the part of a report that says where the network's trouble is.

use serde::{Deserialize, Serialize};

/// Where the trouble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleV1 {
    /// All is well.
    None,
    /// The machine itself: no way out of it.
    Machine,
    /// Its wireless link.
    Wifi,
    /// The network up to the gateway.
    LocalNetwork,
    /// Beyond the gateway.
    Provider,
    /// The tunnel that everything goes through.
    Vpn,
    /// Names are not found, all else works.
    Dns,
    /// A service that the config names, all else works.
    Service,
}

impl TroubleV1 {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Machine => "machine",
            Self::Wifi => "wifi",
            Self::LocalNetwork => "local_network",
            Self::Provider => "provider",
            Self::Vpn => "vpn",
            Self::Dns => "dns",
            Self::Service => "service",
        }
    }
}

/// Where the network's trouble is, and how that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiagnosisV1 {
    /// Where.
    pub trouble: TroubleV1,
    /// `ok`, `warning` or `critical`.
    pub severity: String,
    /// In a sentence.
    pub summary: String,
    /// How that is known, a sentence each, with numbers.
    pub evidence: Vec<String>,
    /// Since when, RFC 3339.
    pub since: String,
    /// Where it seems to be now, when that has not been seen often enough to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspected: Option<TroubleV1>,
    /// How often trouble began within `network.analyzer.analysis_window`.
    pub troubles_in_window: u32,
}
