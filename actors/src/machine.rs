//! Owns one machine's record. Receives `RecordReport`, `TagMachine`, `ReadOpenRows` and its own
//! timers; emits `MachineChanged` to the roster and `SamplesRecorded` to the historian.
//!
//! A change is decided, written to the journal, and only then applied: what was answered is on disk,
//! and what is shown is on disk. While one change is on its way to the disk, the next one waits.

pub mod absence;
pub mod clone_watch;
pub mod event;
mod lifecycle;
pub mod open_block;
pub mod record;
pub mod window;

use std::sync::Arc;

use actix::{ActorFutureExt, Addr, AtomicResponse, Context, Handler, MessageResult, WrapFuture};

use crate::clock::{Clock, Timestamp};
use crate::historian::Historian;
use crate::limits::CHECKPOINT_EVERY;
use crate::messages::{
    AnnounceSilence, AwaitRecord, CheckpointAll, MachineChanged, MachineError, ReadOpenRows, RecordError,
    RecordReport, Retire, SamplesRecorded, TagMachine,
};
use crate::model::{MachineId, PresenceRule, Receipt, Report, Tag};
use crate::roster::Roster;
use crate::store::{AppendError, Revision, Store, Stream, Version};
use crate::stored::encode;
use crate::supervision::{ActorName, Panicked, Restarts, Safety, shielded};

use event::MachineEvent;
use open_block::Row;
use record::{Decision, MachineRecord};

/// What all machines share.
pub struct MachinePorts {
    /// Where records rest.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is told of changes.
    pub roster: Addr<Roster>,
    /// Who keeps history.
    pub historian: Addr<Historian>,
    /// The shields.
    pub safety: Safety,
    /// When silence means what.
    pub presence: PresenceRule,
    /// When this server began to listen.
    pub listening_since: Timestamp,
}

/// One machine's actor.
pub struct Machine {
    id: MachineId,
    ports: Arc<MachinePorts>,
    /// Nothing until it was read from the store.
    record: Option<Box<MachineRecord>>,
    version: Version,
    checkpoint: Checkpoint,
    restarts: Restarts,
    suspended_until: Option<Timestamp>,
    /// A change that the roster was not yet told.
    is_dirty: bool,
    is_storing: bool,
    is_watched: bool,
    is_retired: bool,
}

#[derive(Default)]
struct Checkpoint {
    version: Version,
    revision: Revision,
    is_running: bool,
}

impl Machine {
    /// The actor of that machine; it reads its record when it starts.
    #[must_use]
    pub fn new(id: MachineId, ports: Arc<MachinePorts>) -> Self {
        Self {
            id,
            ports,
            record: None,
            version: Version::default(),
            checkpoint: Checkpoint::default(),
            restarts: Restarts::default(),
            suspended_until: None,
            is_dirty: false,
            is_storing: false,
            is_watched: false,
            is_retired: false,
        }
    }

    fn shield<T>(
        &self,
        ctx: &mut Context<Self>,
        message: &dyn std::fmt::Debug,
        core: impl FnOnce(&MachineRecord) -> T,
    ) -> Result<Option<T>, Panicked> {
        let record = self.record.as_deref();
        let name = || ActorName::Machine(self.id.clone());
        shielded(&self.ports.safety, ctx, name, message, || record.map(core))
    }

    fn stream(&self) -> Stream {
        Stream::Machine(self.id.clone())
    }

    /// The events are on disk: the record takes them in, and everybody is told.
    fn commit(&mut self, events: Vec<MachineEvent>, version: Version, ctx: &mut Context<Self>) {
        self.version = version;
        let Some(record) = self.record.as_deref_mut() else {
            return;
        };
        let name = || ActorName::Machine(self.id.clone());
        // The events move into the record, so their text can't be made afterwards; what is on disk
        // under this version is the message.
        let applied = shielded(&self.ports.safety, ctx, name, &("journal", version), || {
            events.into_iter().for_each(|event| record.apply(event));
        });
        if applied.is_err() {
            return;
        }
        self.tell_roster();
        self.store_closed_rows(ctx);
        self.watch_silence(ctx);
        if self.version.0 - self.checkpoint.version.0 >= CHECKPOINT_EVERY {
            self.write_checkpoint(ctx);
        }
    }

