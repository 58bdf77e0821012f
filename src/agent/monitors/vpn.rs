//! Whether a VPN is up: tunnels that have an address, what goes through them, and (macOS) the VPN
//! services that the system knows. The macOS part was never run on a Mac.

use std::net::IpAddr;

use futures_util::future::LocalBoxFuture;
use sysinfo::Networks;

use super::gateway::{DefaultRoute, default_route};
use super::{Finding, Missing, Monitor, tool};
use crate::wire::report_v1::{MetricsV1, TunnelV1, VpnServiceV1, VpnV1};

/// Interfaces by the beginning of their names, and who makes such ones. `utun` is made by every VPN on
/// macOS, and by the system for its own ends.
const KINDS: [(&str, &str); 9] = [
    ("wg", "WireGuard"),
    ("tailscale", "Tailscale"),
    ("zt", "ZeroTier"),
    ("nordlynx", "WireGuard"),
    ("ppp", "PPP"),
    ("ipsec", "IPsec"),
    ("utun", "VPN"),
    ("tun", "OpenVPN or similar"),
    ("tap", "OpenVPN or similar"),
];

/// Looks for tunnels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vpn;

/// An interface as the system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interface {
    name: String,
    addresses: Vec<IpAddr>,
}

impl Monitor for Vpn {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let route = default_route().await;
            let services = if cfg!(target_os = "macos") {
                let said = tool::run("/usr/sbin/scutil", &["--nc", "list"]).await;
                said.ok().map(|said| parse_services(&said.out))
            } else {
                None
            };
            let table = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
            let vpn = judge(&interfaces(), route.as_ref(), &table, services);
            Ok(Finding::from(MetricsV1 {
                vpn: Some(vpn),
                ..MetricsV1::default()
            }))
        })
    }
}

fn interfaces() -> Vec<Interface> {
    let networks = Networks::new_with_refreshed_list().ok();
    let all = networks.iter().flat_map(|networks| networks.iter());
    let mut all: Vec<_> = all
        .map(|(name, data)| Interface {
            name: name.to_string_lossy().into_owned(),
            addresses: data.ip_networks().iter().map(|network| network.addr).collect(),
        })
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn judge(
    interfaces: &[Interface],
    route: Option<&DefaultRoute>,
    table: &str,
    services: Option<Vec<VpnServiceV1>>,
) -> VpnV1 {
    let tunnels: Vec<_> = interfaces
        .iter()
        .filter_map(|one| tunnel(one, route, table))
        .collect();
    let service = services
        .iter()
        .flatten()
        .find(|service| service.status == "connected");
    let client = service
        .map(|service| service.name.clone())
        .or_else(|| tunnels.first().map(|tunnel| tunnel.kind.clone()));
    VpnV1 {
        connected: Some(client.is_some()),
        vpn_client: client,
        interface_count: u32::try_from(tunnels.len()).ok(),
        interfaces: Some(tunnels.iter().map(|tunnel| tunnel.name.clone()).collect()),
        tunnels: Some(tunnels),
        services,
    }
}

/// The interface as a tunnel. One without an address that others can reach is nobody's VPN: macOS has
/// several of these at all times.
fn tunnel(interface: &Interface, route: Option<&DefaultRoute>, table: &str) -> Option<TunnelV1> {
    let (_, kind) = KINDS
        .into_iter()
        .find(|(begin, _)| is_named(&interface.name, begin))?;
    let addresses: Vec<_> = interface
        .addresses
        .iter()
        .filter(|address| !is_link_local(address))
        .collect();
    (!addresses.is_empty()).then(|| TunnelV1 {
        name: interface.name.clone(),
        kind: kind.to_owned(),
        addresses: addresses.iter().map(ToString::to_string).collect(),
        has_default_route: route.is_some_and(|route| route.interface == interface.name),
        routes: routes_through(table, &interface.name),
    })
}

/// `wg0` and `wg-office` are named `wg`, `wgetter` is not; ZeroTier's names go on with letters.
fn is_named(name: &str, begin: &str) -> bool {
    let rest = name.strip_prefix(begin);
    rest.is_some_and(|rest| {
        begin == "zt"
            || rest.is_empty()
            || rest.starts_with(|c: char| c.is_ascii_digit() || "-_.".contains(c))
    })
}

const fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_loopback(),
        IpAddr::V6(address) => address.is_unicast_link_local() || address.is_loopback(),
    }
}

/// Networks that the kernel's table sends through an interface.
fn routes_through(table: &str, interface: &str) -> u32 {
    let lines = table.lines().skip(1);
    let count = lines
        .filter(|line| line.split_whitespace().next() == Some(interface))
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Reads `scutil --nc list`: `* (Connected)      4A1B…-… PPP --> L2TP  "Office"  [PPP:L2TP]`.
fn parse_services(said: &str) -> Vec<VpnServiceV1> {
    let services = said.lines().filter_map(|line| {
        let (_, rest) = line.split_once('(')?;
        let (status, rest) = rest.split_once(')')?;
        let name = rest.split('"').nth(1).filter(|name| !name.is_empty())?;
        Some(VpnServiceV1 {
            name: name.to_owned(),
            status: status.trim().to_lowercase(),
        })
    });
    services.take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, addresses: &[&str]) -> Interface {
        Interface {
            name: name.to_owned(),
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_tunnel_with_an_address_is_a_vpn() {
        let all = [
            interface("eth0", &["192.168.1.5"]),
            interface("utun0", &["fe80::1"]),
            interface("wg-office", &["10.8.0.2", "fe80::2"]),
        ];
        let route = DefaultRoute {
            gateway: None,
            interface: "wg-office".to_owned(),
        };
        let table = "Iface\nwg-office\t0\nwg-office\t1\neth0\t2\n";
        let vpn = judge(&all, Some(&route), table, None);
        assert_eq!(
            (vpn.connected, vpn.vpn_client.as_deref()),
            (Some(true), Some("WireGuard"))
        );
        let tunnel = &vpn.tunnels.unwrap()[0];
        assert_eq!(
            (tunnel.name.as_str(), tunnel.routes, tunnel.has_default_route),
            ("wg-office", 2, true)
        );
        assert_eq!(tunnel.addresses, ["10.8.0.2"]);
    }

    #[test]
    fn no_tunnel_is_no_vpn_and_names_are_not_guessed() {
        let all = [
            interface("wgetter", &["10.0.0.1"]),
            interface("tunnel9", &["10.0.0.2"]),
            interface("tap0", &[]),
        ];
        let vpn = judge(&all, None, "", None);
        assert_eq!(
            (vpn.connected, vpn.vpn_client, vpn.interface_count),
            (Some(false), None, Some(0))
        );
        assert!(is_named("ztabc123", "zt") && is_named("tun0", "tun"));
    }

    #[test]
    fn services_of_a_mac_are_read() {
        let said = "Available network connection services in the current set (*=enabled):\n\
            * (Disconnected)   4A1B0000-0000-0000-0000-000000000001 PPP --> L2TP       \"Office\"   [PPP:L2TP]\n\
            * (Connected)      4A1B0000-0000-0000-0000-000000000002 VPN (io.example) \"Studio (fast)\"  [VPN:io.example]\n";
        let services = parse_services(said);
        assert_eq!(services.len(), 2);
        let vpn = judge(&[], None, "", Some(services));
        assert_eq!(
            (vpn.connected, vpn.vpn_client.as_deref()),
            (Some(true), Some("Studio (fast)"))
        );
        assert!(parse_services("scutil: no\n(x\n\u{0}").is_empty());
    }
}
