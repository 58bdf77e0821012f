//! Owns the scripts that machines may be asked to run: each in numbered versions that never change.
//! Receives `KeepScript`, `ListScripts`, `ReadScript`; emits nothing. What a version holds rests in the
//! store; here is what it is.

pub mod messages;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, MessageResult, ResponseFuture,
    Supervised, WrapFuture,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use self::messages::{KeepScript, ListScripts, ReadScript, ScriptError, ScriptVersion};
use crate::clock::Clock;
use crate::command_queue::action::is_script_id;
use crate::limits::{REASON_CHARS_MAX, SCRIPT_BYTES_MAX, SCRIPT_VERSIONS_MAX, SERVICE_MAILBOX};
use crate::store::{DocumentKind, Revision, Store, StoreError};
use crate::stored::{decode, encode};
use crate::supervision::{ActorName, Panicked, Restarts, Safety, shielded};

const KIND: DocumentKind = DocumentKind::Script;
/// Versions that are read at once. Reason: 3 MB of contents at most.
const PAGE: usize = 48;

/// The scripts' owner.
pub struct ScriptLibrary {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    /// By id, the oldest version first.
    scripts: BTreeMap<String, Vec<ScriptVersion>>,
}

fn key(id: &str, version: u32) -> String {
    format!("{id}/{version:06}")
}

async fn read_all(store: Arc<dyn Store>) -> Result<Vec<ScriptVersion>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(KIND, after.take(), PAGE).await?;
        after = page.last().map(|document| document.key.clone());
        for document in &page {
            match decode::<(ScriptVersion, Bytes)>(&document.body) {
                Ok((version, _)) => found.push(version),
                Err(error) => tracing::error!(key = document.key, %error, "a script is skipped"),
            }
        }
        if page.len() < PAGE {
            return Ok(found);
        }
    }
}

impl ScriptLibrary {
    /// A library over that store; it reads its scripts when it starts.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, safety: Safety) -> Self {
        Self {
            store,
            clock,
            safety,
            restarts: Restarts::default(),
            scripts: BTreeMap::new(),
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        let reading = read_all(Arc::clone(&self.store));
        ctx.wait(reading.into_actor(self).map(|read, library, ctx| match read {
            Ok(versions) => {
                library.scripts.clear();
                versions.into_iter().for_each(|version| library.add(version));
            }
            Err(error) => {
                tracing::error!(%error, "scripts can't be read, trying again");
                ctx.run_later(Duration::from_secs(1), Self::load);
            }
        }));
    }

    fn add(&mut self, version: ScriptVersion) {
        self.scripts.entry(version.id.clone()).or_default().push(version);
    }

    /// The next version of a script, which is the same one when nothing has changed.
    fn decide(&self, asked: &KeepScript) -> Result<ScriptVersion, ScriptError> {
        if !is_script_id(&asked.id) {
            return Err(ScriptError::Id);
        }
        if asked.content.is_empty() || asked.content.len() > SCRIPT_BYTES_MAX {
            return Err(ScriptError::Size {
                max: SCRIPT_BYTES_MAX,
            });
        }
        if !asked.content.starts_with(b"#!") {
            return Err(ScriptError::NoInterpreter);
        }
        let sha256: [u8; 32] = Sha256::digest(&asked.content).into();
        let newest = self.scripts.get(&asked.id).and_then(|versions| versions.last());
        if let Some(newest) = newest.filter(|newest| newest.sha256 == sha256) {
            return Ok(newest.clone());
        }
        if self.scripts.values().map(Vec::len).sum::<usize>() >= SCRIPT_VERSIONS_MAX {
            return Err(ScriptError::TooMany {
                max: SCRIPT_VERSIONS_MAX,
            });
        }
        Ok(ScriptVersion {
            id: asked.id.clone(),
            version: newest.map_or(1, |newest| newest.version + 1),
            sha256,
            bytes: u32::try_from(asked.content.len()).unwrap_or(u32::MAX),
            description: asked.description.chars().take(REASON_CHARS_MAX).collect(),
            by: asked.by.clone(),
            at: self.clock.now(),
        })
    }

    fn is_kept(&self, version: &ScriptVersion) -> bool {
        self.find(&version.id, Some(version.version)).is_some()
    }

    fn find(&self, id: &str, version: Option<u32>) -> Option<&ScriptVersion> {
        let versions = self.scripts.get(id)?;
        match version {
            None => versions.last(),
            Some(version) => versions.iter().find(|one| one.version == version),
        }
    }
}

impl Actor for ScriptLibrary {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
    }
}

impl Supervised for ScriptLibrary {
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::ScriptLibrary);
        }
    }
}

impl Handler<KeepScript> for ScriptLibrary {
    type Result = AtomicResponse<Self, Result<ScriptVersion, ScriptError>>;

    fn handle(&mut self, msg: KeepScript, ctx: &mut Context<Self>) -> Self::Result {
        let ready = |answer| AtomicResponse::new(Box::pin(actix::fut::ready(answer)));
        let safety = self.safety.clone();
        let core = || self.decide(&msg);
        let version = match shielded(&safety, ctx, || ActorName::ScriptLibrary, &msg.id, core) {
            Ok(Ok(version)) => version,
            Ok(Err(error)) => return ready(Err(error)),
            Err(Panicked) => return ready(Err(ScriptError::Busy)),
        };
        if self.is_kept(&version) {
            return ready(Ok(version));
        }
        let body = encode(&(&version, &msg.content));
        let key = key(&version.id, version.version);
        let written = self.store.put(KIND, key, Revision::default(), body);
        AtomicResponse::new(Box::pin(written.into_actor(self).map(|written, library, _| {
            written?;
            library.add(version.clone());
            Ok(version)
        })))
    }
}

impl Handler<ListScripts> for ScriptLibrary {
    type Result = MessageResult<ListScripts>;

    fn handle(&mut self, _: ListScripts, _: &mut Context<Self>) -> Self::Result {
        let versions = self.scripts.values().flat_map(|versions| versions.iter().rev());
        MessageResult(versions.cloned().collect())
    }
}

impl Handler<ReadScript> for ScriptLibrary {
    type Result = ResponseFuture<Result<(ScriptVersion, Bytes), ScriptError>>;

    fn handle(&mut self, msg: ReadScript, _: &mut Context<Self>) -> Self::Result {
        let version = self.find(&msg.id, msg.version).cloned();
        let store = Arc::clone(&self.store);
        Box::pin(async move {
            let version = version.ok_or(ScriptError::Unknown)?;
            let document = store.get(KIND, key(&version.id, version.version)).await?;
            let document = document.ok_or(ScriptError::Unknown)?;
            let (_, content) = decode::<(ScriptVersion, Bytes)>(&document.body)
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            Ok((version, content))
        })
    }
}