    fn tell_roster(&mut self) {
        let Some(record) = self.record.as_deref().filter(|record| record.is_known()) else {
            return;
        };
        let told = self
            .ports
            .roster
            .try_send(MachineChanged(Arc::new(record.snapshot())));
        self.is_dirty = told.is_err();
    }

    fn store_closed_rows(&mut self, ctx: &mut Context<Self>) {
        use actix::AsyncContext;
        let Some(rows) = self.record.as_deref().and_then(MachineRecord::next_closed) else {
            return;
        };
        if self.is_storing {
            return;
        }
        self.is_storing = true;
        let recorded = SamplesRecorded {
            machine: self.id.clone(),
            rows: rows.clone(),
        };
        ctx.spawn(
            self.ports
                .historian
                .send(recorded)
                .into_actor(self)
                .map(|stored, machine, ctx| {
                    machine.is_storing = false;
                    match stored {
                        Ok(Ok(())) => machine.closed_rows_are_stored(ctx),
                        Ok(Err(error)) => {
                            tracing::warn!(machine = %machine.id, %error, "history waits to be stored")
                        }
                        Err(_) => {
                            tracing::debug!(machine = %machine.id, "the historian is away, history waits")
                        }
                    }
                }),
        );
    }

    fn closed_rows_are_stored(&mut self, ctx: &mut Context<Self>) {
        if let Some(record) = self.record.as_deref_mut() {
            record.closed_is_stored();
        }
        self.store_closed_rows(ctx);
    }
}

impl Handler<RecordReport> for Machine {
    type Result = AtomicResponse<Self, Result<Receipt, RecordError>>;

    fn handle(&mut self, RecordReport(report): RecordReport, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.ports.clock.now();
        let suspicion = self.record.as_deref().and_then(|record| record.suspect(&report));
        let events = match self.decide(&report, now, ctx) {
            Ok((Decision::Accept(event), beside)) => [vec![event], beside].concat(),
            Ok((Decision::Duplicate, _)) => {
                return answered(Ok(Receipt {
                    duplicate: true,
                    commands_due: 0,
                    report_now: false,
                    suspicion: None,
                }));
            }
            Err(error) => return answered(Err(error)),
        };
        let records = events.iter().map(encode).collect();
        let appended = self.ports.store.append(self.stream(), self.version, records);
        AtomicResponse::new(Box::pin(appended.into_actor(self).map(
            move |appended, machine, ctx| {
                let version = appended.inspect_err(|error| machine.rebuild_if_stale(error, ctx))?;
                machine.commit(events, version, ctx);
                Ok(Receipt {
                    duplicate: false,
                    commands_due: 0,
                    report_now: false,
                    suspicion,
                })
            },
        )))
    }
}

impl Machine {
    fn decide(
        &self,
        report: &Report,
        now: Timestamp,
        ctx: &mut Context<Self>,
    ) -> Result<(Decision, Vec<MachineEvent>), RecordError> {
        if self.suspended_until.is_some_and(|until| now < until) {
            return Err(RecordError::Rebuilding);
        }
        let decide = |record: &MachineRecord| {
            let decision = record.decide(report, now)?;
            Ok((decision, record.decide_beside(report, now)))
        };
        match self.shield(ctx, report, decide) {
            Ok(Some(decided)) => decided,
            Ok(None) => Err(RecordError::Rebuilding),
            Err(Panicked) => Err(RecordError::Poisonous),
        }
    }

    /// Somebody else wrote to this journal: only the store knows the truth now.
    fn rebuild_if_stale(&self, error: &AppendError, ctx: &mut Context<Self>) {
        use actix::ActorContext;
        if let AppendError::Conflict { .. } = error {
            tracing::warn!(machine = %self.id, %error, "the record is stale, reading it again");
            ctx.stop();
        }
    }
}

