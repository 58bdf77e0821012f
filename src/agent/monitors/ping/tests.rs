//! Pings over real sockets of this machine.

use tokio::net::TcpListener;

use super::*;

fn rule(targets: &[&str]) -> PingRule {
    let mut config = Config::default();
    config.network.ping.targets = targets.iter().map(|text| (*text).to_owned()).collect();
    config.network.ping.gateway = false;
    config.network.ping.ping_timeout = 1;
    PingRule {
        round: Round {
            gap: Duration::from_millis(5),
            ..PingRule::of(&config).round
        },
        ..PingRule::of(&config)
    }
}

async fn look(targets: &[&str]) -> MetricsV1 {
    Ping::new(rule(targets)).look().await.unwrap().metrics
}

#[test]
fn reads_an_address_and_a_name() {
    let target = PingTarget::parse(" 8.8.8.8  Google DNS ").unwrap();
    assert_eq!(
        (target.address.as_str(), target.name.as_str()),
        ("8.8.8.8", "Google DNS")
    );
    assert_eq!(PingTarget::parse("host:22").unwrap().name, "host:22");
    assert_eq!(PingTarget::parse("  "), None);
}

#[actix_rt::test]
async fn this_machine_answers_by_echo_or_by_tcp() {
    let metrics = look(&["127.0.0.1 me"]).await;
    let target = &metrics.ping.as_ref().unwrap().targets.as_ref().unwrap()[0];
    assert_eq!(
        (target.sent, target.received, target.status.as_str()),
        (3, 3, "ok")
    );
    assert!(["icmp", "tcp"].contains(&target.method.as_str()));
    assert!(target.latency_ms.unwrap() < 1_000.0 && target.jitter_ms.is_some());
    assert!(metrics.voice.unwrap().mos > 4.0);
}

#[actix_rt::test]
async fn one_that_refuses_a_connection_has_answered_and_one_that_is_silent_is_lost() {
    // Nobody listens where somebody has just listened.
    let shut = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let metrics = look(&[&shut.to_string(), "no-such-name.invalid:9"]).await;
    let ping = metrics.ping.unwrap();
    let targets = ping.targets.unwrap();
    assert_eq!((targets[0].method.as_str(), targets[0].received), ("tcp", 3));
    assert_eq!(
        (targets[1].status.as_str(), targets[1].loss_percent),
        ("lost", 100.0)
    );
    assert!(targets[1].error.is_some() && targets[1].latency_ms.is_none());
    assert_eq!(
        ping.outside.unwrap().loss_percent,
        Some(0.0),
        "the best target tells of the way"
    );
}

#[actix_rt::test]
async fn rounds_since_the_last_report_count_together() {
    let mut ping = Ping::new(rule(&["127.0.0.1"]));
    ping.look().await.unwrap();
    let found = ping.look().await.unwrap().metrics.ping.unwrap();
    assert_eq!(found.targets.unwrap()[0].sent, 6);
    assert!(found.gateway.is_none());
}
