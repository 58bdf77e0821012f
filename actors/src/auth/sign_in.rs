//! Signing in: which hash to check against, and what follows from the check.

use std::sync::Arc;

use actix::{ActorFutureExt, AtomicResponse, Context, Handler, WrapFuture};
use futures_util::future::join;

use super::account_messages::{BeginSignIn, FinishSignIn, HashToCheck, Origin, SignInError, SignedIn};
use super::credentials::digest;
use super::lockout::{Attempt, Bucket, Network, Verdict};
use super::password::{Checked, Password};
use super::recovery::RecoverySalt;
use super::second_factor::SecondFactor;
use super::session::{Seen, Session, clean_user_agent, session_document};
use super::sessions::hex;
use super::tokens::random_text;
use super::user::User;
use super::{AuthService, done};
use crate::clock::Timestamp;
use crate::limits::SESSIONS_MAX;
use crate::model::UserName;
use crate::store::{DocumentKind, PutError, Revision};
use crate::supervision::{ActorName, shielded};

impl Handler<BeginSignIn> for AuthService {
    type Result = Result<HashToCheck, SignInError>;

    fn handle(&mut self, msg: BeginSignIn, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let core = || {
            let attempt = self.attempt(&msg.user, &msg.origin);
            let verdict = self.lockout.admit(&attempt, msg.waited, self.clock.now());
            match verdict {
                Verdict::Go => Ok(self.hash_of(&msg.user)),
                Verdict::Slow(by) => Err(SignInError::Slow(by)),
                Verdict::Locked(retry_in) => Err(SignInError::Locked { retry_in }),
            }
        };
        shielded(&safety, ctx, || ActorName::AuthService, &msg, core).unwrap_or(Err(SignInError::Busy))
    }
}

impl Handler<FinishSignIn> for AuthService {
    type Result = AtomicResponse<Self, Result<SignedIn, SignInError>>;

    fn handle(&mut self, msg: FinishSignIn, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let core = || {
            let user = self.proved(&msg)?;
            self.opening(user, &msg.origin, Way::Password)
        };
        let opening = shielded(&safety, ctx, || ActorName::AuthService, &msg, core);
        match opening.unwrap_or(Err(SignInError::Busy)) {
            Ok(opening) => self.open(opening),
            Err(error) => {
                // A restart must be no way around it.
                if self.lockout.take_locked() {
                    self.write_lockout(ctx);
                }
                done(Err(error))
            }
        }
    }
}

/// How somebody shows who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Password,
    Provider,
}

/// A session that is about to be opened, and its user as they are from then on.
pub(super) struct Opening {
    user: User,
    session: Session,
    signed_in: SignedIn,
}

impl Opening {
    pub(super) const fn user_name(&self) -> &UserName {
        &self.user.name
    }
}

impl AuthService {
    /// What that user's password is checked against; nothing when nobody of that name may sign in.
    pub(super) fn hash_of(&self, user: &UserName) -> HashToCheck {
        let may = |user: &User| user.is_active && !user.password_hash.is_none();
        let known = self.users.get(user).filter(|(user, _)| may(user));
        let factor = known.and_then(|(user, _)| user.second_factor.as_ref());
        HashToCheck {
            hash: known.map(|(user, _)| user.password_hash.clone()),
            salt: factor.map_or_else(RecoverySalt::default, SecondFactor::salt),
        }
    }

    fn attempt(&self, user: &UserName, origin: &Origin) -> Attempt {
        let device = origin.device.as_ref().map(|device| digest(device.0.as_bytes()));
        let devices = self.users.get(user).map(|(user, _)| &user.devices);
        Attempt {
            user: user.clone(),
            from: Network::of(origin.address),
            known: device.filter(|device| devices.is_some_and(|devices| devices.contains(device))),
        }
    }

