//! Where all actors meet: who exists, on which thread, and who knows whom. [`Fleet`] is the only
//! handle that the edge has.
//!
//! ```text
//! fleet thread:    Registry ─▶ Machine, one for each record ─▶ Roster ─▶ published view, frames
//! services thread: Historian ─▶ BlockCodec pool      CommandQueue ─▶ published due commands
//!                  Channels ─▶ published health of the agents     Downtimes ─▶ published
//!                  AuthService ─▶ published credentials   Quarantine   AuditLog   Sections   PasswordHasher pool
//!                  ScriptLibrary
//! ```

mod accounts;
mod ask;
mod audit;
mod sections;

pub use ask::Busy;
pub use audit::AuditQuestion;

use std::sync::Arc;

use actix::{Actor, Addr, Arbiter, Context, Supervised};
use arc_swap::ArcSwap;
use futures_util::TryFutureExt;
use tokio::sync::{Semaphore, broadcast};

use crate::audit_log::{AuditHead, AuditLog, Signer};
use crate::auth::password::PasswordHasher;
use crate::auth::{AuthService, Credentials, SessionTimes};
use crate::channels::{ChannelTable, Channels};
use crate::clock::Clock;
use crate::command_queue::{CommandQueue, DueCommands};
use crate::downtimes::{Downtimes, NoteStop};
use crate::historian::Historian;
use crate::historian::codec::BlockCodec;
use crate::historian::retention::Retention;
use crate::limits::{ADMISSION_MAX, BACKLOG_TOGETHER, PASSWORD_QUEUE, VIEWERS_MAX};
use crate::machine::MachinePorts;
use crate::messages::{CheckpointAll, PublishView, WakeMachines};
use crate::model::{Gap, MachineId, PresenceRule};
use crate::quarantine::Quarantine;
use crate::registry::{Registry, WAKE_TOGETHER};
use crate::roster::{FleetView, Published, Roster, ViewEncoder};
use crate::script_library::ScriptLibrary;
use crate::sections::Sections;
use crate::sections::kept::Compare;
use crate::store::{Store, StoreError, Stream};
use crate::supervision::keeper::keep_in;
use crate::supervision::{ActorName, Fault, GiveUp, Safety};
use crate::vault::Vault;

/// What the fleet needs from outside.
#[derive(Clone)]
pub struct Ports {
    /// Where bytes rest.
    pub store: Arc<dyn Store>,
    /// What wraps secrets before they rest there.
    pub vault: Arc<dyn Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How views look on the wire.
    pub encoder: Arc<dyn ViewEncoder>,
    /// What signs the audit log.
    pub signer: Arc<dyn Signer>,
    /// What says how two bodies of a section differ.
    pub compare_sections: Compare,
    /// Ends the process; called when a service can't be kept alive.
    pub give_up: GiveUp,
    /// Makes actors panic on purpose, in tests.
    pub fault: Option<Fault>,
}

/// What can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When silence means what.
    pub presence: PresenceRule,
    /// How long somebody stays signed in.
    pub sessions: SessionTimes,
    /// Characters that a new password has at least.
    pub password_chars_min: usize,
    /// How much history is kept.
    pub retention: Retention,
}

/// The fleet's handle: cheap to clone, safe to share.
#[derive(Clone)]
pub struct Fleet {
    registry: Addr<Registry>,
    roster: Addr<Roster>,
    historian: Addr<Historian>,
    commands: Addr<CommandQueue>,
    channels: Addr<Channels>,
    scripts: Addr<ScriptLibrary>,
    auth: Addr<AuthService>,
    audit: Addr<AuditLog>,
    hasher: Addr<PasswordHasher>,
    /// Places for passwords that are with the hasher.
    hashing: Arc<Semaphore>,
    quarantine: Addr<Quarantine>,
    sections: Addr<Sections>,
    published: Published,
    audit_head: Arc<ArcSwap<AuditHead>>,
    credentials: Arc<ArcSwap<Credentials>>,
    due: Arc<ArcSwap<DueCommands>>,
    channel_table: Arc<ArcSwap<ChannelTable>>,
    downtime: Addr<Downtimes>,
    downtimes: Arc<ArcSwap<Vec<Gap>>>,
    admission: Arc<Semaphore>,
    /// Places for reports of the past.
    backlog: Arc<Semaphore>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    retention: Retention,
}

