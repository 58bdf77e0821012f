//! Owns who may speak to the server: users, their sessions, enrolment tokens and enrolled agents.
//! Receives `SignIn`, `SignOut`, `EnsureAdmin`, and what [`agents::messages`] has of tokens and
//! agents; publishes an immutable [`Credentials`], so that checking one costs no message.
//! Passwords are hashed by a pool of its own: one takes a quarter of a second.

pub mod agents;
pub mod credentials;
pub mod lockout;
pub mod messages;
pub mod password;
mod sessions;
mod tokens;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Supervised, WrapFuture};
use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Timestamp};
use crate::limits::SERVICE_MAILBOX;
use crate::model::{Role, UserName};
use crate::store::{Document, DocumentKind, Revision, Store, StoreError};
use crate::stored::decode;
use crate::supervision::{ActorName, Restarts, Safety};
use crate::vault::Vault;

use agents::load::{StoredAgents, read_agents};
pub use credentials::{Credentials, Digest, Session, digest};
use lockout::Lockout;
use password::PasswordHasher;
use tokens::EnrolmentToken;

/// How often what has expired is dropped.
const EXPIRY_PERIOD: Duration = Duration::from_secs(60);
/// Documents read at once.
const PAGE: usize = 1_000;

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: UserName,
    pub(crate) role: Role,
    pub(crate) password_hash: String,
    pub(crate) created_at: Timestamp,
    pub(crate) is_active: bool,
}

/// Who may speak to the server.
pub struct AuthService {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    published: Arc<ArcSwap<Credentials>>,
    hasher: Addr<PasswordHasher>,
    session_length: Duration,
    users: BTreeMap<UserName, User>,
    tokens: HashMap<String, (EnrolmentToken, Revision)>,
    agent_revisions: HashMap<String, Revision>,
    rotation_revision: Revision,
    lockout: Lockout,
    /// Passwords that are with the hasher.
    checking: usize,
}

/// What the auth service finds in the store when it starts.
#[derive(Default)]
struct Stored {
    users: Vec<User>,
    sessions: Vec<(Digest, Session)>,
    agents: StoredAgents,
}

impl AuthService {
    /// An auth service over that store; it reads its state when it starts.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
        safety: Safety,
        published: Arc<ArcSwap<Credentials>>,
        hasher: Addr<PasswordHasher>,
        session_length: Duration,
    ) -> Self {
        Self {
            store,
            vault,
            clock,
            safety,
            restarts: Restarts::default(),
            published,
            hasher,
            session_length,
            users: BTreeMap::new(),
            tokens: HashMap::new(),
            agent_revisions: HashMap::new(),
            rotation_revision: Revision::default(),
            lockout: Lockout::default(),
            checking: 0,
        }
    }

    fn publish(&self, change: impl FnOnce(&mut Credentials)) {
        let mut credentials = Credentials::clone(&self.published.load());
        change(&mut credentials);
        self.published.store(Arc::new(credentials));
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        let reading = read_all(Arc::clone(&self.store), Arc::clone(&self.vault));
        ctx.wait(reading.into_actor(self).map(|stored, service, ctx| match stored {
            Ok(stored) => service.become_loaded(stored),
            Err(error) => {
                tracing::error!(%error, "users and agents can't be read, trying again");
                ctx.run_later(Duration::from_secs(1), Self::load);
            }
        }));
    }

    fn become_loaded(&mut self, stored: Stored) {
        let now = self.clock.now();
        self.users = stored
            .users
            .into_iter()
            .map(|user| (user.name.clone(), user))
            .collect();
        self.publish(|credentials| {
            let live = stored
                .sessions
                .into_iter()
                .filter(|(_, session)| session.expires_at > now);
            credentials.sessions = live
                .map(|(digest, session)| (digest, Arc::new(session)))
                .collect();
        });
        self.take_agents(stored.agents);
    }

    fn drop_expired(&mut self, ctx: &mut Context<Self>) {
        self.drop_expired_sessions(ctx);
        self.drop_expired_tokens(ctx);
        self.tend_agents(ctx);
        self.lockout.forget_old(self.clock.now());
    }
}

impl Actor for AuthService {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
        ctx.run_interval(EXPIRY_PERIOD, Self::drop_expired);
    }
}

impl Supervised for AuthService {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.checking = 0;
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::AuthService);
        }
    }
}

async fn read_all(store: Arc<dyn Store>, vault: Arc<dyn Vault>) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    for document in list_all(&*store, DocumentKind::User).await? {
        stored.users.extend(read::<User>(&document));
    }
    for document in list_all(&*store, DocumentKind::Session).await? {
        stored.sessions.extend(read::<(Digest, Session)>(&document));
    }
    stored.agents = read_agents(&*store, &*vault).await?;
    Ok(stored)
}

async fn list_all(store: &dyn Store, kind: DocumentKind) -> Result<Vec<Document>, StoreError> {
    let mut all: Vec<Document> = Vec::new();
    loop {
        let after = all.last().map(|document| document.key.clone());
        let page = store.list(kind, after, PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(document: &Document) -> Option<T> {
    decode(&document.body)
        .inspect_err(
            |error| tracing::error!(key = %document.key, %error, "a stored credential is unreadable"),
        )
        .ok()
}
