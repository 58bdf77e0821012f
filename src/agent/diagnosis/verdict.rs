//! Judges one moment: from the machine outwards, the first place that explains what is wrong is where
//! the trouble is.

use super::evidence::Evidence;
use crate::wire::report_v1::TroubleV1;

/// From when on something is trouble.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Percent of loss that is trouble.
    pub loss_warning: f64,
    /// Percent of loss that is great trouble.
    pub loss_critical: f64,
    /// Milliseconds that are trouble.
    pub latency_warning_ms: f64,
    /// Milliseconds that are great trouble.
    pub latency_critical_ms: f64,
    /// A weaker signal explains loss, in dBm.
    pub poor_dbm: i32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Not at all.
    Ok,
    /// It is felt.
    Warning,
    /// It keeps people from working.
    Critical,
}

/// Where the trouble is at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Where.
    pub trouble: TroubleV1,
    /// How bad.
    pub severity: Severity,
    /// In a sentence.
    pub summary: String,
    /// How that is known.
    pub evidence: Vec<String>,
}

impl Verdict {
    /// All is well, before anything is known.
    #[must_use]
    pub fn well() -> Self {
        Self {
            trouble: TroubleV1::None,
            severity: Severity::Ok,
            summary: summary(TroubleV1::None).to_owned(),
            evidence: Vec::new(),
        }
    }
}

const fn summary(trouble: TroubleV1) -> &'static str {
    match trouble {
        TroubleV1::None => "All is well.",
        TroubleV1::Machine => "This machine has no way out: no route, no gateway.",
        TroubleV1::Wifi => "The trouble is this machine's Wi-Fi link.",
        TroubleV1::LocalNetwork => "The trouble is in the local network, up to the gateway.",
        TroubleV1::Provider => "The trouble is beyond the gateway: the provider's line or the internet.",
        TroubleV1::Vpn => {
            "The trouble is the VPN: everything goes through its tunnel, and the gateway is well."
        }
        TroubleV1::Dns => "The trouble is the name servers: the network works, names are not found.",
        TroubleV1::Service => "The trouble is the service itself: the network and its names work.",
    }
}

/// Judges; none when nothing is known that could tell.
#[must_use]
pub fn judge(evidence: &Evidence, limits: &Limits) -> Option<Verdict> {
    let outside = evidence.outside.as_ref().map(|outside| {
        let loss = outside.loss_percent.unwrap_or(100.0);
        (limits.severity(loss, outside.latency_ms), loss)
    });
    let is_known = outside.is_some() || evidence.gateway.is_some() || evidence.dns.is_some();
    if !is_known && evidence.checks.is_empty() {
        return None;
    }
    let (trouble, severity) = match outside {
        Some((severity, loss)) if severity > Severity::Ok => (place(evidence, limits, loss), severity),
        Some(_) => beyond_the_network(evidence, limits),
        None => without_the_outside(evidence, limits),
    };
    Some(Verdict {
        trouble,
        severity,
        summary: summary(trouble).to_owned(),
        evidence: evidence.sentences(),
    })
}

impl Limits {
    fn severity(&self, loss: f64, latency_ms: Option<f64>) -> Severity {
        let latency = latency_ms.unwrap_or(0.0);
        if loss >= self.loss_critical || latency >= self.latency_critical_ms {
            Severity::Critical
        } else if loss >= self.loss_warning || latency >= self.latency_warning_ms {
            Severity::Warning
        } else {
            Severity::Ok
        }
    }
}

/// Packets to the outside fare ill: where?
fn place(evidence: &Evidence, limits: &Limits, outside_loss: f64) -> TroubleV1 {
    let wifi = evidence.wifi.as_ref();
    let is_off_the_air = wifi.is_some_and(|wifi| wifi.is_connected == Some(false));
    let Some(gateway) = &evidence.gateway else {
        return match &evidence.tunnel {
            Some(_) => TroubleV1::Vpn,
            None if is_off_the_air => TroubleV1::Wifi,
            None if outside_loss >= 100.0 => TroubleV1::Machine,
            None => TroubleV1::Provider,
        };
    };
    let is_silent_by_nature = gateway.received == 0 && !evidence.gateway_answers;
    let is_gateway_ill = if is_silent_by_nature {
        // Nothing answers at all: most likely nothing of this network does.
        outside_loss >= 100.0
    } else {
        limits.severity(gateway.loss_percent, gateway.latency_ms) > Severity::Ok
    };
    let is_weak = wifi
        .and_then(|wifi| wifi.signal_dbm)
        .is_some_and(|dbm| dbm < limits.poor_dbm);
    match () {
        () if is_gateway_ill && (is_weak || is_off_the_air) => TroubleV1::Wifi,
        () if is_gateway_ill => TroubleV1::LocalNetwork,
        () if evidence.tunnel.is_some() => TroubleV1::Vpn,
        () => TroubleV1::Provider,
    }
}

/// Packets fare well: do names and services?
fn beyond_the_network(evidence: &Evidence, limits: &Limits) -> (TroubleV1, Severity) {
    let (silent, servers) = evidence.silent_name_servers();
    let availability = evidence.dns.as_ref().and_then(|dns| dns.availability_percent);
    let unanswered = 100.0 - availability.unwrap_or(100.0);
    if servers > 0 && silent == servers {
        return (TroubleV1::Dns, Severity::Critical);
    }
    if silent > 0 || unanswered >= limits.loss_critical {
        return (TroubleV1::Dns, Severity::Warning);
    }
    match (evidence.down().count(), evidence.checks.len()) {
        (0, _) => (TroubleV1::None, Severity::Ok),
        (down, all) if down == all => (TroubleV1::Service, Severity::Critical),
        _ => (TroubleV1::Service, Severity::Warning),
    }
}

/// Nothing outside is pinged: the gateway alone tells of the network.
fn without_the_outside(evidence: &Evidence, limits: &Limits) -> (TroubleV1, Severity) {
    let gateway = evidence.gateway.as_ref().filter(|_| evidence.gateway_answers);
    let severity = gateway.map(|gateway| limits.severity(gateway.loss_percent, gateway.latency_ms));
    match severity {
        Some(severity) if severity > Severity::Ok => (place(evidence, limits, 0.0), severity),
        _ => beyond_the_network(evidence, limits),
    }
}
