//! How a machine's actor comes to life and stays truthful: reading its record from the store,
//! watching the silence, and writing checkpoints so that the journal stays short.

use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Supervised, WrapFuture};
use serde::Deserialize;

use super::Machine;
use super::absence::Absence;
use super::event::MachineEvent;
use super::record::MachineRecord;
use crate::limits::{MACHINE_MAILBOX, RESTART_WINDOW};
use crate::model::Presence;
use crate::store::{
    Document, DocumentKind, JournalRecord, PutError, Revision, Store, StoreError, StoreFuture, Stream,
    Version,
};
use crate::stored::{decode, decode_second, encode, encode_second};
use crate::supervision::{ActorName, Panicked};

/// How long a machine waits before it asks a store again that could not answer.
const RETRY: Duration = Duration::from_secs(1);
/// The soonest that silence is looked at again; below it timers would only burn time.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(250);

/// A machine's record as the store has it.
pub(super) struct Stored {
    checkpoint: Option<Document>,
    tail: Vec<JournalRecord>,
    version: Version,
}

/// A checkpoint: the record as it was at some version of its journal.
type CheckpointBody = (Version, MachineRecord);

/// Its stored form since machines have causes of their absence.
#[derive(Deserialize)]
struct StoredCheckpoint(Version, MachineRecord, Absence);

impl From<CheckpointBody> for StoredCheckpoint {
    fn from((version, record): CheckpointBody) -> Self {
        Self(version, record, Absence::default())
    }
}

impl Actor for Machine {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MACHINE_MAILBOX);
        self.load(ctx);
    }
}

impl Supervised for Machine {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.record = None;
        self.is_storing = false;
        self.is_watched = false;
        self.checkpoint.is_running = false;
        let now = self.ports.clock.now();
        if !self.is_retired && self.restarts.note(now) {
            // One machine's poison must not end the server for all others.
            tracing::error!(machine = %self.id, "restarted too often, set aside for a minute");
            self.suspended_until = Some(now.plus(RESTART_WINDOW));
        }
    }
}

impl Machine {
    /// Reads the record; until that is done no message is handled.
    fn load(&mut self, ctx: &mut Context<Self>) {
        if self.is_retired {
            return;
        }
        let reading = read_record(
            std::sync::Arc::clone(&self.ports.store),
            self.stream(),
            self.id.to_string(),
        );
        ctx.wait(reading.into_actor(self).map(|stored, machine, ctx| match stored {
            Ok(stored) => machine.become_loaded(stored, ctx),
            Err(error) => {
                tracing::error!(machine = %machine.id, %error, "the record can't be read, trying again");
                ctx.run_later(RETRY, |machine, ctx| machine.load(ctx));
            }
        }));
    }

    fn become_loaded(&mut self, stored: Stored, ctx: &mut Context<Self>) {
        let checkpoint = self.read_checkpoint(stored.checkpoint);
        let (revision, (at, base)) = checkpoint.unwrap_or_else(|| {
            let fresh = MachineRecord::new(self.id.clone(), self.ports.listening_since);
            (Revision::default(), (Version::default(), fresh))
        });
        let mut record = self.replay(base, stored.tail.iter().filter(|entry| entry.version > at));
        record.resume(self.ports.listening_since);
        self.version = stored.version;
        self.checkpoint.version = at;
        self.checkpoint.revision = revision;
        self.record = Some(Box::new(record));
        self.look_at_silence(ctx);
        self.tell_roster();
        self.store_closed_rows(ctx);
    }

    fn read_checkpoint(&self, document: Option<Document>) -> Option<(Revision, CheckpointBody)> {
        let document = document?;
        match decode_second::<StoredCheckpoint, CheckpointBody>(&document.body) {
            Ok(StoredCheckpoint(version, record, absence)) => {
                Some((document.revision, (version, record.with_absence(absence))))
            }
            Err(error) => {
                tracing::error!(machine = %self.id, %error, "its checkpoint is unreadable, only its journal is left");
                None
            }
        }
    }

