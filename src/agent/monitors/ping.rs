//! How packets fare: to the gateway, to configured targets, and in the machine's own TCP connections.
//! By ICMP echoes where the system allows them, else by how long a TCP connection takes.

pub mod echo;
pub mod retransmits;
pub mod tally;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::{LocalBoxFuture, join_all};
use tokio::net::{TcpStream, lookup_host};

use self::echo::{EchoSocket, Round, Token};
use self::retransmits::Retransmits;
use self::tally::{Numbers, Tally, Thresholds, reported};
use super::gateway::{DefaultRoute, default_route};
use super::{Finding, Missing, Monitor, voice};
use crate::config::Config;
use crate::wire::report_v1::{MachineInfoV1, MetricsV1, OutsideV1, PingTargetV1, PingV1, Unavailable};

/// Between two echoes of a round, unless the round would then take too long.
const GAP: Duration = Duration::from_millis(200);
/// The port that is tried where the system allows no echo: few machines of the internet have it shut,
/// and one that refuses answers as well.
const PORT: u16 = 443;

/// Whom to ping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PingTarget {
    /// As it was configured.
    pub address: String,
    /// What people call it.
    pub name: String,
}

impl PingTarget {
    /// Reads an address, and a name after a space.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, name) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let name = Some(name.trim()).filter(|name| !name.is_empty());
        (!address.is_empty()).then(|| Self {
            address: address.to_owned(),
            name: name.unwrap_or(address).to_owned(),
        })
    }

    /// Where it is, and whether a port was asked for.
    async fn resolve(&self) -> io::Result<(SocketAddr, bool)> {
        if let Ok(address) = self.address.parse::<IpAddr>() {
            return Ok((SocketAddr::new(address, PORT), false));
        }
        let port = self
            .address
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok());
        let mut found = match port {
            Some(_) => lookup_host(self.address.clone()).await?,
            None => lookup_host(format!("{}:{PORT}", self.address)).await?,
        };
        let first = found
            .next()
            .ok_or_else(|| io::Error::other("the name has no address"))?;
        Ok((first, port.is_some()))
    }
}

/// What is pinged, and how.
#[derive(Clone, Debug)]
pub struct PingRule {
    targets: Vec<PingTarget>,
    pings_gateway: bool,
    round: Round,
    window: Duration,
    rounds_max: usize,
    thresholds: Thresholds,
}

impl PingRule {
    /// By the settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let ping = &config.network.ping;
        let patience = Duration::from_secs(ping.ping_timeout);
        let limit = Duration::from_secs(config.fleet.agent.monitors.ping.timeout);
        // A second is left for finding names.
        let sending = limit.saturating_sub(patience + Duration::from_secs(1));
        Self {
            targets: ping
                .targets
                .iter()
                .filter_map(|text| PingTarget::parse(text))
                .collect(),
            pings_gateway: ping.gateway,
            round: Round {
                count: u16::try_from(ping.ping_count).unwrap_or(1),
                gap: GAP.min(sending / ping.ping_count.max(1)),
                patience,
            },
            window: Duration::from_secs(config.fleet.agent.report_interval.max(ping.update_interval)),
            rounds_max: ping.max_history as usize,
            thresholds: Thresholds {
                loss_percent: ping.packet_loss_threshold,
                latency_ms: f64::from(ping.latency_threshold),
            },
        }
    }
}

/// Pings.
pub struct Ping {
    rule: PingRule,
    tallies: HashMap<String, Tally>,
    retransmits: Retransmits,
}

/// What came of one round to one target.
struct Rounded {
    target: PingTarget,
    method: &'static str,
    took: io::Result<Vec<Option<Duration>>>,
}

impl Ping {
    /// Nothing seen so far.
    #[must_use]
    pub fn new(rule: PingRule) -> Self {
        Self {
            rule,
            tallies: HashMap::new(),
            retransmits: Retransmits::default(),
        }
    }

    /// Adds a round to what is known of its target.
    fn tally(&mut self, rounded: Rounded, now: Instant) -> PingTargetV1 {
        let (window, rounds_max) = (self.rule.window, self.rule.rounds_max);
        let (took, error) = match rounded.took {
            Ok(took) => (took, None),
            Err(error) => (
                vec![None; usize::from(self.rule.round.count)],
                Some(error.to_string()),
            ),
        };
        let tally = self.tallies.entry(rounded.target.address.clone()).or_default();
        tally.add(took, now, window, rounds_max);
        let numbers: Numbers = tally.numbers();
        reported(
            &rounded.target,
            rounded.method,
            numbers,
            self.rule.thresholds,
            error,
        )
    }