impl Fleet {
    /// Starts all actors. Machines that are on disk are not awake yet: see [`Fleet::wake`]; a report
    /// wakes its machine itself.
    #[expect(clippy::too_many_lines, reason = "all actors, wired on one page")]
    #[must_use]
    pub fn start(ports: Ports, settings: &Settings) -> Self {
        let (fleet, services) = (Arbiter::new(), Arbiter::new());
        let Ports {
            store,
            vault,
            clock,
            encoder,
            signer,
            compare_sections,
            give_up,
            fault,
        } = ports;
        let credentials = Arc::<ArcSwap<Credentials>>::default();
        let due = Arc::<ArcSwap<DueCommands>>::default();
        let published = nothing_published();

        let quarantine = start_quarantine(&services, &store, &clock, &fault, &give_up);
        let safety = Safety::new(quarantine.clone(), fault, give_up);
        let (fleet, services) = (Kept(&fleet, &safety), Kept(&services, &safety));
        let (audit, audit_head) = start_audit(&services, &store, &clock, signer);
        let hasher = PasswordHasher::start_pool(&safety, settings.password_chars_min);
        let historian = start_historian(&services, &store, &clock, settings.retention);
        let (commands, scripts) = start_commands(&services, &store, &clock, &due);
        let auth = AuthService::new(
            store.clone(),
            vault,
            clock.clone(),
            safety.clone(),
            credentials.clone(),
            settings.sessions,
        );
        let auth = services.start(ActorName::AuthService, auth);
        let (channels, channel_table) = start_channels(&services, &clock, &credentials);
        let (downtime, downtimes) = start_downtimes(&services, &store, &clock);
        let sections = start_sections(&services, &store, &clock, compare_sections);
        let roster = Roster::new(published.clone(), encoder, clock.clone(), safety.clone());
        let roster = fleet.start(ActorName::Roster, roster);
        let machine_ports = MachinePorts {
            store: store.clone(),
            clock: clock.clone(),
            roster: roster.clone(),
            historian: historian.clone(),
            safety: safety.clone(),
            presence: settings.presence,
            listening_since: clock.now(),
        };
        let registry = Registry::new(Arc::new(machine_ports));
        let registry = fleet.start(ActorName::Registry, registry);
        Self {
            registry,
            roster,
            historian,
            commands,
            channels,
            scripts,
            auth,
            audit,
            hasher,
            hashing: Arc::new(Semaphore::new(PASSWORD_QUEUE)),
            quarantine,
            sections,
            published,
            audit_head,
            credentials,
            due,
            channel_table,
            downtime,
            downtimes,
            admission: Arc::new(Semaphore::new(ADMISSION_MAX)),
            backlog: Arc::new(Semaphore::new(BACKLOG_TOGETHER)),
            store,
            clock,
            retention: settings.retention,
        }
    }

    /// Wakes every machine that is on disk; answers with their number once readers see them all. Reports
    /// are taken meanwhile.
    ///
    /// # Errors
    /// When the store can't say which machines there are.
    pub async fn wake(&self) -> Result<usize, StoreError> {
        let is_machine = |stream| match stream {
            Stream::Machine(id) => Some(id),
            Stream::Commands | Stream::Audit => None,
        };
        let ids: Vec<MachineId> = self
            .store
            .streams()
            .await?
            .into_iter()
            .filter_map(is_machine)
            .collect();
        for some in ids.chunks(WAKE_TOGETHER) {
            self.registry
                .send(WakeMachines(some.to_vec()))
                .map_err(|_| StoreError::Closed)
                .await?;
        }
        self.roster
            .send(PublishView)
            .await
            .map_err(|_| StoreError::Closed)?;
        Ok(ids.len())
    }

