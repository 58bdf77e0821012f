//! A TLS connection whose bytes the test chooses.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use atlas::tls::pinned::{FirstContact, client_config};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::running::{KEY, Server};

/// Longer than every deadline of the server.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open connection.
pub(crate) struct Raw(pub(crate) StreamOwned<ClientConnection, TcpStream>);

impl Raw {
    /// Connects and shakes hands.
    pub(crate) fn connect(server: &Server) -> Self {
        Self::try_connect(server, PATIENCE).unwrap()
    }

    /// The same, if the server answers the handshake in that time.
    pub(crate) fn try_connect(server: &Server, patience: Duration) -> std::io::Result<Self> {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port()))?;
        socket.set_read_timeout(Some(patience))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let config = client_config(FirstContact::new()).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(StreamOwned::new(tls, socket)))
    }

    /// Sends bytes; false when the server does not take them any more.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0
            .write_all(bytes.as_ref())
            .and_then(|()| self.0.flush())
            .is_ok()
    }

    /// What has come within that time, if anything; an error is the end.
    pub(crate) fn peek(&mut self, patience: Duration) -> Option<Vec<u8>> {
        self.0.sock.set_read_timeout(Some(patience)).unwrap();
        let mut piece = [0; 16_384];
        let read = self.0.read(&mut piece);
        self.0.sock.set_read_timeout(Some(PATIENCE)).unwrap();
        match read {
            Ok(bytes) => Some(piece[..bytes].to_vec()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(_) => Some(Vec::new()),
        }
    }

    /// One answer: up to the end of its body, or of the connection.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut bytes = Vec::new();
        let mut piece = [0; 16_384];
        loop {
            if let Some(answer) = Answer::parse(&bytes) {
                return answer;
            }
            match self.0.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
                Err(error) => {
                    let is_timeout = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                    assert!(!is_timeout, "the server neither answered nor closed");
                    break;
                }
            }
        }
        Answer {
            status: 0,
            head: String::new(),
            body: bytes,
        }
    }

    /// Whether the server has closed the connection, within its patience.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut piece = [0; 1_024];
        loop {
            match self.0.read(&mut piece) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => {
                    return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                }
            }
        }
    }
}

/// An answer; status 0 = the connection ended without one.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its head, in small letters.
    pub(crate) head: String,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head
            .split("\r\n")
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |length| length.trim().parse().unwrap());
        let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body })
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The head of a report as an agent of 2.0 sends it, with these lines more.
pub(crate) fn report_head(more: &str) -> String {
    format!(
        "POST /api/fleet/report HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-API-Key: {KEY}\r\n{more}\r\n"
    )
}

/// A report with its length.
pub(crate) fn report(body: &str) -> String {
    report_head(&format!("Content-Length: {}\r\n", body.len())) + body
}

/// The server still takes a good report, and shows it.
pub(crate) fn assert_serves(server: &Server, machine: &str) {
    let body = format!(r#"{{"machine_id":"{machine}","metrics":{{"cpu":{{"percent":1.5}}}}}}"#);
    assert_eq!(server.report(body).status(), 200);
    server.until("the good report is shown", |list| {
        list.to_string().contains(&format!("\"{machine}\""))
    });
}
