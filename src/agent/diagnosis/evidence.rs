//! What the monitors found, as far as it tells where trouble is; and each part in a sentence.

use crate::wire::report_v1::{CheckV1, DnsV1, MetricsV1, OutsideV1, PingTargetV1, TunnelV1, WifiV1};

/// What is known at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// How the gateway answers; none where there is no gateway, or it is not pinged.
    pub gateway: Option<PingTargetV1>,
    /// Whether that gateway has ever answered.
    pub gateway_answers: bool,
    /// How the outside answers.
    pub outside: Option<OutsideV1>,
    /// Pinged targets.
    pub targets: usize,
    /// The wireless network.
    pub wifi: Option<WifiV1>,
    /// Name servers.
    pub dns: Option<DnsV1>,
    /// The tunnel that everything goes through.
    pub tunnel: Option<TunnelV1>,
    /// Services.
    pub checks: Vec<CheckV1>,
}

impl Evidence {
    /// What of the metrics counts.
    #[must_use]
    pub fn of(metrics: &MetricsV1) -> Self {
        let ping = metrics.ping.clone().unwrap_or_default();
        let tunnels = metrics.vpn.as_ref().and_then(|vpn| vpn.tunnels.as_ref());
        Self {
            gateway: ping.gateway,
            gateway_answers: false,
            outside: ping.outside,
            targets: ping.targets.map_or(0, |targets| targets.len()),
            wifi: metrics.wifi.clone(),
            dns: metrics.dns.clone(),
            tunnel: tunnels
                .and_then(|tunnels| tunnels.iter().find(|tunnel| tunnel.has_default_route))
                .cloned(),
            checks: metrics.checks.clone().unwrap_or_default(),
        }
    }

    /// Name servers that answered nothing, and how many there are.
    #[must_use]
    pub fn silent_name_servers(&self) -> (usize, usize) {
        let all = self
            .dns
            .as_ref()
            .and_then(|dns| dns.resolvers.as_deref())
            .unwrap_or_default();
        let silent = all.iter().filter(|one| one.asked > 0 && one.answered == 0);
        (silent.count(), all.len())
    }

    /// Services that don't answer.
    pub fn down(&self) -> impl Iterator<Item = &CheckV1> {
        self.checks.iter().filter(|check| !check.is_up)
    }

    /// A sentence for each part that is known.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let parts = [
            self.of_the_wifi(),
            self.of_the_gateway(),
            self.of_the_outside(),
            self.of_the_tunnel(),
            self.of_the_name_servers(),
            self.of_the_services(),
        ];
        parts.into_iter().flatten().collect()
    }

    fn of_the_wifi(&self) -> Option<String> {
        let wifi = self.wifi.as_ref()?;
        if wifi.is_connected == Some(false) {
            return Some("The machine is in no wireless network.".to_owned());
        }
        let noise = wifi.noise_dbm.map(|dbm| format!(", the noise {dbm} dBm"));
        let word = wifi.quality.as_deref().unwrap_or("unknown");
        let noise = noise.unwrap_or_default();
        Some(format!(
            "The Wi-Fi signal is {} dBm ({word}){noise}.",
            wifi.signal_dbm?
        ))
    }

    fn of_the_gateway(&self) -> Option<String> {
        let gateway = self.gateway.as_ref()?;
        let (address, sent) = (&gateway.address, gateway.sent);
        if gateway.received == 0 && !self.gateway_answers {
            return Some(format!(
                "The gateway {address} has never answered a ping; it may be silent by its nature."
            ));
        }
        let latency = gateway.latency_ms.map(|ms| format!(", in {ms} ms on average"));
        let latency = latency.unwrap_or_default();
        Some(format!(
            "The gateway {address} answered {} of {sent} pings{latency}.",
            gateway.received
        ))
    }

    fn of_the_outside(&self) -> Option<String> {
        let outside = self.outside.as_ref()?;
        let loss = outside.loss_percent?;
        let of = if self.targets == 1 {
            "the one target".to_owned()
        } else {
            format!("the best of {} targets", self.targets)
        };
        let latency = match outside.latency_ms {
            Some(ms) => format!(", {ms} ms on average"),
            None => String::new(),
        };
        Some(format!("Outside, {of} lost {loss} % of the pings{latency}."))
    }

    fn of_the_tunnel(&self) -> Option<String> {
        let tunnel = self.tunnel.as_ref()?;
        Some(format!(
            "Everything goes through the tunnel {} ({}).",
            tunnel.name, tunnel.kind
        ))
    }

    fn of_the_name_servers(&self) -> Option<String> {
        let dns = self.dns.as_ref()?;
        let latency = dns
            .latency_ms
            .map(|ms| format!(", in {ms} ms on average"))
            .unwrap_or_default();
        Some(format!(
            "Name servers answered {} % of the questions{latency}.",
            dns.availability_percent?
        ))
    }

    fn of_the_services(&self) -> Option<String> {
        let (down, all) = (self.down().count(), self.checks.len());
        if down == 0 {
            return (all > 0).then(|| format!("All {all} services answer."));
        }
        let named = self.down().take(3).map(|check| {
            let why = check.error.as_deref().unwrap_or("no answer");
            format!("{} ({why})", check.name)
        });
        let named = named.collect::<Vec<_>>().join(", ");
        Some(format!("{down} of {all} services don't answer: {named}."))
    }
}
