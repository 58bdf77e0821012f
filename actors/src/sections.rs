//! Keeps the sections of all machines: the newest of each, and what changed in it. Owns nothing in
//! memory, since they are large and seldom asked for: each is a document of the store. Receives
//! `KeepSections`, `ListSections`, `ReadSection`, `DropSections`; emits nothing.

pub mod kept;
pub mod messages;

use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture, Supervised};

use crate::clock::Clock;
use crate::limits::{SECTIONS_PER_MACHINE_MAX, SERVICE_MAILBOX};
use crate::model::{MachineId, Section, SectionName};
use crate::store::{Document, DocumentKind, PutError, Revision, Store, StoreError};
use crate::stored::{decode, encode};
use crate::supervision::{ActorName, Restarts, Safety};

use kept::{Compare, KeptSection};
use messages::{DropSections, KeepSections, ListSections, ReadSection};

/// How often a write is tried that another one got ahead of.
const TRIES: u32 = 4;

/// Keeps the sections of all machines.
#[derive(Clone)]
struct Shelf {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    compare: Compare,
}

/// The actor before the shelf.
pub struct Sections {
    shelf: Shelf,
    restarts: Restarts,
}

impl Sections {
    /// An actor that keeps them in that store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, safety: Safety, compare: Compare) -> Self {
        let shelf = Shelf {
            store,
            clock,
            safety,
            compare,
        };
        Self {
            shelf,
            restarts: Restarts::default(),
        }
    }
}

/// No machine's id has a slash.
fn prefix(machine: &MachineId) -> String {
    format!("{machine}/")
}

fn key(machine: &MachineId, name: &SectionName) -> String {
    format!("{machine}/{name}")
}

fn read(document: &Document) -> Result<KeptSection, StoreError> {
    decode(&document.body).map_err(|error| StoreError::Damaged(format!("section {}: {error}", document.key)))
}

impl Shelf {
    async fn keep(self, machine: MachineId, sections: Vec<Section>) -> Result<(), PutError> {
        for section in sections {
            self.keep_one(&machine, &section).await?;
        }
        Ok(())
    }

    /// Reports of one machine may cross: the document's revision tells, and the later one looks again.
    async fn keep_one(&self, machine: &MachineId, section: &Section) -> Result<(), PutError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.put(machine, section).await {
                Err(PutError::Conflict { .. }) if tried < TRIES => {}
                put => return put,
            }
        }
    }

    async fn put(&self, machine: &MachineId, section: &Section) -> Result<(), PutError> {
        let key = key(machine, &section.name);
        let found = self.store.get(DocumentKind::Section, key.clone()).await?;
        let revision = found
            .as_ref()
            .map_or(Revision::default(), |document| document.revision);
        if found.is_none() && self.documents(machine).await?.len() >= SECTIONS_PER_MACHINE_MAX {
            tracing::warn!(%machine, section = %section.name, "the machine has as many sections as are kept");
            return Ok(());
        }
        // What can't be read any more is replaced by what is new.
        let earlier = found.and_then(|document| read(&document).ok());
        let now = self.clock.now();
        let core = || KeptSection::after(earlier, section, now, self.compare);
        // A section that makes the core panic is in quarantine now; its report counts all the same.
        let Ok(Some(kept)) = self.safety.run(|| ActorName::Sections, &(machine, section), core) else {
            return Ok(());
        };
        let put = self
            .store
            .put(DocumentKind::Section, key, revision, encode(&kept));
        put.await.map(drop)
    }

    async fn documents(&self, machine: &MachineId) -> Result<Vec<Document>, StoreError> {
        let prefix = prefix(machine);
        let listed = self
            .store
            .list(
                DocumentKind::Section,
                Some(prefix.clone()),
                SECTIONS_PER_MACHINE_MAX,
            )
            .await?;
        Ok(listed
            .into_iter()
            .take_while(|document| document.key.starts_with(&prefix))
            .collect())
    }

    async fn list(self, machine: MachineId) -> Result<Vec<(SectionName, KeptSection)>, StoreError> {
        let documents = self.documents(&machine).await?;
        let named = documents.iter().filter_map(|document| {
            let name = document.key.rsplit('/').next()?;
            Some((SectionName::parse(name).ok()?, document))
        });
        named
            .map(|(name, document)| Ok((name, read(document)?)))
            .collect()
    }

    async fn drop_all(self, machine: MachineId) -> Result<(), PutError> {
        for document in self.documents(&machine).await? {
            self.store
                .delete(DocumentKind::Section, document.key, document.revision)
                .await?;
        }
        Ok(())
    }
}

impl Actor for Sections {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
    }
}

impl Supervised for Sections {
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.shelf.clock.now()) {
            self.shelf.safety.give_up(&ActorName::Sections);
        }
    }
}

impl Handler<KeepSections> for Sections {
    type Result = ResponseFuture<Result<(), PutError>>;

    fn handle(&mut self, msg: KeepSections, _: &mut Context<Self>) -> Self::Result {
        Box::pin(self.shelf.clone().keep(msg.machine, msg.sections))
    }
}

impl Handler<ListSections> for Sections {
    type Result = ResponseFuture<Result<Vec<(SectionName, KeptSection)>, StoreError>>;

    fn handle(&mut self, ListSections(machine): ListSections, _: &mut Context<Self>) -> Self::Result {
        Box::pin(self.shelf.clone().list(machine))
    }
}

impl Handler<ReadSection> for Sections {
    type Result = ResponseFuture<Result<Option<KeptSection>, StoreError>>;

    fn handle(&mut self, msg: ReadSection, _: &mut Context<Self>) -> Self::Result {
        let found = self
            .shelf
            .store
            .get(DocumentKind::Section, key(&msg.machine, &msg.name));
        Box::pin(async move { found.await?.as_ref().map(read).transpose() })
    }
}

impl Handler<DropSections> for Sections {
    type Result = ResponseFuture<Result<(), PutError>>;

    fn handle(&mut self, DropSections(machine): DropSections, _: &mut Context<Self>) -> Self::Result {
        Box::pin(self.shelf.clone().drop_all(machine))
    }
}
