//! Fills the fields of 2.0 that are sums over what several monitors found.

use crate::agent::collect::hundredth;
use crate::wire::report_v1::{CheckV1, MetricsV1, NetworkQualityV1};

/// Fills `network_quality`, when anything of it is known.
pub fn fill(metrics: &mut MetricsV1) {
    let (dns, checks) = (
        metrics.dns.as_ref(),
        metrics.checks.as_deref().unwrap_or_default(),
    );
    let of_http = |check: &CheckV1| check.latency_ms.filter(|_| check.kind.starts_with("http"));
    let quality = NetworkQualityV1 {
        tcp_retransmit_rate: metrics.ping.as_ref().and_then(|ping| ping.tcp_retransmit_percent),
        dns_avg_latency: dns.and_then(|dns| dns.latency_ms),
        dns_availability: dns.and_then(|dns| dns.availability_percent),
        tls_avg_latency: mean(checks.iter().filter_map(|check| check.tls_ms)),
        http_avg_latency: mean(checks.iter().filter_map(of_http)),
    };
    if quality != NetworkQualityV1::default() {
        metrics.network_quality = Some(quality);
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| hundredth(sum / count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::report_v1::DnsV1;

    #[test]
    fn sums_are_filled_when_something_is_known() {
        let mut metrics = MetricsV1::default();
        fill(&mut metrics);
        assert_eq!(metrics.network_quality, None);
        metrics.dns = Some(DnsV1 {
            latency_ms: Some(7.0),
            ..DnsV1::default()
        });
        fill(&mut metrics);
        let quality = metrics.network_quality.unwrap();
        assert_eq!(
            (quality.dns_avg_latency, quality.http_avg_latency),
            (Some(7.0), None)
        );
        assert_eq!(mean([10.0, 20.0].into_iter()), Some(15.0));
    }
}
