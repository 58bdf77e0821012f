//! Owns the way from a machine's id to its actor, and who is admitted. Receives `RecordReport`,
//! `TagMachine`, `ForgetMachine`, `AnnounceSilence`, `ReadOpenRows`, `WakeMachines`; hands them on; emits
//! `MachineForgotten`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt, Addr, Context, Handler, MailboxError, Message, ResponseActFuture, ResponseFuture,
    Supervised, WrapFuture,
};
use futures_util::future::{join_all, ready};

use crate::limits::{MACHINES_MAX, REGISTRY_MAILBOX};
use crate::machine::open_block::Row;
use crate::machine::{Machine, MachinePorts};
use crate::messages::{
    AnnounceSilence, AwaitRecord, CheckpointAll, ForgetMachine, MachineError, MachineForgotten, ReadOpenRows,
    RecordError, RecordReport, Retire, TagMachine, WakeMachines,
};
use crate::model::{MachineId, Receipt, Tag};
use crate::store::{DocumentKind, PutError, Revision, Store, Stream};
use crate::supervision::keeper::keep;
use crate::supervision::{ActorName, Restarts, shielded};

/// The way from an id to its machine.
pub struct Registry {
    ports: Arc<MachinePorts>,
    machines: HashMap<MachineId, Addr<Machine>>,
    /// Machines that are being erased: a report of theirs must wait until that is done.
    leaving: HashSet<MachineId>,
    restarts: Restarts,
}

impl Registry {
    /// A registry without machines.
    #[must_use]
    pub fn new(ports: Arc<MachinePorts>) -> Self {
        Self {
            ports,
            machines: HashMap::new(),
            leaving: HashSet::new(),
            restarts: Restarts::default(),
        }
    }

    /// The machine's actor, started when there is none; `None` when the fleet is full.
    fn admit(&mut self, id: &MachineId) -> Option<Addr<Machine>> {
        if let Some(machine) = self.machines.get(id).filter(|machine| machine.connected()) {
            return Some(machine.clone());
        }
        if self.machines.len() >= MACHINES_MAX {
            return None;
        }
        let machine = Machine::new(id.clone(), Arc::clone(&self.ports));
        let name = ActorName::Machine(id.clone());
        let machine = keep(name, Some(self.ports.safety.clone()), machine);
        self.machines.insert(id.clone(), machine.clone());
        Some(machine)
    }

    fn find(&self, id: &MachineId) -> Result<Addr<Machine>, MachineError> {
        self.machines.get(id).cloned().ok_or(MachineError::Unknown)
    }
}

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(REGISTRY_MAILBOX);
    }
}

impl Supervised for Registry {
    /// The addresses outlive a panic: they are what the machines' keepers keep alive.
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.ports.clock.now()) {
            self.ports.safety.give_up(&ActorName::Registry);
        }
    }
}

impl Handler<RecordReport> for Registry {
    type Result = ResponseFuture<Result<Receipt, RecordError>>;

    fn handle(&mut self, msg: RecordReport, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.ports.safety.clone();
        if self.leaving.contains(&msg.0.machine) {
            return Box::pin(ready(Err(RecordError::Rebuilding)));
        }
        match shielded(
            &safety,
            ctx,
            || ActorName::Registry,
            &msg,
            || self.admit(&msg.0.machine),
        ) {
            Ok(Some(machine)) => {
                let recorded = machine.send(msg);
                Box::pin(async { recorded.await.unwrap_or(Err(RecordError::Rebuilding)) })
            }
            Ok(None) => Box::pin(ready(Err(RecordError::TooManyMachines))),
            Err(_) => Box::pin(ready(Err(RecordError::Poisonous))),
        }
    }
}

