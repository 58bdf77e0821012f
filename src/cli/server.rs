//! `atlas up` and `atlas server`: makes what is missing, starts the server, says where it is, and
//! stops it in good order.

mod banner;
mod cluster_secret;
mod legacy_watch;
mod local_agent;
mod names;
mod oidc;
pub(super) mod stop;
mod tls;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use atlas_actors::auth::SessionTimes;
use atlas_actors::auth::password::Password;
use atlas_actors::clock::SystemClock;
use atlas_actors::model::UserName;
use atlas_actors::supervision::ActorName;
use atlas_actors::{Fleet, Ports, Settings};
use atlas_store::SqliteStore;
use atlas_store::sqlite::{OpenError, SqliteOptions};
use tokio::sync::{Semaphore, watch};

use super::{Failure, Global, ServeArgs, logging, open_files};
use crate::audit_signer::AuditSigner;
use crate::certificate_keeper::key_change::KeyChange;
use crate::certificate_keeper::{Certificates, KEY_CHANGE_FILE, PINS_FILE};
use crate::config::{Config, SecretText, ServerConfig};
use crate::data_dir::DataDir;
use crate::enrolment_desk::EnrolmentDesk;
use crate::http::site::Site;
use crate::http::{self, Edge, LegacyAgents, ServerSize, limits};
use crate::secret_file;
use crate::tls::serving;
use crate::vault::FileVault;
use crate::wire::envelope_v1::KeyV1;
use crate::wire::fleet_stream::StreamEncoder;
use crate::wire::section_changes;
use banner::Banner;
use local_agent::LocalAgent;

/// What runs beside the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// An agent for this very machine.
    LocalAgent,
    /// Nothing.
    Nothing,
}

/// The process's status when an actor can't be kept alive (`EX_SOFTWARE` of sysexits).
const STATUS_INTERNAL: i32 = 70;
/// The process's status when the disk fails (`EX_IOERR` of sysexits).
const STATUS_DISK: u8 = 74;

/// Runs a server until it is told to stop.
///
/// # Errors
/// When it can't start; the sentence says what to do.
pub fn run(global: &Global, args: &ServeArgs, with: With) -> Result<(), Failure> {
    let started = Instant::now();
    let settings = super::config::settings(global, Some(args))?;
    let config = settings.config.clone();
    logging::start(
        &config.logging,
        global.quiet || !global.json && config.logging.level == "info",
    )?;
    if let Some(sentence) = settings.retired_sentence() {
        tracing::warn!("{sentence}");
    }
    open_files::raise_limit();
    let data_dir = DataDir::open(global.data_dir.as_deref())?;
    let listener = bind(&config)?;
    actix_rt::System::new().block_on(async move {
        let clock = Arc::new(SystemClock);
        let store = Arc::new(open_store(&data_dir, &clock).map_err(not_opened)?);
        let running = match start(&config, &data_dir, listener, &store, clock).await {
            Ok(running) => running,
            Err(failure) => {
                // A disk that failed ends the process here, with its own sentence and status.
                store.close().await;
                return Err(failure);
            }
        };
        let agent = running.start_local_agent(&config, &data_dir, with).await?;
        running.banner(&data_dir, started, agent.as_ref()).print(global)?;
        stop::wait(running, agent.map(|agent| agent.handle)).await
    })
}

/// Taken before anything is made, so that a second start changes nothing.
fn bind(config: &Config) -> Result<TcpListener, Failure> {
    let (host, port) = (config.fleet.server.host.as_str(), config.fleet.server.port);
    TcpListener::bind((host, port)).map_err(|error| {
        Failure::new(match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "port {port} is taken, perhaps by a server that runs already: stop it, or choose another with --port"
            ),
            std::io::ErrorKind::PermissionDenied => {
                format!("port {port} needs more rights than this user has: choose one above 1023 with --port")
            }
            _ => format!("can't listen on {host} port {port} ({error}): check fleet.server.host"),
        })
    })
}

/// A server that serves.
pub struct Running {
    fleet: Fleet,
    store: Arc<SqliteStore>,
    server: ServerHandle,
    stop: watch::Sender<bool>,
    public_url: String,
    local_url: String,
    new_password: Option<String>,
    join_token: String,
    first_token: String,
    admin: UserName,
}

