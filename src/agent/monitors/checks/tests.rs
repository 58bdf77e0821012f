//! Checks of real servers on this machine.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// Answers every connection with that text; answers with its port.
async fn plain(said: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_rt::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1_024]).await;
            let _ = stream.write_all(said.as_bytes()).await;
        }
    });
    port
}

/// The same over TLS, with a certificate for localhost that is good until that year; and who vouches
/// for it.
async fn sealed(said: &'static str, until: i32) -> (u16, Arc<WebPkiServerVerifier>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_rt::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            actix_rt::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let _ = stream.read(&mut [0; 1_024]).await;
                let _ = stream.write_all(said.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, judge)
}

async fn look(targets: &[String], judge: Option<Arc<WebPkiServerVerifier>>) -> MetricsV1 {
    let checks = Checks::new(targets);
    let mut checks = match judge {
        Some(judge) => checks.judged_by(judge),
        None => checks,
    };
    checks.look().await.unwrap().metrics
}

#[actix_rt::test]
async fn a_service_that_answers_is_up_and_one_that_fails_says_how() {
    let (well, ill) = (
        plain("HTTP/1.1 204 x\r\n\r\n").await,
        plain("HTTP/1.1 503 x\r\n\r\n").await,
    );
    let shut = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let targets = [
        format!("http://127.0.0.1:{well}/health Well"),
        format!("http://127.0.0.1:{ill}"),
        format!("tcp://127.0.0.1:{well}"),
        format!("tcp://127.0.0.1:{shut}"),
        "nonsense".to_owned(),
    ];
    let metrics = look(&targets, None).await;
    let checks = metrics.checks.unwrap();
    assert_eq!(
        (checks[0].name.as_str(), checks[0].is_up, checks[0].status),
        ("Well", true, Some(204))
    );
    assert!(checks[0].latency_ms.is_some() && checks[0].connect_ms.is_some());
    assert_eq!(
        (checks[1].is_up, checks[1].status, checks[1].latency_ms),
        (false, Some(503), None)
    );
    assert!(checks[2].is_up && !checks[3].is_up);
    assert!(checks[3].error.as_ref().unwrap().contains("takes no connection"));
    assert!(checks[4].error.as_ref().unwrap().contains("https://"));
    let sums = metrics.saas_endpoints.unwrap();
    assert_eq!(
        (sums["http"].availability, sums["tcp"].availability),
        (50.0, 50.0)
    );
    assert_eq!(sums.len(), 2);
}

#[actix_rt::test]
async fn a_certificate_is_counted_in_days_and_one_that_ended_is_told_from_a_stranger() {
    let (port, judge) = sealed("HTTP/1.1 200 OK\r\n\r\n", 2999).await;
    let targets = [
        format!("https://localhost:{port}"),
        format!("tls://localhost:{port}"),
    ];
    let checks = look(&targets, Some(judge)).await.checks.unwrap();
    for check in &checks {
        assert!(check.is_up, "{check:?}");
        assert!(check.tls_days_left.unwrap() > 100_000 && check.tls_ms.is_some());
        assert_eq!(check.tls_version.as_deref(), Some("1.3"));
    }
    let (port, judge) = sealed("", 2021).await;
    let target = [format!("tls://localhost:{port}")];
    let ended = look(&target, Some(judge)).await.checks.unwrap().remove(0);
    assert!(!ended.is_up && ended.tls_days_left.unwrap() < 0, "{ended:?}");
    let (port, _) = sealed("", 2999).await;
    let (_, other) = sealed("", 2999).await;
    let stranger = look(&[format!("tls://localhost:{port}")], Some(other))
        .await
        .checks
        .unwrap()
        .remove(0);
    assert!(
        !stranger.is_up && stranger.tls_days_left.unwrap() > 0,
        "{stranger:?}"
    );
}