/// Asks a machine that must exist.
fn ask<M, T>(machine: Result<Addr<Machine>, MachineError>, msg: M) -> ResponseFuture<Result<T, MachineError>>
where
    M: Message<Result = Result<T, MachineError>> + Send + 'static,
    T: Send + 'static,
    Machine: Handler<M>,
{
    Box::pin(async move {
        machine?
            .send(msg)
            .await
            .unwrap_or_else(|_: MailboxError| Err(MachineError::Busy))
    })
}

impl Handler<TagMachine> for Registry {
    type Result = ResponseFuture<Result<Vec<Tag>, MachineError>>;

    fn handle(&mut self, msg: TagMachine, _: &mut Context<Self>) -> Self::Result {
        ask(self.find(&msg.machine), msg)
    }
}

impl Handler<AnnounceSilence> for Registry {
    type Result = ResponseFuture<Result<(), MachineError>>;

    fn handle(&mut self, msg: AnnounceSilence, _: &mut Context<Self>) -> Self::Result {
        ask(self.find(&msg.machine), msg)
    }
}

impl Handler<ReadOpenRows> for Registry {
    type Result = ResponseFuture<Result<Vec<Row>, MachineError>>;

    fn handle(&mut self, msg: ReadOpenRows, _: &mut Context<Self>) -> Self::Result {
        ask(self.find(&msg.0), msg)
    }
}

impl Handler<ForgetMachine> for Registry {
    type Result = ResponseActFuture<Self, Result<(), MachineError>>;

    fn handle(&mut self, ForgetMachine(id): ForgetMachine, _: &mut Context<Self>) -> Self::Result {
        let Ok(machine) = self.find(&id) else {
            return Box::pin(actix::fut::ready(Err(MachineError::Unknown)));
        };
        self.leaving.insert(id.clone());
        let ports = Arc::clone(&self.ports);
        let gone = id.clone();
        let forgotten = async move {
            // A machine that is gone already is as good as retired.
            machine.send(Retire).await.unwrap_or_default();
            erase(&*ports.store, &id).await?;
            ports
                .roster
                .send(MachineForgotten(id))
                .await
                .map_err(|_| MachineError::Busy)
        };
        Box::pin(forgotten.into_actor(self).map(move |forgotten, registry, _| {
            registry.leaving.remove(&gone);
            registry.machines.remove(&gone);
            if forgotten.is_err() {
                // What is left of it must be there to be forgotten again.
                registry.admit(&gone);
            }
            forgotten
        }))
    }
}

/// The history goes first and the journal last: half-way through, the machine still exists and can
/// be forgotten again.
async fn erase(store: &dyn Store, id: &MachineId) -> Result<(), MachineError> {
    store.drop_blocks_of(id.clone()).await?;
    let checkpoint = store.get(DocumentKind::Machine, id.to_string()).await?;
    let revision = checkpoint.map_or(Revision::default(), |document| document.revision);
    store
        .delete(DocumentKind::Machine, id.to_string(), revision)
        .await
        .map_err(|error| match error {
            PutError::Store(error) => MachineError::Store(error),
            PutError::Conflict { .. } => MachineError::Busy,
        })?;
    Ok(store.drop_stream(Stream::Machine(id.clone())).await?)
}

impl Handler<WakeMachines> for Registry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, WakeMachines(ids): WakeMachines, _: &mut Context<Self>) -> Self::Result {
        let woken: Vec<_> = ids.iter().filter_map(|id| self.admit(id)).collect();
        Box::pin(async move {
            join_all(woken.iter().map(|machine| machine.send(AwaitRecord))).await;
        })
    }
}

impl Handler<CheckpointAll> for Registry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, msg: CheckpointAll, _: &mut Context<Self>) -> Self::Result {
        let machines: Vec<_> = self.machines.values().cloned().collect();
        Box::pin(async move {
            for some in machines.chunks(WAKE_TOGETHER) {
                join_all(some.iter().map(|machine| machine.send(msg))).await;
            }
        })
    }
}

/// How many machines read or write their records at the same time. Reason: the store's queue must
/// have room for the reports that come meanwhile.
pub const WAKE_TOGETHER: usize = 256;