async fn start(
    config: &Config,
    data_dir: &DataDir,
    listener: TcpListener,
    store: &Arc<SqliteStore>,
    clock: Arc<SystemClock>,
) -> Result<Running, Failure> {
    let port = listener.local_addr()?.port();
    let shared = cluster_secret::open(&config.fleet.encryption, data_dir)?;
    let names = names::of_this_machine(&config.fleet.server.names);
    let pins_file = data_dir.path().join(PINS_FILE);
    let certificates = Certificates::start(
        tls::certificate_source(config, data_dir, &names, clock.clone())?,
        clock.clone(),
        pins_file,
    )?;
    let desk = EnrolmentDesk::open(&data_dir.identity_key(), certificates.served.clone(), shared)?;
    let signer = Arc::new(AuditSigner::load(&data_dir.identity_key())?);
    let tls = serving::server_config(certificates.served.clone(), tls::oldest(config))?;
    let encoder = Arc::new(StreamEncoder::new(epoch()?));
    let vault = FileVault::open(&data_dir.vault_key())?;
    let fleet = Fleet::start(ports(store, vault, &clock, &encoder, signer), &settings(config));
    let (admin, new_password) = ensure_admin(&fleet, &config.fleet.server).await?;
    let public_url = names::public_url(config, port);
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let issued = fleet.issue_token(names::first_token()).await?;
        tokens.push(desk.token_text(&issued.id, issued.secret));
    }
    let (first_token, join_token) = (tokens.remove(0), tokens.remove(0));
    let (stop, stopping) = watch::channel(false);
    let edge = Edge {
        fleet: fleet.clone(),
        encoder,
        desk,
        legacy: legacy(config)?,
        body_bytes_max: config.fleet.server.max_body_size,
        report_bytes_max: config.fleet.server.max_report_size,
        local_key: local_key(data_dir, port)?,
        own_machine: names::own_machine(config, data_dir),
        public_url: public_url.clone(),
        site: site(config, &names, &public_url)?,
        oidc: oidc::desk(config, &public_url)?,
        key_change: KeyChange::start(&fleet, &certificates, data_dir.path().join(KEY_CHANGE_FILE)),
        certificates,
        held_back: Semaphore::new(limits::HELD_BACK_MAX),
        tested_line: http::speedtest::TestedLine::default(),
        viewers: Arc::new(Semaphore::new(limits::STREAMS_MAX)),
        queries: Arc::new(Semaphore::new(limits::QUERIES_MAX)),
        store_folder: data_dir.store(),
        stopping,
        yardstick: std::env::var_os("ATLAS_YARDSTICK").is_some(),
        traffic: http::router::traffic(),
        is_complete: wake(&fleet),
    };
    legacy_watch::start(&fleet);
    let server = http::serve(edge, listener, tls, size(config))?;
    let handle = server.handle();
    actix_rt::spawn(server);
    let local_url = format!("https://127.0.0.1:{port}");
    Ok(Running {
        fleet,
        store: Arc::clone(store),
        server: handle,
        stop,
        public_url,
        local_url,
        new_password,
        join_token,
        first_token,
        admin,
    })
}

pub(super) fn open_store(data_dir: &DataDir, clock: &Arc<SystemClock>) -> Result<SqliteStore, OpenError> {
    let on_fatal = |reason: String| {
        eprintln!("atlas: the disk failed, stopping so that nothing is promised that is not kept: {reason}");
        std::process::exit(STATUS_DISK.into());
    };
    let options = SqliteOptions {
        folder: data_dir.store(),
        clock: clock.clone(),
        on_fatal: Box::new(on_fatal),
        bytes_max: None,
    };
    SqliteStore::open(options)
}

fn not_opened(error: OpenError) -> Failure {
    if error.is_of_room() {
        return Failure::new(
            "the disk of the data folder is full: make room, or name another folder with --data-dir",
        );
    }
    match error.is_of_disk() {
        true => Failure::with_status(STATUS_DISK, format!("the disk failed: {error}")),
        false => error.into(),
    }
}

pub(super) fn ports(
    store: &Arc<SqliteStore>,
    vault: FileVault,
    clock: &Arc<SystemClock>,
    encoder: &Arc<StreamEncoder>,
    signer: Arc<AuditSigner>,
) -> Ports {
    Ports {
        store: store.clone(),
        vault: Arc::new(vault),
        clock: clock.clone(),
        encoder: encoder.clone(),
        signer,
        compare_sections: section_changes::compare,
        give_up: Arc::new(|actor: &ActorName| {
            eprintln!(
                "atlas: the {actor} could not be kept alive, stopping; start again, and see the log for why"
            );
            std::process::exit(STATUS_INTERNAL);
        }),
        fault: None,
    }
}

pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        presence: config.fleet.server.presence.into(),
        sessions: SessionTimes {
            length: Duration::from_secs(config.fleet.server.session_timeout),
            idle: Duration::from_secs(config.fleet.server.session_idle_timeout),
        },
        password_chars_min: config.fleet.server.min_password_length,
        retention: config.fleet.server.history.into(),
    }
}

