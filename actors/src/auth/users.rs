//! Users: made, changed, removed. Nobody can remove the last administrator.

use actix::{ActorFutureExt, AtomicResponse, Context, Handler, MessageResult, WrapFuture};

use super::account_messages::{
    ChangeUser, CreateUser, FindUser, ListUsers, RemoveUser, UserError, UserSummary,
};
use super::lockout::Bucket;
use super::user::User;
use super::user_document::document_of;
use super::{AuthService, LOCAL_ADMIN, done};
use crate::limits::USERS_MAX;
use crate::model::{Role, UserName};
use crate::store::{DocumentKind, PutError, Revision, StoreError, StoreFuture};

impl Handler<ListUsers> for AuthService {
    type Result = MessageResult<ListUsers>;

    fn handle(&mut self, _: ListUsers, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.users.values().map(|(user, _)| self.summary(user)).collect())
    }
}

impl Handler<FindUser> for AuthService {
    type Result = MessageResult<FindUser>;

    fn handle(&mut self, FindUser(name): FindUser, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.users.get(&name).map(|(user, _)| self.summary(user)))
    }
}

impl Handler<CreateUser> for AuthService {
    type Result = AtomicResponse<Self, Result<(), UserError>>;

    fn handle(&mut self, msg: CreateUser, _: &mut Context<Self>) -> Self::Result {
        if msg.name.as_str() == LOCAL_ADMIN {
            return done(Err(UserError::Reserved));
        }
        if self.users.contains_key(&msg.name) || msg.only_as_first && !self.users.is_empty() {
            return done(Err(UserError::Taken));
        }
        if self.users.len() >= USERS_MAX {
            return done(Err(UserError::TooMany));
        }
        let user = User {
            must_change_password: msg.must_change_password,
            ..User::new(msg.name, msg.role, msg.hash, self.clock.now())
        };
        self.write_and_keep(user)
    }
}

impl Handler<ChangeUser> for AuthService {
    type Result = AtomicResponse<Self, Result<(), UserError>>;

    fn handle(&mut self, msg: ChangeUser, ctx: &mut Context<Self>) -> Self::Result {
        let Some((user, _)) = self.users.get(&msg.name) else {
            return done(Err(UserError::Unknown));
        };
        let changed = changed(user, msg);
        let stays_admin = changed.role == Role::Admin && changed.is_active;
        if !stays_admin && self.is_last_admin(&changed.name) {
            return done(Err(UserError::LastAdmin));
        }
        let ends_sessions = changed.role != user.role
            || !changed.is_active
            || changed.password_hash != user.password_hash
            || changed.must_change_password != user.must_change_password;
        let mut changed = changed;
        if ends_sessions {
            changed.sessions_since = self.clock.now();
            self.end_sessions_of(&changed.name, ctx);
        }
        self.write_and_keep(changed)
    }
}

fn changed(user: &User, msg: ChangeUser) -> User {
    let second_factor = user.second_factor.clone().filter(|_| !msg.drop_second_factor);
    User {
        role: msg.role.unwrap_or(user.role),
        is_active: msg.is_active.unwrap_or(user.is_active),
        password_hash: msg.hash.unwrap_or_else(|| user.password_hash.clone()),
        must_change_password: msg.must_change_password.unwrap_or(user.must_change_password),
        second_factor,
        ..user.clone()
    }
}

impl Handler<RemoveUser> for AuthService {
    type Result = AtomicResponse<Self, Result<(), UserError>>;

    fn handle(&mut self, RemoveUser(name): RemoveUser, ctx: &mut Context<Self>) -> Self::Result {
        let Some((_, revision)) = self.users.get(&name) else {
            return done(Err(UserError::Unknown));
        };
        if self.is_last_admin(&name) {
            return done(Err(UserError::LastAdmin));
        }
        self.end_sessions_of(&name, ctx);
        let removing = self.store.delete(DocumentKind::User, name.to_string(), *revision);
        AtomicResponse::new(Box::pin(removing.into_actor(self).map(
            move |removed, service, ctx| {
                removed?;
                service.users.remove(&name);
                service.drop_keys_of(&name, ctx);
                service.drop_operator_keys_of(&name, ctx);
                Ok(())
            },
        )))
    }
}

impl AuthService {
    /// Writes a user; answers with the revision. Nothing counts before that.
    pub(super) fn write_user(&self, user: &User) -> StoreFuture<Revision, PutError> {
        let known = self.users.get(&user.name);
        let revision = known.map_or_else(Revision::default, |(_, revision)| *revision);
        let key = user.name.to_string();
        match document_of(&*self.vault, user) {
            Ok(body) => self.store.put(DocumentKind::User, key, revision, body),
            Err(error) => {
                let failed = StoreError::Engine(error.to_string().into());
                Box::pin(std::future::ready(Err(PutError::Store(failed))))
            }
        }
    }

    /// Takes up a user that was written.
    pub(super) fn keep_user(&mut self, user: User, revision: Revision) {
        self.users.insert(user.name.clone(), (user, revision));
        self.publish_keys();
        self.publish_operator_keys();
    }

    pub(super) fn write_and_keep<E: From<PutError> + 'static>(
        &self,
        user: User,
    ) -> AtomicResponse<Self, Result<(), E>> {
        let writing = self.write_user(&user);
        AtomicResponse::new(Box::pin(writing.into_actor(self).map(
            move |written, service, _| {
                service.keep_user(user, written?);
                Ok(())
            },
        )))
    }

    pub(super) fn is_last_admin(&self, name: &UserName) -> bool {
        let is_admin = |user: &User| user.role == Role::Admin && user.is_active;
        let mut admins = self
            .users
            .values()
            .map(|(user, _)| user)
            .filter(|user| is_admin(user));
        admins.next().is_some_and(|user| user.name == *name) && admins.next().is_none()
    }

    fn summary(&self, user: &User) -> UserSummary {
        let now = self.clock.now();
        UserSummary {
            name: user.name.clone(),
            role: user.role,
            created_at: user.created_at,
            last_sign_in: user.last_sign_in,
            is_active: user.is_active,
            has_totp: user.second_factor.is_some(),
            is_held_back: self.lockout.holds_back(&user.name, now)
                || self
                    .lockout
                    .locked(&Bucket::Codes(user.name.clone()), now)
                    .is_some(),
            must_change_password: user.must_change_password,
            hash: user.password_hash.kind(),
        }
    }
}
