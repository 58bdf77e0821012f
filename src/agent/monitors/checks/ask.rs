//! Asks one service: finds its name, connects, speaks TLS and HTTP as far as its kind goes, and times
//! each step. Reads no more of an answer than its first line.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atlas_actors::clock::{Clock, SystemClock};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::target::CheckTarget;
use crate::agent::collect::hundredth;
use crate::tls::inspected::InspectedVerifier;
use crate::tls::pinned::client_config;
use crate::tls::validity::not_after;
use crate::wire::report_v1::CheckV1;

/// A service that has not answered by then is down for whoever waits for it.
const PATIENCE: Duration = Duration::from_secs(8);
/// No first line of HTTP is longer.
const LINE_BYTES_MAX: usize = 1_024;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// Asks it.
pub async fn ask(target: &CheckTarget, judge: Arc<dyn ServerCertVerifier>) -> CheckV1 {
    let began = Instant::now();
    let mut check = CheckV1 {
        name: target.name.clone(),
        target: target.shown.clone(),
        kind: target.asking.word().to_owned(),
        is_up: false,
        latency_ms: None,
        dns_ms: None,
        connect_ms: None,
        tls_ms: None,
        status: None,
        tls_days_left: None,
        tls_version: None,
        error: None,
    };
    let asked = tokio::time::timeout(PATIENCE, steps(target, judge, &mut check)).await;
    match asked {
        Ok(Ok(())) => {
            check.is_up = true;
            check.latency_ms = Some(ms(began));
        }
        Ok(Err(error)) => check.error = Some(error),
        Err(_) => check.error = Some("it does not answer in time".to_owned()),
    }
    check
}

async fn steps(
    target: &CheckTarget,
    judge: Arc<dyn ServerCertVerifier>,
    check: &mut CheckV1,
) -> Result<(), String> {
    let began = Instant::now();
    let addresses: Vec<_> = lookup_host((target.host.as_str(), target.port))
        .await
        .map_err(|error| format!("its name is not found: {error}"))?
        .collect();
    check.dns_ms = Some(ms(began));
    let began = Instant::now();
    let connected = TcpStream::connect(&addresses[..]).await;
    let stream = connected.map_err(|error| format!("it takes no connection: {error}"))?;
    check.connect_ms = Some(ms(began));
    if !target.asking.is_sealed() {
        return if target.asking.is_http() {
            get(stream, target, check).await
        } else {
            Ok(())
        };
    }
    let verifier = InspectedVerifier::new(judge);
    let began = Instant::now();
    let sealed = seal(stream, target, verifier.clone()).await;
    let ends = verifier.shown().and_then(|certificate| not_after(certificate));
    check.tls_days_left = ends.map(|ends| days_until(ends.as_secs(), SystemClock.now().as_secs()));
    let sealed = sealed.map_err(|error| format!("TLS fails: {error}"))?;
    check.tls_ms = Some(ms(began));
    check.tls_version = sealed
        .get_ref()
        .1
        .protocol_version()
        .map(|version| version_name(version).to_owned());
    if target.asking.is_http() {
        get(sealed, target, check).await?;
    }
    Ok(())
}

async fn seal(
    stream: TcpStream,
    target: &CheckTarget,
    verifier: Arc<InspectedVerifier>,
) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let config = client_config(verifier).map_err(io::Error::other)?;
    let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn get(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    target: &CheckTarget,
    check: &mut CheckV1,
) -> Result<(), String> {
    let fault = |error: io::Error| format!("HTTP fails: {error}");
    let is_v6 = target.host.contains(':');
    let host = if is_v6 {
        format!("[{}]", target.host)
    } else {
        target.host.clone()
    };
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {host}:{}\r\nUser-Agent: atlas\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        target.path, target.port
    );
    stream.write_all(request.as_bytes()).await.map_err(fault)?;
    stream.flush().await.map_err(fault)?;
    let mut line = Vec::new();
    while !line.contains(&b'\n') && line.len() < LINE_BYTES_MAX {
        if stream.read_buf(&mut line).await.map_err(fault)? == 0 {
            break;
        }
    }
    let status = parse_status(&line).ok_or("it does not speak HTTP")?;
    check.status = Some(status);
    if (200..400).contains(&status) {
        Ok(())
    } else {
        Err(format!("it answers with HTTP status {status}"))
    }
}

/// Reads a line as `HTTP/1.1 200 OK`.
fn parse_status(line: &[u8]) -> Option<u16> {
    let line = line.split(|byte| *byte == b'\n').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words
        .next()?
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// Whole days from now until then; on the last day 0, after it below 0.
fn days_until(then_s: i64, now_s: i64) -> i64 {
    (then_s - now_s).div_euclid(SECONDS_OF_A_DAY)
}

const fn version_name(version: rustls::ProtocolVersion) -> &'static str {
    match version {
        rustls::ProtocolVersion::TLSv1_3 => "1.3",
        rustls::ProtocolVersion::TLSv1_2 => "1.2",
        _ => "older",
    }
}

fn ms(began: Instant) -> f64 {
    hundredth(began.elapsed().as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_and_nothing_else() {
        assert_eq!(parse_status(b"HTTP/1.1 204 No Content\r\nA: b\r\n"), Some(204));
        assert_eq!(parse_status(b"HTTP/1.0 503\n"), Some(503));
        for line in [
            &b""[..],
            b"HTTP/1.1",
            b"HTTP/1.1 99999 x",
            b"SSH-2.0-OpenSSH",
            b"\xff\xfe 200",
            b"HTTP/1.1 20x",
        ] {
            assert_eq!(parse_status(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_certificate_that_ended_has_less_than_no_days() {
        assert_eq!(days_until(10 * SECONDS_OF_A_DAY + 5, 5), 10);
        assert_eq!(days_until(100, 50), 0);
        assert_eq!(days_until(50, 100), -1);
    }
}
