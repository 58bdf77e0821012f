//! What happens to sessions once they are open: proofs, a new password, and their end.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture};

use super::account_messages::{
    BeginProof, ChangePassword, EndSession, HashToCheck, Reauthenticate, SignInError, SignOut, SignedIn,
    UserError,
};
use super::credentials::Digest;
use super::lockout::{Attempt, Network, Verdict};
use super::session::Session;
use super::sign_in::Way;
use super::user::User;
use super::{AuthService, done};
use crate::clock::Timestamp;
use crate::limits::REAUTHENTICATED_FOR;
use crate::model::UserName;
use crate::store::{DocumentKind, PutError, Revision, Store};

impl Handler<BeginProof> for AuthService {
    type Result = Result<HashToCheck, SignInError>;

    fn handle(&mut self, BeginProof(key): BeginProof, _: &mut Context<Self>) -> Self::Result {
        let session = self.live_session(&key).ok_or(SignInError::Ended)?;
        match self
            .lockout
            .admit(&proof(&session), std::time::Duration::ZERO, self.clock.now())
        {
            Verdict::Go | Verdict::Slow(_) => Ok(self.hash_of(&session.user)),
            Verdict::Locked(retry_in) => Err(SignInError::Locked { retry_in }),
        }
    }
}

impl Handler<Reauthenticate> for AuthService {
    type Result = AtomicResponse<Self, Result<Timestamp, SignInError>>;

    fn handle(&mut self, msg: Reauthenticate, _: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let proved = self.reproved(&msg.session, &msg.hash, msg.checked.matches);
        let proved = proved.and_then(|(session, mut user)| {
            self.take_code(&mut user, msg.code.as_ref(), &msg.checked, now)?;
            Ok((session, user))
        });
        let (session, mut user) = match proved {
            Ok(proved) => proved,
            Err(error) => return done(Err(error)),
        };
        if let Some(renewed) = msg.checked.renewed {
            user.password_hash = renewed;
        }
        // Without a second factor nothing of the user changes, and nothing is to be written.
        let is_same = self
            .users
            .get(&user.name)
            .is_some_and(|(known, _)| *known == user);
        let write = (!is_same).then(|| self.write_user(&user));
        let writing = async move {
            match write {
                Some(write) => write.await.map(Some),
                None => Ok(None),
            }
        };
        AtomicResponse::new(Box::pin(writing.into_actor(self).map(
            move |written, service, _| {
                if let Some(revision) = written? {
                    service.keep_user(user, revision);
                }
                let session = Session {
                    authenticated_at: now,
                    ..Session::clone(&session)
                };
                service.publish(|credentials| {
                    credentials.sessions.insert(session.key, Arc::new(session));
                });
                Ok(now.plus(REAUTHENTICATED_FOR))
            },
        )))
    }
}

impl Handler<ChangePassword> for AuthService {
    type Result = AtomicResponse<Self, Result<SignedIn, SignInError>>;

    fn handle(&mut self, msg: ChangePassword, ctx: &mut Context<Self>) -> Self::Result {
        let (_, mut user) = match self.reproved(&msg.session, &msg.hash, true) {
            Ok(proved) => proved,
            Err(error) => return done(Err(error)),
        };
        user.password_hash = msg.new;
        user.must_change_password = false;
        user.sessions_since = self.clock.now();
        match self.opening(user.clone(), &msg.origin, Way::Password) {
            Ok(opening) => {
                // They end first: if the disk refuses, nobody is signed in rather than too many.
                self.end_sessions_of(&user.name, ctx);
                self.open(opening)
            }
            Err(error) => done(Err(error)),
        }
    }
}

impl Handler<SignOut> for AuthService {
    type Result = actix::ResponseFuture<Result<(), PutError>>;

    fn handle(&mut self, SignOut(key): SignOut, _: &mut Context<Self>) -> Self::Result {
        self.publish(|credentials| {
            credentials.sessions.remove(&key);
        });
        Box::pin(drop_session(Arc::clone(&self.store), key))
    }
}

impl Handler<EndSession> for AuthService {
    type Result = actix::ResponseFuture<Result<(), UserError>>;

    fn handle(&mut self, EndSession { user, id }: EndSession, _: &mut Context<Self>) -> Self::Result {
        let theirs = self.published.load().sessions_of(&user, self.clock.now());
        let Some(session) = theirs.into_iter().find(|session| session.id() == id) else {
            return Box::pin(std::future::ready(Err(UserError::UnknownSession)));
        };
        self.publish(|credentials| {
            credentials.sessions.remove(&session.key);
        });
        let dropping = drop_session(Arc::clone(&self.store), session.key);
        Box::pin(async move { Ok(dropping.await?) })
    }
}

impl AuthService {
    fn live_session(&self, key: &Digest) -> Option<Arc<Session>> {
        self.published.load().sessions.get(key).cloned()
    }

    /// Session and user, if the password that was checked is still the user's.
    fn reproved(
        &mut self,
        key: &Digest,
        hash: &HashToCheck,
        matches: bool,
    ) -> Result<(Arc<Session>, User), SignInError> {
        let session = self.live_session(key).ok_or(SignInError::Ended)?;
        let user = self
            .users
            .get(&session.user)
            .filter(|(user, _)| matches && user.is_active && hash.hash.as_ref() == Some(&user.password_hash));
        let user = user.map(|(user, _)| user.clone()).ok_or(SignInError::Refused)?;
        self.lockout.forgive(&proof(&session));
        Ok((session, user))
    }

    /// Ends all sessions of a user, at once and on disk.
    pub(super) fn end_sessions_of(&self, user: &UserName, ctx: &mut Context<Self>) {
        let keys = self.published.load();
        let theirs = keys.sessions.iter().filter(|(_, session)| session.user == *user);
        self.end_sessions(theirs.map(|(key, _)| *key).collect(), ctx);
    }

    pub(super) fn drop_expired_sessions(&self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let credentials = self.published.load();
        let ended = credentials
            .sessions
            .iter()
            .filter(|(_, session)| !session.is_open(credentials.idle_max, now));
        self.end_sessions(ended.map(|(key, _)| *key).collect(), ctx);
    }

    /// What stays on disk because the disk refused is not taken up again at the next start: it is
    /// too old, or older than its user's `sessions_since`.
    fn end_sessions(&self, keys: Vec<Digest>, ctx: &mut Context<Self>) {
        if keys.is_empty() {
            return;
        }
        self.publish(|credentials| {
            for key in &keys {
                credentials.sessions.remove(key);
            }
        });
        for key in keys {
            let dropped = drop_session(Arc::clone(&self.store), key);
            let dropping = async move {
                if let Err(error) = dropped.await {
                    tracing::warn!(%error, "an ended session stays on disk for now");
                }
            };
            ctx.spawn(dropping.into_actor(self));
        }
    }
}

/// Proofs of one session are counted by themselves: whoever has the session is no stranger.
fn proof(session: &Session) -> Attempt {
    Attempt {
        user: session.user.clone(),
        from: Network::of(session.address),
        known: Some(session.key),
    }
}

async fn drop_session(store: Arc<dyn Store>, key: Digest) -> Result<(), PutError> {
    // A session is written once, so its revision is known.
    store.delete(DocumentKind::Session, hex(&key), Revision(1)).await
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
