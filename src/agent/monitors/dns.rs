//! Whether names are found, and how fast. Each name server of the system (or of the config) gets one
//! small UDP question for each configured name; where no name server is known, the system's own
//! resolver is asked.

pub mod query;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::{LocalBoxFuture, join_all};
use tokio::net::{UdpSocket, lookup_host};

use super::{Finding, Missing, Monitor};
use crate::agent::collect::hundredth;
use crate::config::Config;
use crate::wire::report_v1::{DnsV1, MetricsV1, ResolverV1, Unavailable};

const PORT: u16 = 53;
/// The system asks no more than three of them itself (resolv.conf(5)).
const SERVERS_MAX: usize = 3;
/// A name server that has not answered by then is of no use to a person who waits for a page.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than any answer to a question of this kind without extensions has.
const ANSWER_BYTES_MAX: usize = 512;

/// Asks for names.
pub struct Dns {
    servers: Vec<SocketAddr>,
    names: Vec<String>,
}

/// What came of a question.
type Asked = Result<Duration, &'static str>;

impl Dns {
    /// By the settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let servers = &config.network.dns.servers;
        Self {
            servers: servers.iter().filter_map(|text| parse_server(text)).collect(),
            names: config.network.wifi.dns_test_domains.clone(),
        }
    }
}

/// Reads `192.0.2.53` or `192.0.2.53:5353`.
fn parse_server(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let address = text
        .parse::<IpAddr>()
        .map(|address| SocketAddr::new(address, PORT));
    address.or_else(|_| text.parse()).ok()
}

/// Reads the name servers of resolv.conf(5).
fn parse_resolv_conf(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next())?
    });
    // A link-local address is of no use without its interface.
    let servers = lines.filter_map(|word| parse_server(word.split('%').next()?));
    let usable = servers.filter(|server| match server.ip() {
        IpAddr::V6(address) => !address.is_unicast_link_local(),
        IpAddr::V4(_) => true,
    });
    usable.take(SERVERS_MAX).collect()
}

impl Monitor for Dns {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            if self.names.is_empty() {
                return Err(Missing {
                    why: Unavailable::Unsupported,
                    detail: Some("network.wifi.dns_test_domains names nothing to ask for".to_owned()),
                });
            }
            let servers = if self.servers.is_empty() {
                parse_resolv_conf(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
            } else {
                self.servers.clone()
            };
            let (method, resolvers) = if servers.is_empty() {
                (
                    "system",
                    vec![resolver("system".to_owned(), &ask_system(&self.names).await)],
                )
            } else {
                let asked = servers.into_iter().map(|server| ask_server(server, &self.names));
                ("udp", join_all(asked).await)
            };
            Ok(Finding::from(MetricsV1 {
                dns: Some(sum(method, resolvers)),
                ..MetricsV1::default()
            }))
        })
    }
}

fn sum(method: &str, resolvers: Vec<ResolverV1>) -> DnsV1 {
    let (asked, answered) = resolvers.iter().fold((0, 0), |(asked, answered), one| {
        (asked + one.asked, answered + one.answered)
    });
    DnsV1 {
        method: Some(method.to_owned()),
        latency_ms: resolvers.iter().find_map(|one| one.latency_ms),
        availability_percent: (asked > 0).then(|| hundredth(f64::from(answered) / f64::from(asked) * 100.0)),
        resolvers: Some(resolvers),
    }
}

async fn ask_server(server: SocketAddr, names: &[String]) -> ResolverV1 {
    let asked = join_all(names.iter().map(|name| ask(server, name))).await;
    let address = if server.port() == PORT {
        server.ip().to_string()
    } else {
        server.to_string()
    };
    resolver(address, &asked)
}

async fn ask_system(names: &[String]) -> Vec<Asked> {
    let lookups = names.iter().map(|name| async move {
        let began = Instant::now();
        let found = tokio::time::timeout(PATIENCE, lookup_host((name.as_str(), 443))).await;
        match found {
            Ok(Ok(_)) => Ok(began.elapsed()),
            Ok(Err(_)) => Err("failed"),
            Err(_) => Err("timed_out"),
        }
    });
    join_all(lookups).await
}

