//! API keys: made, revoked, and never stronger than whoever made them is now.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture};

use super::account_messages::{IssueKey, IssuedKey, KeyError, RevokeKey};
use super::api_key::{self, ApiKey, StoredKey};
use super::password::Password;
use super::session::Seen;
use super::{AuthService, LOCAL_ADMIN, done};
use crate::limits::KEYS_MAX;
use crate::model::{Role, Scopes, UserName};
use crate::store::{DocumentKind, Revision};
use crate::stored::encode;

impl Handler<IssueKey> for AuthService {
    type Result = AtomicResponse<Self, Result<IssuedKey, KeyError>>;

    fn handle(&mut self, msg: IssueKey, _: &mut Context<Self>) -> Self::Result {
        if !msg.scopes.are_within(msg.within.and(self.scopes_of(&msg.by))) {
            return done(Err(KeyError::BeyondMaker));
        }
        if self.keys.len() >= KEYS_MAX {
            return done(Err(KeyError::TooMany));
        }
        let Ok((id, secret, text)) = api_key::draw() else {
            return done(Err(KeyError::Busy));
        };
        let now = self.clock.now();
        let key = StoredKey {
            id: id.clone(),
            name: msg.name,
            scopes: msg.scopes,
            created_by: msg.by,
            created_at: now,
            expires_at: now.plus(msg.ttl),
            secret,
        };
        let issued = IssuedKey {
            id: id.clone(),
            text: Password(text),
            expires_at: key.expires_at,
        };
        let written = self
            .store
            .put(DocumentKind::Key, id.clone(), Revision::default(), encode(&key));
        AtomicResponse::new(Box::pin(written.into_actor(self).map(
            move |written, service, _| {
                written?;
                service.keys.insert(id, key);
                service.publish_keys();
                Ok(issued)
            },
        )))
    }
}

impl Handler<RevokeKey> for AuthService {
    type Result = AtomicResponse<Self, Result<(), KeyError>>;

    /// It stops counting when that is on disk, so that no restart brings it back.
    fn handle(&mut self, RevokeKey(id): RevokeKey, _: &mut Context<Self>) -> Self::Result {
        if !self.keys.contains_key(&id) {
            return done(Err(KeyError::Unknown));
        }
        // A key is written once, so its revision is known.
        let dropped = self.store.delete(DocumentKind::Key, id.clone(), Revision(1));
        AtomicResponse::new(Box::pin(dropped.into_actor(self).map(
            move |dropped, service, _| {
                dropped?;
                service.keys.remove(&id);
                service.publish_keys();
                Ok(())
            },
        )))
    }
}

impl AuthService {
    /// What that user may do now; nothing for one who is away.
    fn scopes_of(&self, user: &UserName) -> Scopes {
        if user.as_str() == LOCAL_ADMIN {
            return Role::Admin.scopes();
        }
        let user = self.users.get(user).filter(|(user, _)| user.is_active);
        user.map(|(user, _)| user.role.scopes()).unwrap_or_default()
    }

    /// What that key may do now. A user who is made anew under an old name gets no old keys.
    fn effective(&self, key: &StoredKey) -> Scopes {
        let maker = self.users.get(&key.created_by);
        let is_another = maker.is_some_and(|(user, _)| user.created_at > key.created_at);
        if is_another {
            Scopes::default()
        } else {
            key.scopes.and(self.scopes_of(&key.created_by))
        }
    }

    /// Publishes the keys as they count now.
    pub(super) fn publish_keys(&self) {
        if self.keys.is_empty() && self.published.load().keys.is_empty() {
            return;
        }
        self.publish(|credentials| {
            let before = std::mem::take(&mut credentials.keys);
            for key in self.keys.values() {
                let scopes = self.effective(key);
                let used = before
                    .get(&key.id)
                    .map_or_else(Seen::default, |key| key.used.clone());
                if !scopes.is_empty() {
                    let key = ApiKey::new(key, scopes, used);
                    credentials.keys.insert(key.id.clone(), Arc::new(key));
                }
            }
        });
    }

    pub(super) fn drop_keys_of(&mut self, user: &UserName, ctx: &mut Context<Self>) {
        self.drop_keys(|key| key.created_by == *user, ctx);
    }

    pub(super) fn drop_expired_keys(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        self.drop_keys(|key| key.expires_at <= now, ctx);
    }

    fn drop_keys(&mut self, is_over: impl Fn(&StoredKey) -> bool, ctx: &mut Context<Self>) {
        let over: Vec<_> = self.keys.extract_if(|_, key| is_over(key)).collect();
        if over.is_empty() {
            return;
        }
        self.publish_keys();
        for (id, _) in over {
            let dropped = self.store.delete(DocumentKind::Key, id, Revision(1));
            let dropping = async move {
                if let Err(error) = dropped.await {
                    tracing::warn!(%error, "an ended API key stays on disk for now");
                }
            };
            ctx.spawn(dropping.into_actor(self));
        }
    }
}