/// Reads all machines from disk while the server already takes reports.
fn wake(fleet: &Fleet) -> Arc<AtomicBool> {
    let is_complete = Arc::new(AtomicBool::new(false));
    let (fleet, done) = (fleet.clone(), Arc::clone(&is_complete));
    actix_rt::spawn(async move {
        let started = Instant::now();
        match fleet.wake().await {
            Ok(machines) => {
                done.store(true, Ordering::Relaxed);
                tracing::info!(
                    machines,
                    elapsed_ms = started.elapsed().as_millis(),
                    "all machines are read"
                );
            }
            Err(error) => tracing::error!(%error, "not all machines could be read; each is when it reports"),
        }
    });
    is_complete
}

/// The first administrator: as the config says, or `admin` with a password that is made up and shown
/// once.
async fn ensure_admin(fleet: &Fleet, config: &ServerConfig) -> Result<(UserName, Option<String>), Failure> {
    let name = config.web_username.as_deref().unwrap_or("admin");
    let name = UserName::parse(name).map_err(|error| {
        Failure::new(format!(
            "FLEET_WEB_USERNAME (fleet.server.web_username) can't be a user name: {error}"
        ))
    })?;
    let given = config.web_password.as_ref();
    let password = match given {
        Some(password) => password.expose().to_owned(),
        None => names::random_password()?,
    };
    let made = fleet.ensure_admin(name.clone(), Password(password.clone()));
    let made = made.await.map_err(|error| match given {
        Some(_) => Failure::new(format!(
            "FLEET_WEB_PASSWORD (fleet.server.web_password) can't be used: {error}"
        )),
        None => Failure::new(format!("the first administrator can't be made: {error}")),
    })?;
    Ok((name, (made && given.is_none()).then_some(password)))
}

fn site(config: &Config, names: &[String], public_url: &str) -> Result<Site, Failure> {
    let server = &config.fleet.server;
    let proxies: Result<Vec<_>, _> = server.trusted_proxies.iter().map(|proxy| proxy.parse()).collect();
    let proxies = proxies
        .map_err(|error| Failure::new(format!("fleet.server.trusted_proxies: each must be {error}")))?;
    Ok(Site::new(names, public_url, proxies, server.strict_origin))
}

fn legacy(config: &Config) -> Result<LegacyAgents, Failure> {
    let key = config
        .fleet
        .server
        .encryption_key
        .as_ref()
        .map(SecretText::expose);
    let sealing_key = key.map(KeyV1::parse).transpose().map_err(|error| {
        Failure::new(format!(
            "fleet.server.encryption_key (FLEET_ENCRYPTION_KEY) is {error}"
        ))
    })?;
    Ok(LegacyAgents {
        api_key: config
            .fleet
            .server
            .api_key
            .as_ref()
            .map(|key| key.expose().to_owned()),
        sealing_key,
        require_sealed: config.fleet.server.require_sealed,
        until: config.fleet.server.legacy_agents_end(),
    })
}

/// A new key at each start: programs on this machine that may read the file act as administrators.
fn local_key(data_dir: &DataDir, port: u16) -> Result<String, Failure> {
    let key = secret_file::random_hex()?;
    secret_file::write(&data_dir.local_key(), format!("{key}\n{port}\n").as_bytes())?;
    Ok(key)
}

fn epoch() -> Result<u64, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("the operating system has no random numbers"))?;
    Ok(u64::from_le_bytes(bytes))
}

/// One worker a core, and no less than two: a slow answer must not hold up the only one.
fn size(config: &Config) -> ServerSize {
    ServerSize {
        workers: std::thread::available_parallelism().map_or(2, usize::from).max(2),
        connections: config.fleet.server.max_connections,
    }
}

impl Running {
    /// Starts the agent of this very machine, over HTTPS as any other. A server without it is worth
    /// having, so a failure is told and is no error.
    async fn start_local_agent(
        &self,
        config: &Config,
        data_dir: &DataDir,
        with: With,
    ) -> Result<Option<LocalAgent>, Failure> {
        if with == With::Nothing {
            return Ok(None);
        }
        match local_agent::start(&self.fleet, &self.local_url, &self.first_token, config, data_dir).await {
            Ok(agent) => Ok(Some(agent)),
            Err(failure) => {
                tracing::warn!("no agent runs for this machine: {failure}");
                Ok(None)
            }
        }
    }

    fn banner(&self, data_dir: &DataDir, started: Instant, agent: Option<&LocalAgent>) -> Banner {
        Banner {
            dashboard: self.public_url.clone(),
            local: self.local_url.clone(),
            user: self.admin.to_string(),
            password: self.new_password.clone(),
            data_dir: data_dir.path().to_owned(),
            agent: agent.map(|agent| agent.machine_id.clone()),
            add_machine: format!(
                "atlas agent enroll {} --token {}",
                self.public_url, self.join_token
            ),
            started: started.elapsed(),
        }
    }
}
