//! Where trouble is, by a table of moments; and that nothing is said in haste.

use super::*;
use crate::wire::report_v1::{
    CheckV1, DnsV1, OutsideV1, PingTargetV1, PingV1, ResolverV1, TunnelV1, VpnV1, WifiV1,
};

fn rule() -> AnalystRule {
    AnalystRule::of(&Config::default())
}

fn gateway(received: u32, latency_ms: f64) -> PingTargetV1 {
    PingTargetV1 {
        name: "gateway".to_owned(),
        address: "192.168.1.1".to_owned(),
        method: "icmp".to_owned(),
        status: String::new(),
        sent: 20,
        received,
        loss_percent: f64::from(20 - received) * 5.0,
        latency_ms: (received > 0).then_some(latency_ms),
        latency_min_ms: None,
        latency_max_ms: None,
        jitter_ms: None,
        error: None,
    }
}

fn outside(loss_percent: f64, latency_ms: f64) -> OutsideV1 {
    OutsideV1 {
        loss_percent: Some(loss_percent),
        latency_ms: (loss_percent < 100.0).then_some(latency_ms),
        jitter_ms: None,
    }
}

fn ping(gateway: Option<PingTargetV1>, outside: Option<OutsideV1>) -> MetricsV1 {
    MetricsV1 {
        ping: Some(PingV1 {
            gateway,
            outside,
            ..PingV1::default()
        }),
        ..MetricsV1::default()
    }
}

fn wifi(is_connected: bool, dbm: i32) -> Option<WifiV1> {
    Some(WifiV1 {
        is_connected: Some(is_connected),
        signal_dbm: is_connected.then_some(dbm),
        ..WifiV1::default()
    })
}

fn dns(answered: &[u32]) -> Option<DnsV1> {
    let resolver = |answered: &u32| ResolverV1 {
        address: "192.168.1.1".to_owned(),
        asked: 3,
        answered: *answered,
        latency_ms: None,
        error: None,
    };
    let all = f64::from(answered.iter().sum::<u32>()) / (answered.len() as f64 * 3.0) * 100.0;
    Some(DnsV1 {
        availability_percent: Some(all),
        resolvers: Some(answered.iter().map(resolver).collect()),
        ..DnsV1::default()
    })
}

fn tunnel() -> Option<VpnV1> {
    Some(VpnV1 {
        tunnels: Some(vec![TunnelV1 {
            name: "wg0".to_owned(),
            kind: "WireGuard".to_owned(),
            addresses: Vec::new(),
            has_default_route: true,
            routes: 1,
        }]),
        ..VpnV1::default()
    })
}

fn checks(up: &[bool]) -> Option<Vec<CheckV1>> {
    let check = |is_up: &bool| CheckV1 {
        name: "Git".to_owned(),
        target: "tcp://git:22/".to_owned(),
        kind: "tcp".to_owned(),
        is_up: *is_up,
        latency_ms: None,
        dns_ms: None,
        connect_ms: None,
        tls_ms: None,
        status: None,
        tls_days_left: None,
        tls_version: None,
        error: None,
    };
    Some(up.iter().map(check).collect())
}

/// A moment: what was found, and whether the gateway has ever answered.
struct Moment(MetricsV1, bool);

impl Moment {
    /// The gateway answers so many of 20 pings, the outside loses so much and takes so long.
    fn of(received: u32, loss_percent: f64, latency_ms: f64) -> Self {
        let outside = outside(loss_percent, latency_ms);
        Self(ping(Some(gateway(received, 1.0)), Some(outside)), true)
    }

    fn well() -> Self {
        Self::of(20, 0.0, 20.0)
    }

    fn dead() -> Self {
        Self::of(20, 100.0, 0.0)
    }

    /// No gateway is known, and nothing answers.
    fn lost() -> Self {
        Self(ping(None, Some(outside(100.0, 0.0))), false)
    }

    /// The gateway has never answered.
    fn silent(mut self) -> Self {
        self.1 = false;
        self
    }

    fn inside_only(mut self) -> Self {
        self.0.ping.as_mut().unwrap().outside = None;
        self
    }

    fn wifi(mut self, is_connected: bool, dbm: i32) -> Self {
        self.0.wifi = wifi(is_connected, dbm);
        self
    }

    fn tunnel(mut self) -> Self {
        self.0.vpn = tunnel();
        self
    }

    fn dns(mut self, answered: &[u32]) -> Self {
        self.0.dns = dns(answered);
        self
    }

    fn checks(mut self, up: &[bool]) -> Self {
        self.0.checks = checks(up);
        self
    }

    fn expect(self, what: &str, trouble: TroubleV1, severity: Severity) {
        let mut evidence = Evidence::of(&self.0);
        evidence.gateway_answers = self.1;
        let verdict = judge(&evidence, &rule().limits).unwrap();
        assert_eq!((verdict.trouble, verdict.severity), (trouble, severity), "{what}");
    }
}