    /// The record after these entries of its journal. An entry that panics is set aside, and the
    /// rest is replayed without it.
    fn replay<'a>(
        &self,
        base: MachineRecord,
        tail: impl Iterator<Item = &'a JournalRecord> + Clone,
    ) -> MachineRecord {
        let mut poison = Vec::new();
        loop {
            let mut record = base.clone();
            let failed = tail
                .clone()
                .filter(|entry| !poison.contains(&entry.version))
                .find(|entry| self.replay_entry(&mut record, entry) == Err(Panicked));
            match failed {
                Some(entry) => poison.push(entry.version),
                None => return record,
            }
        }
    }

    fn replay_entry(&self, record: &mut MachineRecord, entry: &JournalRecord) -> Result<(), Panicked> {
        let name = || ActorName::Machine(self.id.clone());
        match decode::<MachineEvent>(&entry.body) {
            Ok(event) => self
                .ports
                .safety
                .run(name, &("journal", entry.version), || record.apply(event)),
            Err(error) => {
                tracing::error!(machine = %self.id, version = entry.version.0, %error, "a journal record is skipped");
                Ok(())
            }
        }
    }

    /// Arms the timer that notices when this machine falls silent. One timer at most: it looks at
    /// the record when it fires and arms itself anew.
    pub(super) fn watch_silence(&mut self, ctx: &mut Context<Self>) {
        if self.is_watched {
            return;
        }
        let Some(record) = self.record.as_deref() else {
            return;
        };
        if let (_, Some(next)) = record.judge(&self.ports.presence, self.ports.clock.now()) {
            self.is_watched = true;
            ctx.run_later(next.max(LOOK_AGAIN_MIN), |machine, ctx| {
                machine.is_watched = false;
                machine.look_at_silence(ctx);
            });
        }
    }

    fn look_at_silence(&mut self, ctx: &mut Context<Self>) {
        let now = self.ports.clock.now();
        let Some(record) = self.record.as_deref_mut() else {
            return;
        };
        match record.judge(&self.ports.presence, now).0 {
            Presence::Offline if record.snapshot().presence != Presence::Offline => {
                return self.go_offline(ctx);
            }
            Presence::Warning if record.note_warning(now) => self.tell_roster(),
            _ if self.is_dirty => self.tell_roster(),
            _ => {}
        }
        self.store_closed_rows(ctx);
        self.watch_silence(ctx);
    }

    /// Going offline is written down, so that a server that starts later knows it.
    fn go_offline(&mut self, ctx: &mut Context<Self>) {
        let event = MachineEvent::WentOffline {
            at: self.ports.clock.now(),
        };
        let appended = self
            .ports
            .store
            .append(self.stream(), self.version, vec![encode(&event)]);
        ctx.wait(
            appended
                .into_actor(self)
                .map(|appended, machine, ctx| match appended {
                    Ok(version) => {
                        machine.commit(vec![event], version, ctx);
                        machine.write_checkpoint(ctx);
                    }
                    Err(error) => {
                        machine.rebuild_if_stale(&error, ctx);
                        ctx.run_later(RETRY, Self::look_at_silence);
                    }
                }),
        );
    }

    /// Writes the record down beside the journal, which may then be trimmed.
    pub(super) fn write_checkpoint(&mut self, ctx: &mut Context<Self>) {
        if self.checkpoint.is_running {
            return;
        }
        let Some(writing) = self.checkpoint() else { return };
        self.checkpoint.is_running = true;
        let version = self.version;
        ctx.spawn(writing.into_actor(self).map(move |put, machine, _| {
            machine.checkpoint.is_running = false;
            machine.checkpoint_is_written(version, put);
        }));
    }

    pub(super) fn checkpoint(&self) -> Option<StoreFuture<Revision, PutError>> {
        let record = self.record.as_deref()?;
        let body = encode_second(&(self.version, record, record.absence()));
        Some(self.ports.store.put(
            DocumentKind::Machine,
            self.id.to_string(),
            self.checkpoint.revision,
            body,
        ))
    }

    pub(super) fn checkpoint_is_written(&mut self, version: Version, put: Result<Revision, PutError>) {
        match put {
            Ok(revision) => {
                self.checkpoint.version = version;
                self.checkpoint.revision = revision;
                actix_rt::spawn(trim(
                    std::sync::Arc::clone(&self.ports.store),
                    self.stream(),
                    version,
                ));
            }
            Err(error) => tracing::warn!(machine = %self.id, %error, "the checkpoint was not written"),
        }
    }
}

async fn trim(store: std::sync::Arc<dyn Store>, stream: Stream, up_to: Version) {
    if let Err(error) = store.trim(stream, up_to).await {
        tracing::warn!(%error, "old journal records stay for now");
    }
}

async fn read_record(
    store: std::sync::Arc<dyn Store>,
    stream: Stream,
    key: String,
) -> Result<Stored, StoreError> {
    let version = store.version(stream.clone()).await?;
    if version == Version::default() {
        return Ok(Stored {
            checkpoint: None,
            tail: Vec::new(),
            version,
        });
    }
    let checkpoint = store.get(DocumentKind::Machine, key).await?;
    let tail = match store.read(stream.clone(), Version::default()).await {
        Ok(tail) => tail,
        Err(StoreError::Damaged(what)) => {
            tracing::error!(%stream, %what, "its journal is damaged, only its checkpoint is left");
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    Ok(Stored {
        checkpoint,
        tail,
        version,
    })
}
