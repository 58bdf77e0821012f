//! Signing in and out.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, ResponseActFuture, WrapFuture};

use super::credentials::{Session, digest};
use super::messages::{EnsureAdmin, SignIn, SignInError, SignOut, SignedIn, UserError};
use super::password::{CheckPassword, HashPassword};
use super::{AuthService, User};
use crate::limits::{PASSWORD_QUEUE, SESSIONS_MAX};
use crate::model::{Role, UserName};
use crate::store::{DocumentKind, PutError, Revision, Store};
use crate::stored::encode;
use crate::supervision::{ActorName, shielded};

impl Handler<EnsureAdmin> for AuthService {
    type Result = AtomicResponse<Self, Result<bool, UserError>>;

    fn handle(&mut self, msg: EnsureAdmin, _: &mut Context<Self>) -> Self::Result {
        if !self.users.is_empty() {
            return AtomicResponse::new(Box::pin(actix::fut::ready(Ok(false))));
        }
        let (store, clock, hasher) = (
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            self.hasher.clone(),
        );
        let making = async move {
            let hashed = hasher
                .send(HashPassword(msg.password))
                .await
                .map_err(|_| UserError::Busy)?;
            let user = User {
                name: msg.name,
                role: Role::Admin,
                password_hash: hashed?,
                created_at: clock.now(),
                is_active: true,
            };
            let key = user.name.to_string();
            store
                .put(DocumentKind::User, key, Revision::default(), encode(&user))
                .await?;
            Ok(user)
        };
        AtomicResponse::new(Box::pin(making.into_actor(self).map(
            |made: Result<User, UserError>, service, _| {
                let user = made?;
                service.users.insert(user.name.clone(), user);
                Ok(true)
            },
        )))
    }
}

impl Handler<SignIn> for AuthService {
    type Result = ResponseActFuture<Self, Result<SignedIn, SignInError>>;

    /// Not atomic: while one password is hashed, others may ask.
    fn handle(&mut self, msg: SignIn, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let safety = self.safety.clone();
        let core = || {
            let retry_in = self.lockout.wait(&msg.user, msg.from, now);
            let hash = self.users.get(&msg.user).filter(|user| user.is_active);
            (retry_in, hash.map(|user| user.password_hash.clone()))
        };
        let hash = match shielded(&safety, ctx, || ActorName::AuthService, &msg.user, core) {
            Ok((Some(retry_in), _)) => {
                return Box::pin(actix::fut::ready(Err(SignInError::Locked { retry_in })));
            }
            Ok((None, hash)) => hash,
            Err(_) => return Box::pin(actix::fut::ready(Err(SignInError::Busy))),
        };
        if self.checking >= PASSWORD_QUEUE {
            return Box::pin(actix::fut::ready(Err(SignInError::Busy)));
        }
        self.checking += 1;
        let checking = self.hasher.send(CheckPassword {
            password: msg.password,
            hash,
        });
        let (user, from) = (msg.user, msg.from);
        Box::pin(
            checking
                .into_actor(self)
                .then(move |matches, service, _| {
                    service.checking -= 1;
                    let opened = service.after_check(&user, from, matches.unwrap_or(false));
                    async move { opened?.await }.into_actor(service)
                })
                .map(|opened, service, _| {
                    let (signed_in, session) = opened?;
                    let key = digest(signed_in.token.as_bytes());
                    service.publish(|credentials| {
                        credentials.sessions.insert(key, Arc::new(session));
                    });
                    Ok(signed_in)
                }),
        )
    }
}

type Opened = std::pin::Pin<Box<dyn Future<Output = Result<(SignedIn, Session), SignInError>>>>;

impl AuthService {
    fn after_check(
        &mut self,
        user: &UserName,
        from: std::net::IpAddr,
        matches: bool,
    ) -> Result<Opened, SignInError> {
        let now = self.clock.now();
        let role = self.users.get(user).filter(|_| matches).map(|user| user.role);
        let Some(role) = role else {
            self.lockout.note_failure(user, from, now);
            return Err(SignInError::Refused);
        };
        self.lockout.note_success(user, from);
        if self.published.load().sessions.len() >= SESSIONS_MAX {
            return Err(SignInError::Busy);
        }
        let length = self.session_length;
        let session = Session {
            user: user.clone(),
            role,
            created_at: now,
            expires_at: now.plus(length),
        };
        let token = super::tokens::random_text().map_err(|_| SignInError::Busy)?;
        let store = Arc::clone(&self.store);
        Ok(Box::pin(async move {
            let key = digest(token.as_bytes());
            let body = encode(&(key, &session));
            store
                .put(DocumentKind::Session, hex(&key), Revision::default(), body)
                .await?;
            Ok((
                SignedIn {
                    token,
                    user: session.user.clone(),
                    role,
                    length,
                },
                session,
            ))
        }))
    }

    pub(super) fn drop_expired_sessions(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let credentials = self.published.load_full();
        let ended: Vec<_> = credentials
            .sessions
            .iter()
            .filter(|(_, session)| session.expires_at <= now)
            .map(|(key, _)| *key)
            .collect();
        for key in ended {
            self.publish(|credentials| {
                credentials.sessions.remove(&key);
            });
            let dropped = drop_session(Arc::clone(&self.store), key);
            ctx.spawn(
                async move {
                    if let Err(error) = dropped.await {
                        tracing::warn!(%error, "an ended session stays on disk for now");
                    }
                }
                .into_actor(self),
            );
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

async fn drop_session(store: Arc<dyn Store>, key: [u8; 32]) -> Result<(), PutError> {
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
