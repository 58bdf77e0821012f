//! Network interfaces: their traffic, loopback left out.

use std::net::IpAddr;
use std::time::Duration;

use sysinfo::{NetworkData, Networks};

use super::rate;
use crate::wire::report_v1::{AddressV1, InterfaceFactsV1, InterfaceV1, NetworkV1};

/// Connections of all four kinds stand in these files, one a line after a heading.
const CONNECTION_TABLES: [&str; 4] = [
    "/proc/net/tcp",
    "/proc/net/tcp6",
    "/proc/net/udp",
    "/proc/net/udp6",
];

/// All traffic, and that of each interface.
pub(super) fn collect(networks: &mut Networks, elapsed: Duration) -> (NetworkV1, Vec<InterfaceV1>) {
    networks.refresh(true);
    let real = outward(networks);
    let sum = |part: fn(&NetworkData) -> u64| real.iter().map(|(_, data)| part(data)).sum::<u64>();
    let all = NetworkV1 {
        bytes_sent: Some(sum(NetworkData::total_transmitted)),
        bytes_recv: Some(sum(NetworkData::total_received)),
        packets_sent: Some(sum(NetworkData::total_packets_transmitted)),
        packets_recv: Some(sum(NetworkData::total_packets_received)),
        errin: Some(sum(NetworkData::total_errors_on_received)),
        errout: Some(sum(NetworkData::total_errors_on_transmitted)),
        connections: connections(),
        recv_bytes_per_s: rate(sum(NetworkData::received), elapsed),
        sent_bytes_per_s: rate(sum(NetworkData::transmitted), elapsed),
    };
    let each = real.iter().map(|(name, data)| InterfaceV1 {
        name: name.clone(),
        recv_bytes_per_s: rate(data.received(), elapsed),
        sent_bytes_per_s: rate(data.transmitted(), elapsed),
        bytes_recv: data.total_received(),
        bytes_sent: data.total_transmitted(),
        errin: data.total_errors_on_received(),
        errout: data.total_errors_on_transmitted(),
    });
    (all, each.collect())
}

/// The interfaces as facts, for `machine_info`.
pub(super) fn facts(networks: &Networks) -> Vec<InterfaceFactsV1> {
    outward(networks)
        .into_iter()
        .map(|(name, data)| InterfaceFactsV1 {
            name,
            addresses: data
                .ip_networks()
                .iter()
                .map(|network| address(network.addr))
                .collect(),
            is_up: data.operational_state() == sysinfo::InterfaceOperationalState::Up,
            speed: None,
        })
        .collect()
}

/// All interfaces but loopback, by their names.
fn outward(networks: &Networks) -> Vec<(String, &NetworkData)> {
    let named = networks
        .iter()
        .map(|(name, data)| (name.to_string_lossy().into_owned(), data));
    let mut outward: Vec<_> = named.filter(|(name, _)| !is_loopback(name)).collect();
    outward.sort_by(|one, other| one.0.cmp(&other.0));
    outward
}

fn address(address: IpAddr) -> AddressV1 {
    let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
    AddressV1 {
        family: family.to_owned(),
        address: address.to_string(),
    }
}

fn is_loopback(name: &str) -> bool {
    name == "lo" || name == "lo0"
}

/// Where the tables are missing (macOS), the number is unknown.
fn connections() -> Option<u64> {
    let lines = CONNECTION_TABLES
        .into_iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .map(|table| table.lines().count().saturating_sub(1) as u64);
    lines.reduce(|all, some| all + some)
}