    /// Writes down what would have to be replayed otherwise. Nothing is lost without it: the next
    /// start is only faster.
    pub async fn checkpoint(&self) {
        // Without it the next start thinks that it was away a few seconds longer.
        let _ = self.downtime.send(NoteStop).await;
        if self.registry.send(CheckpointAll).await.is_err() {
            tracing::warn!("the registry is away: the next start replays the journal");
        }
    }
}

fn nothing_published() -> Published {
    Published {
        view: Arc::new(ArcSwap::from_pointee(FleetView::default())),
        frames: broadcast::channel(VIEWERS_MAX).0,
    }
}

fn start_historian(
    services: &Kept<'_>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    retention: Retention,
) -> Addr<Historian> {
    let codec = BlockCodec::start_pool(services.1);
    let safety = services.1.clone();
    let historian = Historian::new(store.clone(), clock.clone(), codec, safety, retention);
    services.start(ActorName::Historian, historian)
}

fn start_downtimes(
    services: &Kept<'_>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> (Addr<Downtimes>, Arc<ArcSwap<Vec<Gap>>>) {
    let published = Arc::<ArcSwap<Vec<Gap>>>::default();
    let downtimes = Downtimes::new(
        store.clone(),
        clock.clone(),
        services.1.clone(),
        published.clone(),
    );
    (services.start(ActorName::Downtimes, downtimes), published)
}

fn start_channels(
    services: &Kept<'_>,
    clock: &Arc<dyn Clock>,
    credentials: &Arc<ArcSwap<Credentials>>,
) -> (Addr<Channels>, Arc<ArcSwap<ChannelTable>>) {
    let table = Arc::<ArcSwap<ChannelTable>>::default();
    let channels = Channels::new(
        clock.clone(),
        services.1.clone(),
        credentials.clone(),
        table.clone(),
    );
    (services.start(ActorName::Channels, channels), table)
}

fn start_commands(
    services: &Kept<'_>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    due: &Arc<ArcSwap<DueCommands>>,
) -> (Addr<CommandQueue>, Addr<ScriptLibrary>) {
    let safety = services.1;
    let queue = CommandQueue::new(store.clone(), clock.clone(), safety.clone(), due.clone());
    let library = ScriptLibrary::new(store.clone(), clock.clone(), safety.clone());
    (
        services.start(ActorName::CommandQueue, queue),
        services.start(ActorName::ScriptLibrary, library),
    )
}

fn start_sections(
    services: &Kept<'_>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    compare: Compare,
) -> Addr<Sections> {
    let sections = Sections::new(store.clone(), clock.clone(), services.1.clone(), compare);
    services.start(ActorName::Sections, sections)
}

fn start_audit(
    services: &Kept<'_>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    signer: Arc<dyn Signer>,
) -> (Addr<AuditLog>, Arc<ArcSwap<AuditHead>>) {
    let head = Arc::<ArcSwap<AuditHead>>::default();
    let audit_log = AuditLog::new(store, clock, services.1, signer, &head);
    (services.start(ActorName::AuditLog, audit_log), head)
}

/// Where actors are started, and what shields them.
struct Kept<'f>(&'f Arbiter, &'f Safety);

impl Kept<'_> {
    /// Starts an actor that is started again whenever it stops or panics.
    fn start<A>(&self, name: ActorName, actor: A) -> Addr<A>
    where
        A: Actor<Context = Context<A>> + Supervised + Send,
    {
        keep_in(self.0, name, Some(self.1.clone()), actor)
    }
}

/// The quarantine comes first: all others are shielded by it, and it by itself.
fn start_quarantine(
    arbiter: &Arbiter,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    fault: &Option<Fault>,
    give_up: &GiveUp,
) -> Addr<Quarantine> {
    let safety = Safety::of_the_quarantine(fault.clone(), give_up.clone());
    let quarantine = Quarantine::new(store.clone(), clock.clone(), safety.clone());
    Kept(arbiter, &safety).start(ActorName::Quarantine, quarantine)
}