    /// The user, if password and code are right. The password may have been changed while it was
    /// checked.
    fn proved(&mut self, msg: &FinishSignIn) -> Result<User, SignInError> {
        let now = self.clock.now();
        let attempt = self.attempt(&msg.user, &msg.origin);
        let is_right = msg.checked.matches && msg.hash.hash.is_some();
        let known = self
            .users
            .get(&msg.user)
            .filter(|(user, _)| user.is_active && is_right);
        let same = known.filter(|(user, _)| Some(&user.password_hash) == msg.hash.hash.as_ref());
        let mut user = same.map(|(user, _)| user.clone()).ok_or(SignInError::Refused)?;
        if user.second_factor.is_some() && msg.code.is_none() {
            self.lockout.forgive(&attempt);
        }
        self.take_code(&mut user, msg.code.as_ref(), &msg.checked, now)?;
        self.lockout.forgive(&attempt);
        if let Some(renewed) = &msg.checked.renewed {
            user.password_hash = renewed.clone();
        }
        user.last_sign_in = Some(now);
        Ok(user)
    }

    /// Takes the code of a user who has a second factor.
    pub(super) fn take_code(
        &mut self,
        user: &mut User,
        code: Option<&Password>,
        checked: &Checked,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let Some(factor) = &mut user.second_factor else {
            return Ok(());
        };
        let code = code.ok_or(SignInError::SecondFactorRequired)?;
        let bucket = Bucket::Codes(user.name.clone());
        if let Some(retry_in) = self.lockout.locked(&bucket, now) {
            return Err(SignInError::Locked { retry_in });
        }
        if factor.take(&code.0, checked.recovery.as_ref(), now) {
            self.lockout.clear(&bucket);
            Ok(())
        } else {
            self.lockout.note_failure(bucket, now);
            Err(SignInError::Refused)
        }
    }

    /// A session for that user.
    pub(super) fn opening(&self, mut user: User, origin: &Origin, way: Way) -> Result<Opening, SignInError> {
        if self.published.load().sessions.len() >= SESSIONS_MAX {
            return Err(SignInError::Busy);
        }
        let now = self.clock.now();
        let token = random_text().map_err(|_| SignInError::Busy)?;
        let device = match origin.device.clone().filter(|device| is_device(&device.0)) {
            Some(device) => device,
            None => random_text().map(Password).map_err(|_| SignInError::Busy)?,
        };
        user.remember_device(digest(device.0.as_bytes()));
        let session = Session {
            key: digest(token.as_bytes()),
            user: user.name.clone(),
            role: user.role,
            created_at: now,
            expires_at: now.plus(self.session_length),
            address: origin.address,
            user_agent: clean_user_agent(&origin.user_agent),
            must_change_password: user.must_change_password,
            is_by_provider: way == Way::Provider,
            authenticated_at: now,
            seen: Seen::at(now),
        };
        let signed_in = SignedIn {
            token: Password(token),
            device,
            user: user.name.clone(),
            role: user.role,
            must_change_password: user.must_change_password,
            length: self.session_length,
        };
        Ok(Opening {
            user,
            session,
            signed_in,
        })
    }

    /// Writes user and session, and only then lets the session count.
    pub(super) fn open<E: From<PutError> + 'static>(
        &self,
        Opening {
            user,
            session,
            signed_in,
        }: Opening,
    ) -> AtomicResponse<Self, Result<SignedIn, E>> {
        let stored = session_document(&session);
        let key = hex(&session.key);
        let session_put = self
            .store
            .put(DocumentKind::Session, key, Revision::default(), stored);
        let writing = join(self.write_user(&user), session_put);
        AtomicResponse::new(Box::pin(writing.into_actor(self).map(
            move |(user_put, session_put), service, _| {
                service.keep_user(user, user_put?);
                session_put?;
                service.publish(|credentials| {
                    credentials.sessions.insert(session.key, Arc::new(session));
                });
                Ok(signed_in)
            },
        )))
    }
}

/// Whether that is a device's cookie as this server makes them.
fn is_device(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