impl Handler<TagMachine> for Machine {
    type Result = AtomicResponse<Self, Result<Vec<Tag>, MachineError>>;

    fn handle(&mut self, msg: TagMachine, ctx: &mut Context<Self>) -> Self::Result {
        let event = match self.shield(ctx, &msg, |record| record.decide_tags(msg.tags.clone())) {
            Ok(Some(Ok(event))) => event,
            Ok(Some(Err(error))) => return answered(Err(error.into())),
            Ok(None) | Err(Panicked) => return answered(Err(MachineError::Busy)),
        };
        let appended = self
            .ports
            .store
            .append(self.stream(), self.version, vec![encode(&event)]);
        AtomicResponse::new(Box::pin(appended.into_actor(self).map(
            move |appended, machine, ctx| {
                let version = appended.inspect_err(|error| machine.rebuild_if_stale(error, ctx))?;
                machine.commit(vec![event], version, ctx);
                let tags = machine
                    .record
                    .as_deref()
                    .map(|record| record.snapshot().tags.to_vec());
                Ok(tags.unwrap_or_default())
            },
        )))
    }
}

impl Handler<AnnounceSilence> for Machine {
    type Result = AtomicResponse<Self, Result<(), MachineError>>;

    fn handle(&mut self, msg: AnnounceSilence, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.ports.clock.now();
        let decided = self.shield(ctx, &msg, |record| {
            record.decide_announcement(msg.what, msg.newest, now)
        });
        let event = match decided {
            Ok(Some(Some(event))) => event,
            Ok(Some(None)) => return answered(Ok(())),
            Ok(None) | Err(Panicked) => return answered(Err(MachineError::Busy)),
        };
        let appended = self
            .ports
            .store
            .append(self.stream(), self.version, vec![encode(&event)]);
        AtomicResponse::new(Box::pin(appended.into_actor(self).map(
            move |appended, machine, ctx| {
                let version = appended.inspect_err(|error| machine.rebuild_if_stale(error, ctx))?;
                machine.commit(vec![event], version, ctx);
                Ok(())
            },
        )))
    }
}

impl Handler<ReadOpenRows> for Machine {
    type Result = Result<Vec<Row>, MachineError>;

    fn handle(&mut self, msg: ReadOpenRows, ctx: &mut Context<Self>) -> Self::Result {
        match self.shield(ctx, &msg, MachineRecord::unstored_rows) {
            Ok(Some(rows)) => Ok(rows),
            Ok(None) | Err(Panicked) => Err(MachineError::Busy),
        }
    }
}

impl Handler<AwaitRecord> for Machine {
    type Result = MessageResult<AwaitRecord>;

    /// Nothing is handled before the record is loaded, so being handled is the answer.
    fn handle(&mut self, _: AwaitRecord, _: &mut Context<Self>) -> Self::Result {
        MessageResult(())
    }
}

impl Handler<CheckpointAll> for Machine {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: CheckpointAll, _: &mut Context<Self>) -> Self::Result {
        match self.checkpoint() {
            Some(written) if self.version > self.checkpoint.version => {
                let version = self.version;
                AtomicResponse::new(Box::pin(
                    written
                        .into_actor(self)
                        .map(move |put, machine, _| machine.checkpoint_is_written(version, put)),
                ))
            }
            _ => answered(()),
        }
    }
}

impl Handler<Retire> for Machine {
    type Result = ();

    fn handle(&mut self, _: Retire, ctx: &mut Context<Self>) {
        use actix::ActorContext;
        self.is_retired = true;
        self.record = None;
        ctx.stop();
    }
}

fn answered<T: 'static>(answer: T) -> AtomicResponse<Machine, T> {
    use actix::fut::ready;
    AtomicResponse::new(Box::pin(ready(answer)))
}