fn resolver(address: String, asked: &[Asked]) -> ResolverV1 {
    let took: Vec<_> = asked
        .iter()
        .flatten()
        .map(|took| took.as_secs_f64() * 1_000.0)
        .collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let answered = number(took.len());
    ResolverV1 {
        address,
        asked: number(asked.len()),
        answered,
        latency_ms: (answered > 0).then(|| hundredth(took.iter().sum::<f64>() / f64::from(answered))),
        error: asked
            .iter()
            .rev()
            .find_map(|one| one.err())
            .map(ToOwned::to_owned),
    }
}

async fn ask(server: SocketAddr, name: &str) -> Asked {
    let mut id = [0; 2];
    getrandom::fill(&mut id).map_err(|_| "failed")?;
    let question = query::question(u16::from_be_bytes(id), name).ok_or("no_such_name")?;
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await.map_err(|_| "failed")?;
    let began = Instant::now();
    let exchange = async {
        socket.connect(server).await?;
        socket.send(&question).await?;
        let mut buffer = [0; ANSWER_BYTES_MAX];
        loop {
            let bytes = socket.recv(&mut buffer).await?;
            if let Some(answer) = query::answer(&question, &buffer[..bytes]) {
                return Ok::<_, std::io::Error>(answer);
            }
        }
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Ok(answer)) => answer.map(|()| began.elapsed()),
        Ok(Err(_)) => Err("unreachable"),
        Err(_) => Err("timed_out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name server that knows `known.test` alone, and is silent about `silent.test`.
    async fn name_server() -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        actix_rt::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (bytes, from) = socket.recv_from(&mut buffer).await.unwrap();
                let mut packet = buffer[..bytes].to_vec();
                let asks = |name: &[u8]| packet.windows(name.len()).any(|part| part == name);
                let (code, answers) = if asks(b"\x05known") { (0, 1) } else { (3, 0) };
                if asks(b"\x06silent") {
                    continue;
                }
                (packet[2], packet[3], packet[7]) = (0x81, 0x80 | code, answers);
                socket.send_to(&packet, from).await.unwrap();
            }
        });
        address
    }

    async fn look(servers: &[String], names: &[&str]) -> DnsV1 {
        let mut config = Config::default();
        config.network.dns.servers = servers.to_vec();
        config.network.wifi.dns_test_domains = names.iter().map(|name| (*name).to_owned()).collect();
        Dns::new(&config).look().await.unwrap().metrics.dns.unwrap()
    }

    #[actix_rt::test]
    async fn a_name_server_is_timed_and_its_refusals_are_named() {
        let server = name_server().await.to_string();
        let dns = look(std::slice::from_ref(&server), &["known.test", "other.test"]).await;
        assert_eq!(
            (dns.method.as_deref(), dns.availability_percent),
            (Some("udp"), Some(50.0))
        );
        let resolver = &dns.resolvers.unwrap()[0];
        assert_eq!(
            (resolver.address.as_str(), resolver.asked, resolver.answered),
            (server.as_str(), 2, 1)
        );
        assert_eq!(resolver.error.as_deref(), Some("no_such_name"));
        assert!(dns.latency_ms.is_some());
    }

    #[actix_rt::test]
    async fn one_that_is_silent_or_away_is_no_zero() {
        let (silent, away) = (name_server().await.to_string(), "127.0.0.1:9".to_owned());
        let dns = look(&[silent, away], &["silent.test"]).await;
        assert_eq!((dns.latency_ms, dns.availability_percent), (None, Some(0.0)));
        let errors: Vec<_> = dns
            .resolvers
            .unwrap()
            .into_iter()
            .filter_map(|one| one.error)
            .collect();
        assert_eq!(errors, ["timed_out", "unreachable"]);
    }

    #[test]
    fn name_servers_are_read_from_the_systems_file() {
        let text = "# nameserver 9.9.9.9\nsearch lan\nnameserver 192.168.1.1\nnameserver fe80::1%en0\n\
            nameserver 2001:db8::53\nnameserver nonsense\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver";
        let servers: Vec<_> = parse_resolv_conf(text).iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["192.168.1.1:53", "[2001:db8::53]:53", "10.0.0.1:53"]);
        assert!(parse_resolv_conf("\u{0}\u{ff}nameserver").is_empty());
    }
}
