//! Reads what the network monitors measured, as far as the fleet keeps it over time.

use atlas_actors::model::{Metric, Samples};
use serde::Deserialize;

/// What the network monitors measured.
pub(super) struct Probes<'m> {
    pub(super) ping: Option<&'m Ping>,
    pub(super) wifi: Option<&'m Wifi>,
    pub(super) dns: Option<&'m Dns>,
    pub(super) voice: Option<&'m Voice>,
    pub(super) speedtest: Option<&'m Speedtest>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Ping {
    gateway: Option<Way>,
    outside: Option<Way>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Way {
    latency_ms: Option<f64>,
    jitter_ms: Option<f64>,
    loss_percent: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wifi {
    signal_dbm: Option<f64>,
    noise_dbm: Option<f64>,
    rate_mbps: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Dns {
    latency_ms: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Voice {
    mos: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Speedtest {
    last: Option<SpeedResult>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SpeedResult {
    download_mbps: Option<f64>,
    upload_mbps: Option<f64>,
}

impl Probes<'_> {
    /// Sets the columns that they fill.
    pub(super) fn fill(&self, samples: &mut Samples) {
        if let Some(ping) = self.ping {
            let outside = ping.outside.as_ref();
            samples.set(
                Metric::PingLatency,
                outside.and_then(|way| above_0(way.latency_ms)),
            );
            samples.set(Metric::PingJitter, outside.and_then(|way| above_0(way.jitter_ms)));
            samples.set(
                Metric::PingLoss,
                outside.and_then(|way| within(way.loss_percent, 0.0, 100.0)),
            );
            let gateway = ping.gateway.as_ref();
            samples.set(
                Metric::GatewayLatency,
                gateway.and_then(|way| above_0(way.latency_ms)),
            );
            samples.set(
                Metric::GatewayLoss,
                gateway.and_then(|way| within(way.loss_percent, 0.0, 100.0)),
            );
        }
        if let Some(wifi) = self.wifi {
            samples.set(Metric::WifiSignal, within(wifi.signal_dbm, -130.0, 0.0));
            samples.set(Metric::WifiNoise, within(wifi.noise_dbm, -130.0, 0.0));
            samples.set(Metric::WifiRate, above_0(wifi.rate_mbps));
        }
        samples.set(
            Metric::DnsLatency,
            self.dns.and_then(|dns| above_0(dns.latency_ms)),
        );
        samples.set(
            Metric::Mos,
            self.voice.and_then(|voice| within(voice.mos, 1.0, 4.5)),
        );
        let last = self.speedtest.and_then(|tests| tests.last.as_ref());
        samples.set(
            Metric::Download,
            last.and_then(|last| above_0(last.download_mbps)),
        );
        samples.set(Metric::Upload, last.and_then(|last| above_0(last.upload_mbps)));
    }
}

/// A number that can't be one of these is unknown.
fn within(value: Option<f64>, least: f64, most: f64) -> Option<f64> {
    value.filter(|value| (least..=most).contains(value))
}

fn above_0(value: Option<f64>) -> Option<f64> {
    within(value, 0.0, f64::MAX)
}

#[cfg(test)]
mod tests {
    use atlas_actors::model::Metric;

    #[test]
    fn what_was_measured_fills_its_columns_and_what_can_not_be_does_not() {
        let read = |json: &str| super::super::metrics::read(json).unwrap().samples;
        let samples = read(
            r#"{"ping":{"gateway":{"latency_ms":1.5,"loss_percent":0},"outside":{"latency_ms":20,"jitter_ms":2,"loss_percent":5}},
            "wifi":{"signal_dbm":-52,"noise_dbm":-96,"rate_mbps":390},"dns":{"latency_ms":7},"voice":{"mos":4.25},
            "speedtest":{"last":{"download_mbps":94.5,"upload_mbps":38}}}"#,
        );
        for (metric, value) in [
            (Metric::GatewayLatency, 1.5),
            (Metric::GatewayLoss, 0.0),
            (Metric::PingLatency, 20.0),
            (Metric::PingJitter, 2.0),
            (Metric::PingLoss, 5.0),
            (Metric::WifiSignal, -52.0),
            (Metric::WifiNoise, -96.0),
            (Metric::WifiRate, 390.0),
            (Metric::DnsLatency, 7.0),
            (Metric::Mos, 4.25),
            (Metric::Download, 94.5),
            (Metric::Upload, 38.0),
        ] {
            assert_eq!(samples.get(metric), Some(value), "{metric:?}");
        }
        let odd = read(
            r#"{"ping":{"outside":{"latency_ms":-1,"loss_percent":101}},"wifi":{"signal_dbm":7},"voice":{"mos":0}}"#,
        );
        for metric in [
            Metric::PingLatency,
            Metric::PingLoss,
            Metric::WifiSignal,
            Metric::Mos,
            Metric::DnsLatency,
        ] {
            assert_eq!(odd.get(metric), None, "{metric:?}");
        }
    }
}
