//! Answers an authority that comes to look (RFC 8555, 8.3): plain HTTP on a port of its own, open only
//! while an order is under way, and saying nothing but the proofs of that order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// A request's head has so many bytes at most.
const HEAD_BYTES_MAX: usize = 4_096;
/// How long one visitor may take.
const VISIT_TIMEOUT: Duration = Duration::from_secs(5);
/// Visitors at once. Reason: an authority looks from a few places at the same time.
const VISITORS_MAX: usize = 32;

/// How long it waits when no visitor can be let in. Reason: a lack of file handles passes.
const REST: Duration = Duration::from_millis(100);

/// Token → proof.
type Proofs = HashMap<String, String>;

/// Listens until it is dropped.
pub(super) struct Responder {
    proofs: watch::Sender<Proofs>,
    listening: JoinHandle<()>,
}

impl Responder {
    pub(super) async fn start(port: u16) -> std::io::Result<Self> {
        let listener = listen(port).await?;
        let (proofs, told) = watch::channel(Proofs::new());
        let places = Arc::new(Semaphore::new(VISITORS_MAX));
        let listening = tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    tokio::time::sleep(REST).await;
                    continue;
                };
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    continue;
                };
                let told = told.clone();
                tokio::spawn(async move {
                    // A visitor that fails comes again.
                    let _ = tokio::time::timeout(VISIT_TIMEOUT, visit(socket, &told)).await;
                    drop(place);
                });
            }
        });
        Ok(Self { proofs, listening })
    }

    pub(super) fn answer(&self, token: &str, proof: &str) {
        self.proofs
            .send_modify(|proofs| drop(proofs.insert(token.to_owned(), proof.to_owned())));
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// On all addresses; of IPv4 alone where a machine has no IPv6.
async fn listen(port: u16) -> std::io::Result<TcpListener> {
    match TcpListener::bind(("::", port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(("0.0.0.0", port)).await,
    }
}

async fn visit(mut socket: TcpStream, proofs: &watch::Receiver<Proofs>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut piece = [0; 1_024];
        let read = socket.read(&mut piece).await?;
        head.extend_from_slice(piece.get(..read).unwrap_or_default());
        if read == 0 || head.len() > HEAD_BYTES_MAX {
            return Ok(());
        }
    }
    let proof = token(&head).and_then(|token| proofs.borrow().get(token).cloned());
    let (status, body) = match proof {
        Some(proof) => ("200 OK", proof),
        None => ("404 Not Found", String::new()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await
}

/// The token that a request asks for.
fn token(head: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    let path = line.strip_prefix("GET ")?.split(' ').next()?;
    path.strip_prefix("/.well-known/acme-challenge/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_challenge_has_a_token() {
        assert_eq!(
            token(b"GET /.well-known/acme-challenge/abc HTTP/1.1\r\n\r\n"),
            Some("abc")
        );
        for other in [
            "GET / HTTP/1.1",
            "POST /.well-known/acme-challenge/abc HTTP/1.1",
            "",
            "\u{ff}",
        ] {
            assert_eq!(token(other.as_bytes()), None, "{other}");
        }
    }
}
