//! Owns who may speak to the server: users, their sessions and API keys, enrolment tokens and
//! enrolled agents. Receives what `account_messages` and [`agents::messages`] list;
//! publishes an immutable [`Credentials`], so that checking one costs no message. Passwords are
//! hashed by a pool of its own, which the fleet's handle asks: one takes a quarter of a second.

pub mod account_messages;
mod activity;
pub mod agents;
pub mod api_key;
mod api_keys;
pub mod credentials;
pub mod lockout;
pub mod operator_keys;
pub mod password;
pub mod password_hash;
pub mod provider;
pub mod recovery;
pub mod second_factor;
pub mod session;
mod sessions;
mod sign_in;
mod tokens;
mod totp;
mod user;
mod user_document;
mod users;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, AtomicResponse, Context, Supervised, WrapFuture};
use arc_swap::ArcSwap;

use crate::clock::Clock;
use crate::limits::{SERVICE_MAILBOX, SESSION_MAX};
use crate::model::UserName;
use crate::store::{Document, DocumentKind, Revision, Store, StoreError};
use crate::stored::{DecodeError, decode};
use crate::supervision::{ActorName, Restarts, Safety};
use crate::vault::Vault;

pub use api_key::ApiKey;
pub use credentials::{Credentials, Digest, digest};
pub use operator_keys::OperatorKey;
pub use session::Session;

use activity::Activity;
use agents::load::{StoredAgents, read_agents};
use api_key::StoredKey;
use lockout::Lockout;
use operator_keys::StoredOperatorKey;
use second_factor::TotpSecret;
use session::{StoredSession, read_session};
use tokens::EnrolmentToken;
pub(crate) use user::User;
use user_document::read_user;

/// How often what has expired is dropped.
const EXPIRY_PERIOD: Duration = Duration::from_secs(60);
/// Documents read at once.
const PAGE: usize = 1_000;
/// The name under which programs on the server's own machine act; no user can have it.
pub const LOCAL_ADMIN: &str = "local-admin";

/// For how long people stay signed in.
#[derive(Clone, Copy, Debug)]
pub struct SessionTimes {
    /// Whatever they do; never longer than `SESSION_MAX`.
    pub length: Duration,
    /// When they do nothing.
    pub idle: Duration,
}

/// Who may speak to the server.
pub struct AuthService {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    published: Arc<ArcSwap<Credentials>>,
    session_length: Duration,
    users: BTreeMap<UserName, (User, Revision)>,
    keys: HashMap<String, StoredKey>,
    operator_keys: HashMap<String, StoredOperatorKey>,
    tokens: HashMap<String, (EnrolmentToken, Revision)>,
    agent_revisions: HashMap<String, Revision>,
    rotation_revision: Revision,
    lockout: Lockout,
    /// Secrets that no code has confirmed yet.
    unconfirmed: HashMap<UserName, TotpSecret>,
    /// What was last written of who did what when.
    activity: (Activity, Revision),
}

/// What the auth service finds in the store when it starts.
#[derive(Default)]
struct Stored {
    users: Vec<(User, Revision)>,
    sessions: Vec<StoredSession>,
    keys: Vec<StoredKey>,
    operator_keys: Vec<StoredOperatorKey>,
    agents: StoredAgents,
    activity: (Activity, Revision),
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
        times: SessionTimes,
    ) -> Self {
        let mut credentials = Credentials::clone(&published.load());
        credentials.idle_max = times.idle;
        published.store(Arc::new(credentials));
        Self {
            store,
            vault,
            clock,
            safety,
            restarts: Restarts::default(),
            published,
            session_length: times.length.min(SESSION_MAX),
            users: BTreeMap::new(),
            keys: HashMap::new(),
            operator_keys: HashMap::new(),
            tokens: HashMap::new(),
            agent_revisions: HashMap::new(),
            rotation_revision: Revision::default(),
            lockout: Lockout::default(),
            unconfirmed: HashMap::new(),
            activity: <(Activity, Revision)>::default(),
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
        let named = |(user, revision): (User, Revision)| (user.name.clone(), (user, revision));
        self.users = stored.users.into_iter().map(named).collect();
        self.keys = stored.keys.into_iter().map(|key| (key.id.clone(), key)).collect();
        let operator_keys = stored.operator_keys.into_iter();
        self.operator_keys = operator_keys.map(|key| (key.id.clone(), key)).collect();
        self.lockout = Lockout::restore(stored.activity.0.lockout.clone());
        self.activity = stored.activity;
        let sessions = self.live(stored.sessions);
        self.publish(|credentials| credentials.sessions = sessions);
        self.take_agents(stored.agents);
        self.publish_keys();
        self.publish_operator_keys();
        self.recall_uses();
    }

    /// The sessions that count: of a user who is there, made since their last change.
    fn live(&self, stored: Vec<StoredSession>) -> imbl::HashMap<Digest, Arc<Session>> {
        let now = self.clock.now();
        let live = stored.into_iter().filter_map(|stored| {
            let mut session = Session::from(stored);
            let (user, _) = self.users.get(&session.user)?;
            let counts = user.is_active
                && user.role == session.role
                && session.created_at >= user.sessions_since
                && session.expires_at > now;
            session.must_change_password = user.must_change_password;
            counts.then(|| (session.key, Arc::new(session)))
        });
        live.collect()
    }

    fn drop_expired(&mut self, ctx: &mut Context<Self>) {
        self.drop_expired_sessions(ctx);
        self.drop_expired_keys(ctx);
        self.drop_expired_tokens(ctx);
        self.tend_agents(ctx);
        self.lockout.forget_old(self.clock.now());
        self.write_uses(ctx);
    }
}

/// An answer that needs no waiting.
fn done<T: 'static>(answer: T) -> AtomicResponse<AuthService, T> {
    AtomicResponse::new(Box::pin(actix::fut::ready(answer)))
}

impl Actor for AuthService {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SERVICE_MAILBOX);
        self.load(ctx);
        ctx.run_interval(EXPIRY_PERIOD, Self::drop_expired);
        ctx.run_interval(activity::LOCKOUT_PERIOD, Self::write_lockout);
    }
}

impl Supervised for AuthService {
    fn restarting(&mut self, _: &mut Self::Context) {
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::AuthService);
        }
    }
}

async fn read_all(store: Arc<dyn Store>, vault: Arc<dyn Vault>) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    for document in list_all(&*store, DocumentKind::User).await? {
        stored.users.extend(read_user(&*store, &*vault, &document).await?);
    }
    for document in list_all(&*store, DocumentKind::Session).await? {
        let session = read(&document, read_session);
        stored.sessions.extend(session);
    }
    for document in list_all(&*store, DocumentKind::Key).await? {
        stored.keys.extend(read(&document, decode::<StoredKey>));
    }
    for document in list_all(&*store, DocumentKind::OperatorKey).await? {
        stored
            .operator_keys
            .extend(read(&document, decode::<StoredOperatorKey>));
    }
    stored.agents = read_agents(&*store, &*vault).await?;
    if let Some(document) = store.get(DocumentKind::Server, activity::KEY.to_owned()).await? {
        let activity = read(&document, decode::<Activity>).unwrap_or_default();
        stored.activity = (activity, document.revision);
    }
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

fn read<T>(document: &Document, decode: fn(&[u8]) -> Result<T, DecodeError>) -> Option<T> {
    decode(&document.body)
        .inspect_err(
            |error| tracing::error!(key = %document.key, %error, "a stored credential is unreadable"),
        )
        .ok()
}
