//! Operators' public keys: what signs dangerous commands and what agents seal to. The private halves
//! never come here; to the fleet a public part is a text.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, Message, WrapFuture};
use serde::{Deserialize, Serialize};

use super::{AuthService, done};
use crate::clock::Timestamp;
use crate::limits::{OPERATOR_KEYS_MAX, OPERATOR_KEYS_PER_USER_MAX};
use crate::model::{Scopes, UserName};
use crate::store::{DocumentKind, PutError, Revision};
use crate::stored::encode;

/// A key as stored. It is written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredOperatorKey {
    pub(super) id: String,
    name: String,
    public: String,
    owner: UserName,
    created_at: Timestamp,
}

/// A key as it counts now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorKey {
    /// Its name for programs, made of the key itself.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The public part, as the edge reads it.
    pub public: String,
    /// Whose it is.
    pub owner: UserName,
    /// What its owner may do now.
    pub scopes: Scopes,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// Take an operator's public key.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), OperatorKeyError>")]
pub struct RegisterOperatorKey {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its public part.
    pub public: String,
    /// Whose it is.
    pub owner: UserName,
}

/// Take an operator's key away: from now on it counts no more.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), OperatorKeyError>")]
pub struct RemoveOperatorKey {
    /// Its id.
    pub id: String,
    /// Only if it is theirs; nothing = whosever it is.
    pub owner: Option<UserName>,
}

/// Why a key was not taken or taken away.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OperatorKeyError {
    /// There is none of that id, or it is somebody else's.
    #[error("there is no operator key of that id")]
    Unknown,
    /// It is registered, for this user or another.
    #[error("this operator key is registered already")]
    Taken,
    /// Too many.
    #[error("there are as many operator keys as this server takes: remove some")]
    TooMany,
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
}

impl Handler<RegisterOperatorKey> for AuthService {
    type Result = AtomicResponse<Self, Result<(), OperatorKeyError>>;

    fn handle(&mut self, msg: RegisterOperatorKey, _: &mut Context<Self>) -> Self::Result {
        if self.operator_keys.contains_key(&msg.id) {
            return done(Err(OperatorKeyError::Taken));
        }
        let theirs = self.operator_keys.values().filter(|key| key.owner == msg.owner);
        if self.operator_keys.len() >= OPERATOR_KEYS_MAX || theirs.count() >= OPERATOR_KEYS_PER_USER_MAX {
            return done(Err(OperatorKeyError::TooMany));
        }
        let key = StoredOperatorKey {
            id: msg.id,
            name: msg.name,
            public: msg.public,
            owner: msg.owner,
            created_at: self.clock.now(),
        };
        let (kind, id) = (DocumentKind::OperatorKey, key.id.clone());
        let written = self.store.put(kind, id, Revision::default(), encode(&key));
        AtomicResponse::new(Box::pin(written.into_actor(self).map(
            move |written, service, _| {
                written?;
                service.operator_keys.insert(key.id.clone(), key);
                service.publish_operator_keys();
                Ok(())
            },
        )))
    }
}

impl Handler<RemoveOperatorKey> for AuthService {
    type Result = AtomicResponse<Self, Result<(), OperatorKeyError>>;

    /// It stops counting when that is on disk, so that no restart brings it back.
    fn handle(&mut self, msg: RemoveOperatorKey, _: &mut Context<Self>) -> Self::Result {
        let known = self.operator_keys.get(&msg.id);
        let may = known.is_some_and(|key| msg.owner.is_none_or(|owner| owner == key.owner));
        if !may {
            return done(Err(OperatorKeyError::Unknown));
        }
        let id = msg.id;
        // A key is written once, so its revision is known.
        let dropped = self
            .store
            .delete(DocumentKind::OperatorKey, id.clone(), Revision(1));
        AtomicResponse::new(Box::pin(dropped.into_actor(self).map(
            move |dropped, service, _| {
                dropped?;
                service.operator_keys.remove(&id);
                service.publish_operator_keys();
                Ok(())
            },
        )))
    }
}

impl AuthService {
    /// Publishes the keys as they count now: those of users who are away, or were made anew under an
    /// old name, don't.
    pub(super) fn publish_operator_keys(&self) {
        if self.operator_keys.is_empty() && self.published.load().operator_keys.is_empty() {
            return;
        }
        let mut keys: Vec<OperatorKey> = self
            .operator_keys
            .values()
            .filter_map(|key| self.counted(key))
            .collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        self.publish(|credentials| credentials.operator_keys = Arc::new(keys));
    }

    fn counted(&self, key: &StoredOperatorKey) -> Option<OperatorKey> {
        let (owner, _) = self.users.get(&key.owner)?;
        let counts = owner.is_active && owner.created_at <= key.created_at;
        counts.then(|| OperatorKey {
            id: key.id.clone(),
            name: key.name.clone(),
            public: key.public.clone(),
            owner: key.owner.clone(),
            scopes: owner.role.scopes(),
            created_at: key.created_at,
        })
    }

    pub(super) fn drop_operator_keys_of(&mut self, user: &UserName, ctx: &mut Context<Self>) {
        let over: Vec<_> = self
            .operator_keys
            .extract_if(|_, key| key.owner == *user)
            .collect();
        if over.is_empty() {
            return;
        }
        self.publish_operator_keys();
        for (id, _) in over {
            let dropped = self.store.delete(DocumentKind::OperatorKey, id, Revision(1));
            let dropping = async move {
                if let Err(error) = dropped.await {
                    tracing::warn!(%error, "an operator key without its user stays on disk for now");
                }
            };
            ctx.spawn(dropping.into_actor(self));
        }
    }
}