    fn find(&mut self, route: Option<&DefaultRoute>, rounded: Vec<Rounded>, has_gateway: bool) -> Finding {
        let now = Instant::now();
        let addresses: Vec<_> = rounded.iter().map(|one| one.target.address.clone()).collect();
        self.tallies.retain(|address, _| addresses.contains(address));
        let mut reported: Vec<_> = rounded.into_iter().map(|one| self.tally(one, now)).collect();
        let gateway = has_gateway.then(|| reported.remove(0));
        let outside = best(&reported).map(outside);
        let address = route.and_then(|route| route.gateway);
        let ping = PingV1 {
            window_s: Some(self.rule.window.as_secs()),
            gateway,
            outside,
            targets: (!reported.is_empty()).then_some(reported),
            tcp_retransmit_percent: self.retransmits.since_last_time(),
        };
        Finding {
            metrics: MetricsV1 {
                voice: ping.outside.as_ref().and_then(voice::of),
                ping: Some(ping),
                ..MetricsV1::default()
            },
            facts: MachineInfoV1 {
                gateway: address.map(|address| address.to_string()),
                ..MachineInfoV1::default()
            },
            ..Finding::default()
        }
    }
}

/// The target that fares best.
fn best(targets: &[PingTargetV1]) -> Option<&PingTargetV1> {
    let order = |one: &&PingTargetV1, other: &&PingTargetV1| {
        let latency = |target: &PingTargetV1| target.latency_ms.unwrap_or(f64::MAX);
        (one.loss_percent.total_cmp(&other.loss_percent)).then(latency(one).total_cmp(&latency(other)))
    };
    targets.iter().min_by(order)
}

fn outside(target: &PingTargetV1) -> OutsideV1 {
    OutsideV1 {
        latency_ms: target.latency_ms,
        jitter_ms: target.jitter_ms,
        loss_percent: Some(target.loss_percent),
    }
}

impl Monitor for Ping {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let route = default_route().await;
            let gateway = route.as_ref().and_then(|route| route.gateway);
            let gateway = gateway
                .filter(|_| self.rule.pings_gateway)
                .map(|address| PingTarget {
                    address: address.to_string(),
                    name: "gateway".to_owned(),
                });
            let has_gateway = gateway.is_some();
            let targets = gateway.into_iter().chain(self.rule.targets.iter().cloned());
            let mut token = Token::default();
            getrandom::fill(&mut token).map_err(|_| Unavailable::Unsupported)?;
            let round = self.rule.round;
            let rounds = targets.map(|target| ping_once(target, round, token));
            let rounded = join_all(rounds).await;
            Ok(self.find(route.as_ref(), rounded, has_gateway))
        })
    }
}

async fn ping_once(target: PingTarget, round: Round, token: Token) -> Rounded {
    let mut method = "icmp";
    let took = async {
        let (address, wants_tcp) = target.resolve().await?;
        if !wants_tcp {
            match EchoSocket::open(address.ip()).await {
                Ok(socket) => return Ok(socket.round(round, &token).await),
                Err(error) if is_forbidden(&error) => {}
                Err(error) => return Err(error),
            }
        }
        method = "tcp";
        Ok(connect_round(address, round).await)
    };
    let took = took.await;
    Rounded { target, method, took }
}

/// Whether the system allows no echo, rather than knowing no way.
fn is_forbidden(error: &io::Error) -> bool {
    use io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::Unsupported | ErrorKind::InvalidInput
    ) || error.raw_os_error() == Some(rustix::io::Errno::PROTONOSUPPORT.raw_os_error())
}

/// The same by TCP: one that refuses has answered.
async fn connect_round(to: SocketAddr, round: Round) -> Vec<Option<Duration>> {
    let connects = (0..round.count).map(|number| async move {
        tokio::time::sleep(round.gap * u32::from(number)).await;
        let began = Instant::now();
        let connected = tokio::time::timeout(round.patience, TcpStream::connect(to)).await;
        let has_answered = match connected {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
            Err(_) => false,
        };
        has_answered.then(|| began.elapsed())
    });
    join_all(connects).await
}

#[cfg(test)]
mod tests;
