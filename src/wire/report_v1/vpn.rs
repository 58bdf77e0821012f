//! Owns the part of a report that says whether a VPN is up.

use serde::{Deserialize, Serialize};

part! {
    /// Whether a VPN is up. The first four are 2.0's.
    VpnV1 {
        /// Whether one is.
        connected: bool,
        /// Which kind: `WireGuard`, `Tailscale`, `OpenVPN or similar`, `PPP`, or the service's own name.
        vpn_client: String,
        /// How many tunnels are up.
        interface_count: u32,
        /// Their names.
        interfaces: Vec<String>,
        /// More about each tunnel.
        tunnels: Vec<TunnelV1>,
        /// VPN services that the system knows (macOS).
        services: Vec<VpnServiceV1>,
    }
}

/// One tunnel that is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TunnelV1 {
    /// The interface.
    pub name: String,
    /// Which kind.
    pub kind: String,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Whether everything goes through it that has no way of its own.
    pub has_default_route: bool,
    /// Networks that are reached through it.
    pub routes: u32,
}

/// A VPN service that the system knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnServiceV1 {
    /// Its name.
    pub name: String,
    /// `connected`, `connecting`, `disconnected`.
    pub status: String,
}
