//! What the network monitors found, a line for each thing.

use crate::wire::report_v1::{CheckV1, MetricsV1, PingTargetV1, ResolverV1, VpnV1, WifiV1};

/// The lines, with what each is about.
pub(super) fn lines(metrics: &MetricsV1) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let ping = metrics.ping.clone().unwrap_or_default();
    let pinged = ping.gateway.iter().chain(ping.targets.iter().flatten());
    lines.extend(pinged.map(|target| ("ping", of_target(target))));
    lines.extend(
        metrics
            .voice
            .iter()
            .map(|voice| ("voice", format!("{} of 4.5 ({})", voice.mos, voice.quality))),
    );
    lines.extend(metrics.wifi.iter().map(|wifi| ("wifi", of_wifi(wifi))));
    let resolvers = metrics.dns.iter().flat_map(|dns| dns.resolvers.iter().flatten());
    lines.extend(resolvers.map(|resolver| ("dns", of_resolver(resolver))));
    lines.extend(
        metrics
            .checks
            .iter()
            .flatten()
            .map(|check| ("check", of_check(check))),
    );
    lines.extend(metrics.vpn.iter().map(|vpn| ("vpn", of_vpn(vpn))));
    lines
}

fn of_target(target: &PingTargetV1) -> String {
    let latency = ms(target.latency_ms);
    let (name, received, sent) = (&target.name, target.received, target.sent);
    format!(
        "{name}: {received} of {sent} answered, {latency} ({})",
        target.method
    )
}

fn of_wifi(wifi: &WifiV1) -> String {
    match (wifi.is_connected, wifi.signal_dbm) {
        (Some(true), Some(dbm)) => {
            let ssid = wifi.ssid.as_deref().unwrap_or("a network whose name is hidden");
            format!(
                "{ssid}: {dbm} dBm ({})",
                wifi.quality.as_deref().unwrap_or("unknown")
            )
        }
        _ => "in no network".to_owned(),
    }
}

fn of_resolver(resolver: &ResolverV1) -> String {
    let error = resolver
        .error
        .as_ref()
        .map(|error| format!(" ({error})"))
        .unwrap_or_default();
    let (answered, asked) = (resolver.answered, resolver.asked);
    format!(
        "{}: {answered} of {asked} answered, {}{error}",
        resolver.address,
        ms(resolver.latency_ms)
    )
}

fn of_check(check: &CheckV1) -> String {
    match &check.error {
        Some(error) => format!("{}: {error}", check.name),
        None => format!("{}: well, {}", check.name, ms(check.latency_ms)),
    }
}

fn of_vpn(vpn: &VpnV1) -> String {
    vpn.vpn_client.clone().unwrap_or_else(|| "none".to_owned())
}

fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_told_in_lines_and_what_is_unknown_is_a_dash() {
        assert!(lines(&MetricsV1::default()).is_empty());
        let metrics = MetricsV1 {
            wifi: Some(WifiV1 {
                is_connected: Some(true),
                signal_dbm: Some(-52),
                ..WifiV1::default()
            }),
            vpn: Some(VpnV1::default()),
            ..MetricsV1::default()
        };
        let lines: Vec<_> = lines(&metrics).into_iter().map(|(_, line)| line).collect();
        assert_eq!(
            lines,
            ["a network whose name is hidden: -52 dBm (unknown)", "none"]
        );
        assert_eq!(ms(None), "–");
    }
}
