//! HTTP/2: agreed on by ALPN, bounded by streams, and calm under a flood of resets.

use std::sync::Arc;

use atlas::tls::pinned::{FirstContact, client_config};
use h2::client::{ResponseFuture, SendRequest};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::raw::assert_serves;
use crate::running::{KEY, Server};

/// As `STREAMS_PER_CONNECTION` of the server.
const STREAMS_MAX: usize = 64;
/// Resets that nobody in their right mind sends.
const FLOOD: u32 = 20_000;

async fn connect(
    server: &Server,
) -> (
    SendRequest<bytes::Bytes>,
    tokio::task::JoinHandle<Result<(), h2::Error>>,
) {
    let mut config = client_config(FirstContact::new()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
        .unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (sender, connection) = h2::client::handshake(tls).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn request(method: &str, path: &str) -> http::Request<()> {
    http::Request::builder()
        .method(method)
        .uri(format!("https://localhost{path}"))
        .header("content-type", "application/json")
        .header("x-api-key", KEY)
        .body(())
        .unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

async fn status(answer: ResponseFuture) -> u16 {
    answer.await.map_or(0, |answer| answer.status().as_u16())
}

#[test]
fn a_connection_has_64_requests_under_way_and_no_more() {
    let server = Server::start();
    runtime().block_on(async {
        let (mut sender, _connection) = connect(&server).await;
        let (mut held, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..STREAMS_MAX + 40 {
            sender = sender.ready().await.unwrap();
            // The body does not come yet, so that the request stays under way.
            let (answer, body) = sender
                .send_request(request("POST", "/api/fleet/report"), false)
                .unwrap();
            held.push(body);
            answers.push(answer);
        }
        // The bodies come only when those above the limit have their answer: a request that has ended
        // would make room for one of them.
        for answer in answers.split_off(STREAMS_MAX) {
            assert_eq!(status(answer).await, 503);
        }
        for (body, at) in held.iter_mut().take(STREAMS_MAX).zip(0..) {
            let report = format!(r#"{{"machine_id":"stream-{at}"}}"#);
            body.send_data(report.into(), true).unwrap();
        }
        for answer in answers {
            assert_eq!(status(answer).await, 200);
        }
        // Those have ended: the connection serves again.
        sender = sender.ready().await.unwrap();
        let (answer, _) = sender.send_request(request("GET", "/api/health"), true).unwrap();
        assert_eq!(status(answer).await, 200);
    });
    assert_serves(&server, "afterwards");
}

#[test]
fn a_flood_of_resets_ends_its_own_connection_only() {
    let server = Server::start();
    runtime().block_on(async {
        let (mut sender, connection) = connect(&server).await;
        let mut floods = 0;
        for _ in 0..FLOOD {
            let Ok(ready) = sender.clone().ready().await else {
                break;
            };
            sender = ready;
            let Ok((answer, mut body)) = sender.send_request(request("POST", "/api/fleet/report"), false)
            else {
                break;
            };
            body.send_reset(h2::Reason::CANCEL);
            drop(answer);
            floods += 1;
            tokio::task::yield_now().await;
        }
        drop(sender);
        // The server says ENHANCE_YOUR_CALM and hangs up; which of both is heard first is chance.
        assert!(
            connection.await.unwrap().is_err() && floods < FLOOD,
            "{floods} resets were taken"
        );
    });
    assert_serves(&server, "afterwards");
}
