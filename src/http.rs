//! The HTTPS server: translates between the wire and the fleet, and decides nothing. It never
//! imports the agent; what both know is in `wire`.

pub mod access;
pub mod agent_commands;
pub mod agents;
pub mod api_keys;
pub mod audit;
pub mod body;
pub mod caller;
pub mod certificate;
pub mod channel;
pub mod commands;
pub mod conditional;
pub mod cookies;
pub mod error;
pub mod health;
pub mod history;
pub mod legacy;
pub mod legacy_commands;
pub mod legacy_users;
pub mod limits;
pub mod machines;
pub mod network;
pub mod notice;
pub mod oidc;
pub mod openapi;
pub mod operator_keys;
pub mod own_account;
pub mod page;
pub mod pins;
pub mod prometheus;
pub mod quarantine;
pub mod query;
pub mod reports;
pub mod request_id;
pub mod router;
pub mod scripts;
pub mod sealed;
pub mod sealed_answer;
pub mod sections;
pub mod security_headers;
pub mod sessions;
pub mod site;
pub mod speed_tests;
pub mod speedtest;
pub mod storage;
pub mod stream;
pub mod streams;
pub mod tokens;
pub mod traffic;
pub mod users;
pub mod yardstick;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use atlas_actors::Fleet;
use atlas_actors::clock::Timestamp;
use tokio::sync::{Semaphore, watch};

use self::site::Site;
use self::traffic::Traffic;
use crate::certificate_keeper::Certificates;
use crate::certificate_keeper::key_change::KeyChange;
use crate::enrolment_desk::EnrolmentDesk;
use crate::wire::envelope_v1::KeyV1;
use crate::wire::fleet_stream::StreamEncoder;

/// What every handler has.
pub struct Edge {
    /// The fleet.
    pub fleet: Fleet,
    /// How frames look.
    pub encoder: Arc<StreamEncoder>,
    /// Who enrols agents.
    pub desk: EnrolmentDesk,
    /// What agents of 1.x and 2.0 may use.
    pub legacy: LegacyAgents,
    /// Bytes of a request's body at most.
    pub body_bytes_max: usize,
    /// Bytes of a report at most.
    pub report_bytes_max: usize,
    /// The key by which programs on this very machine act as an administrator.
    pub local_key: String,
    /// The id of the machine that this server runs on, as its agent would report.
    pub own_machine: String,
    /// Where people and agents reach this server.
    pub public_url: String,
    /// What this server is called, and who speaks for others.
    pub site: Site,
    /// The way to the identity provider, if people may sign in by one.
    pub oidc: Option<oidc::OidcDesk>,
    /// The certificate that is served.
    pub certificates: Certificates,
    /// The change to the next TLS key.
    pub key_change: KeyChange,
    /// Places for attempts to sign in that are answered later.
    pub held_back: Semaphore,
    /// The line, as far as speed tests may take it.
    pub tested_line: speedtest::TestedLine,
    /// Places for live streams.
    pub viewers: Arc<Semaphore>,
    /// Places for questions about history.
    pub queries: Arc<Semaphore>,
    /// The folder in which the store rests.
    pub store_folder: PathBuf,
    /// Turns true when the server stops.
    pub stopping: watch::Receiver<bool>,
    /// Whether the routes that do nothing are there, to measure the others by.
    pub yardstick: bool,
    /// What each route answered, and how long it took.
    pub traffic: Traffic,
    /// Whether all machines have been read from disk since the start.
    pub is_complete: Arc<AtomicBool>,
}

/// What agents of 1.x and 2.0 may use; without a key they are refused.
pub struct LegacyAgents {
    /// The key that they share.
    pub api_key: Option<String>,
    /// The key under which they seal their reports; with it plain ones are refused.
    pub sealing_key: Option<KeyV1>,
    /// Whether plain reports are refused even without such a key.
    pub require_sealed: bool,
    /// When these agents are no longer taken.
    pub until: Option<Timestamp>,
}

/// How large a server is.
#[derive(Clone, Copy, Debug)]
pub struct ServerSize {
    /// Threads that serve.
    pub workers: usize,
    /// Connections at once, of all workers together.
    pub connections: usize,
}

/// Starts to serve on a listener.
///
/// # Errors
/// When the operating system refuses the listener.
pub fn serve(
    edge: Edge,
    listener: TcpListener,
    tls: rustls::ServerConfig,
    size: ServerSize,
) -> std::io::Result<Server> {
    let edge = web::Data::new(edge);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(edge.clone())
            .app_data(web::QueryConfig::default().error_handler(|error, _| bad_query(&error).into()))
            .configure(router::configure)
            .wrap(from_fn(streams::limit))
            .wrap(security_headers::security_headers())
            .wrap(from_fn(request_id::with_request_id))
    })
    .on_connect(streams::count_on)
    .workers(size.workers)
    .backlog(limits::BACKLOG)
    .max_connections((size.connections / size.workers).max(1))
    .max_connection_rate(limits::HANDSHAKES_PER_WORKER)
    .client_request_timeout(limits::HEAD_DEADLINE)
    .client_disconnect_timeout(Duration::from_secs(2))
    // Without it the answer waits for the acknowledgement of the TLS session tickets: 40 ms.
    .tcp_nodelay(true)
    .keep_alive(limits::KEEP_ALIVE)
    .tls_handshake_timeout(limits::HANDSHAKE_DEADLINE)
    .shutdown_timeout(limits::DRAIN.as_secs())
    .disable_signals()
    .listen_rustls_0_23(listener, tls)?;
    Ok(server.run())
}

fn bad_query(_: &actix_web::error::QueryPayloadError) -> error::ApiError {
    error::ApiError::bad_request(
        "malformed_query",
        "The address's query is not what this route takes: docs/api.md shows its fields.",
    )
}