#[test]
fn trouble_beyond_the_gateway_is_told_from_trouble_before_it() {
    use Severity::{Critical, Ok, Warning};
    use TroubleV1::{LocalNetwork, Machine, None, Provider, Vpn, Wifi};
    let lossy = || Moment::of(14, 30.0, 90.0);
    Moment::well().expect("all is well", None, Ok);
    Moment::dead().expect("the line is dead", Provider, Critical);
    Moment::of(20, 0.0, 180.0).expect("the line is slow", Provider, Warning);
    Moment::of(20, 6.0, 20.0).expect("the line loses some", Provider, Warning);
    Moment::dead()
        .tunnel()
        .expect("the tunnel is dead", Vpn, Critical);
    Moment::lost()
        .tunnel()
        .expect("a tunnel without a gateway", Vpn, Critical);
    lossy().expect("the gateway loses some", LocalNetwork, Critical);
    lossy()
        .wifi(true, -55)
        .expect("with good Wi-Fi it is the network", LocalNetwork, Critical);
    lossy()
        .wifi(true, -84)
        .expect("with weak Wi-Fi it is that", Wifi, Critical);
    Moment::well()
        .wifi(true, -84)
        .expect("weak Wi-Fi that loses nothing", None, Ok);
    Moment::lost().expect("no network at all", Machine, Critical);
    Moment::lost()
        .wifi(false, 0)
        .expect("off the air", Wifi, Critical);
    Moment::of(10, 0.0, 20.0).expect("a gateway that answers when it likes", None, Ok);
    Moment::of(0, 0.0, 20.0)
        .silent()
        .expect("a gateway that is silent by its nature", None, Ok);
    Moment::of(0, 0.0, 600.0)
        .silent()
        .expect("behind a silent one the line is slow", Provider, Critical);
    Moment::of(0, 100.0, 0.0)
        .silent()
        .expect("nothing answers", LocalNetwork, Critical);
    Moment::of(0, 100.0, 0.0).expect("a gateway that was well is gone", LocalNetwork, Critical);
    Moment::well()
        .inside_only()
        .expect("only the gateway is pinged", None, Ok);
    Moment::of(0, 0.0, 0.0)
        .inside_only()
        .expect("and it is gone", LocalNetwork, Critical);
}

#[test]
fn when_packets_fare_well_it_may_be_names_or_services() {
    use Severity::{Critical, Ok, Warning};
    use TroubleV1::{Dns, None, Provider, Service};
    Moment::well()
        .dns(&[3])
        .checks(&[true])
        .expect("all is well", None, Ok);
    Moment::well()
        .dns(&[0, 0])
        .expect("no name is found", Dns, Critical);
    Moment::well()
        .dns(&[0, 3])
        .expect("one name server is silent", Dns, Warning);
    Moment::well()
        .dns(&[2])
        .expect("one name of three is not found", Dns, Warning);
    Moment::dead()
        .dns(&[0])
        .checks(&[false])
        .expect("names fail since the line is dead", Provider, Critical);
    Moment::well()
        .dns(&[3])
        .checks(&[true, false])
        .expect("one of two is down", Service, Warning);
    Moment::well()
        .checks(&[false])
        .expect("the only one is down", Service, Critical);
}

#[test]
fn the_evidence_is_told_in_sentences_with_numbers() {
    let mut metrics = ping(Some(gateway(19, 1.5)), Some(outside(50.0, 80.0)));
    metrics.wifi = wifi(true, -60);
    metrics.checks = checks(&[true, false]);
    let mut analyst = Analyst::new(AnalystRule {
        looks_in_a_row: 1,
        ..rule()
    });
    analyst.look(&metrics, Timestamp::from_secs(7));
    let said = analyst.said(Timestamp::from_secs(7)).unwrap();
    assert_eq!(said.trouble, TroubleV1::LocalNetwork);
    assert_eq!(
        said.evidence,
        [
            "The Wi-Fi signal is -60 dBm (unknown).",
            "The gateway 192.168.1.1 answered 19 of 20 pings, in 1.5 ms on average.",
            "Outside, the best of 0 targets lost 50 % of the pings, 80 ms on average.",
            "1 of 2 services don't answer: Git (no answer).",
        ]
    );
}

#[test]
fn nothing_is_said_in_haste_and_nothing_is_forgotten_in_haste() {
    let (well, dead) = (
        ping(Some(gateway(20, 1.0)), Some(outside(0.0, 20.0))),
        ping(Some(gateway(20, 1.0)), Some(outside(100.0, 0.0))),
    );
    let mut analyst = Analyst::new(AnalystRule {
        looks_in_a_row: 3,
        ..rule()
    });
    assert_eq!(
        analyst.said(Timestamp::from_secs(0)),
        None,
        "nothing was looked at"
    );
    let mut at = 0;
    let mut look = |metrics: &MetricsV1| {
        at += 1;
        analyst.look(metrics, Timestamp::from_secs(at));
        let said = analyst.said(Timestamp::from_secs(at)).unwrap();
        (said.trouble, said.suspected, said.since, said.troubles_in_window)
    };
    let since = |s: i64| Timestamp::from_secs(s).to_string();
    assert_eq!(look(&well), (TroubleV1::None, None, since(1), 0));
    for _ in 0..2 {
        assert_eq!(
            look(&dead),
            (TroubleV1::None, Some(TroubleV1::Provider), since(1), 0)
        );
    }
    assert_eq!(
        look(&well),
        (TroubleV1::None, None, since(1), 0),
        "two times are not three"
    );
    look(&dead);
    look(&dead);
    assert_eq!(look(&dead), (TroubleV1::Provider, None, since(7), 1));
    look(&well);
    assert_eq!(
        look(&well),
        (TroubleV1::Provider, Some(TroubleV1::None), since(7), 1)
    );
    assert_eq!(look(&well), (TroubleV1::None, None, since(10), 1));
}

#[test]
fn without_anything_known_nothing_is_said() {
    let mut analyst = Analyst::new(rule());
    analyst.look(&MetricsV1::default(), Timestamp::from_secs(1));
    assert_eq!(analyst.said(Timestamp::from_secs(1)), None);
}
