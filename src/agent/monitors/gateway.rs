//! Finds the gateway: the first machine on every way out. From the kernel's table on Linux, from
//! `route` on macOS; the macOS part was never run on a Mac.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::tool;

/// Flag of a route that leads over another machine (RTF_GATEWAY of route(4)).
const OVER_A_GATEWAY: u32 = 0x2;
/// Flag of a route that is in use (RTF_UP).
const IN_USE: u32 = 0x1;

/// Where everything goes that has no way of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultRoute {
    /// The gateway; none where the interface itself leads out, as a tunnel does.
    pub gateway: Option<IpAddr>,
    /// The interface.
    pub interface: String,
}

/// The machine's default route; none when it has no way out.
pub async fn default_route() -> Option<DefaultRoute> {
    if cfg!(target_os = "linux") {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let v4 = parse_route_v4(&read("/proc/net/route"));
        return v4.or_else(|| parse_route_v6(&read("/proc/net/ipv6_route")));
    }
    let said = tool::run("/sbin/route", &["-n", "get", "default"]).await;
    parse_route_get(&said.ok()?.out)
}

/// Reads `/proc/net/route`: the default route with the least metric.
fn parse_route_v4(table: &str) -> Option<DefaultRoute> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let hex = |index: usize| u32::from_str_radix(fields.get(index)?, 16).ok();
        let (destination, gateway, flags, mask) = (hex(1)?, hex(2)?, hex(3)?, hex(7)?);
        let metric: u32 = fields.get(6)?.parse().ok()?;
        if destination != 0 || mask != 0 || flags & IN_USE == 0 {
            return None;
        }
        // The kernel writes the address as a number of its own byte order.
        let address = IpAddr::V4(Ipv4Addr::from(gateway.to_ne_bytes()));
        let route = DefaultRoute {
            gateway: (flags & OVER_A_GATEWAY != 0).then_some(address),
            interface: (*fields.first()?).to_owned(),
        };
        Some((metric, route))
    });
    routes.min_by_key(|(metric, _)| *metric).map(|(_, route)| route)
}

/// Reads `/proc/net/ipv6_route`, whose default routes are `::/0`; those of `lo` refuse packets.
fn parse_route_v6(table: &str) -> Option<DefaultRoute> {
    let routes = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, length, _, _, gateway, metric, _, _, flags, interface] = fields[..] else {
            return None;
        };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let is_default = u128::from_str_radix(destination, 16).ok()? == 0 && length == "00";
        if !is_default || flags & IN_USE == 0 || interface == "lo" {
            return None;
        }
        let address = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
        // A link-local address is of no use without its interface: it is not pinged.
        let is_usable = flags & OVER_A_GATEWAY != 0 && !address.is_unicast_link_local();
        let route = DefaultRoute {
            gateway: is_usable.then_some(IpAddr::V6(address)),
            interface: interface.to_owned(),
        };
        Some((u32::from_str_radix(metric, 16).ok()?, route))
    });
    routes.min_by_key(|(metric, _)| *metric).map(|(_, route)| route)
}

/// Reads what `route -n get default` prints.
fn parse_route_get(said: &str) -> Option<DefaultRoute> {
    let value = |name: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(str::trim).filter(|value| !value.is_empty())
    };
    let address = value("gateway:").and_then(|text| text.split('%').next()?.parse().ok());
    Some(DefaultRoute {
        gateway: address.filter(|address| !is_link_local(address)),
        interface: value("interface:")?.to_owned(),
    })
}

const fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn the_default_route_with_the_least_metric_counts() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
            eth0\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
            eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
        let route = parse_route_v4(table).unwrap();
        assert_eq!(route.gateway, Some("192.168.1.254".parse().unwrap()));
        assert_eq!(route.interface, "eth0");
        let tunnel = "h\ntun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(parse_route_v4(tunnel).unwrap().gateway, None);
    }

    #[test]
    fn a_table_that_is_cut_off_or_none_has_no_route() {
        for table in [
            "",
            "h\n",
            "h\neth0\t00000000",
            "h\neth0\tzz\tzz\tzz\t0\t0\tx\ty",
            "\u{0}\u{1}\n\u{7f}",
        ] {
            assert_eq!(parse_route_v4(table), None, "{table:?}");
            assert_eq!(parse_route_v6(table), None, "{table:?}");
            assert_eq!(parse_route_get(table), None, "{table:?}");
        }
    }

    #[test]
    fn a_default_route_of_version_6_is_found() {
        let zero = "0".repeat(32);
        let table = format!(
            "{zero} 00 {zero} 00 20010db8000000000000000000000001 00000400 1 0 00000003 eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 1 0 00200200 lo\n"
        );
        let route = parse_route_v6(&table).unwrap();
        assert_eq!(route.gateway, Some("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn reads_what_a_mac_prints() {
        // Recorded lines (gateway, interface, flags) in the frame that the tool prints.
        let said = "   route to: default\ndestination: default\n       mask: default\n    gateway: 192.168.20.1\n  \
            interface: en0\n      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>\n";
        let route = parse_route_get(said).unwrap();
        assert_eq!(route.gateway, Some("192.168.20.1".parse().unwrap()));
        assert_eq!(route.interface, "en0");
        assert_eq!(
            parse_route_get("route: writing to routing socket: not in table"),
            None
        );
    }
}
