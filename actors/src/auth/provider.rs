//! Sign-in by an identity provider: whoever it vouches for gets the account that is bound to them
//! there. Nobody gets an account by a name alone that has a password, or that is bound to another.

use actix::{AtomicResponse, Context, Handler, Message};
use serde::{Deserialize, Serialize};

use super::account_messages::{Origin, SignInError, SignedIn};
use super::password_hash::PasswordHash;
use super::session::Session;
use super::sign_in::{Opening, Way};
use super::user::User;
use super::{AuthService, LOCAL_ADMIN, done};
use crate::clock::Timestamp;
use crate::limits::{REAUTHENTICATED_FOR, USERS_MAX};
use crate::model::{Role, UserName};
use crate::store::PutError;
use crate::supervision::{ActorName, shielded};

/// Who somebody is at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalIdentity {
    /// The provider's own name.
    pub issuer: String,
    /// Theirs there: never given to anybody else, whatever they are called.
    pub subject: String,
}

/// What the provider says of somebody's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvidedRole {
    /// It decides, at each sign-in; nothing = they may not come in.
    Decided(Option<Role>),
    /// It has no word in it: new accounts get this one, if any.
    ForNew(Option<Role>),
}

/// The provider vouches for somebody.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<SignedIn, ProviderSignInError>")]
pub struct SignInByProvider {
    /// Who they are there.
    pub identity: ExternalIdentity,
    /// What they are called there.
    pub name: UserName,
    /// What it says of their role.
    pub role: ProvidedRole,
    /// Whether somebody new gets an account.
    pub may_create: bool,
    /// From where.
    pub origin: Origin,
}

/// The provider vouches anew for the user of a session.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Timestamp, SignInError>")]
pub struct ProveByProvider {
    /// Whose session.
    pub user: UserName,
    /// Its id.
    pub session: String,
    /// Whom the provider has seen.
    pub identity: ExternalIdentity,
}

/// Why somebody is not signed in whom the provider knows.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderSignInError {
    /// There is no account for them, and none is made.
    #[error("there is no account for this person here")]
    NoAccount,
    /// The account of that name is somebody else's.
    #[error("the account of that name is not bound to this person")]
    NameTaken,
    /// They may not sign in.
    #[error("this account is shut out")]
    ShutOut,
    /// The provider gives them no role here.
    #[error("the provider gives this person no role here")]
    NoRole,
    /// No randomness, too many sessions, or the auth service is being rebuilt.
    #[error("the auth service is busy")]
    Busy,
    /// Not written to disk.
    #[error(transparent)]
    Put(#[from] PutError),
}

impl Handler<SignInByProvider> for AuthService {
    type Result = AtomicResponse<Self, Result<SignedIn, ProviderSignInError>>;

    fn handle(&mut self, msg: SignInByProvider, ctx: &mut Context<Self>) -> Self::Result {
        let safety = self.safety.clone();
        let core = || self.vouched(&msg);
        let vouched = shielded(&safety, ctx, || ActorName::AuthService, &msg, core);
        match vouched.unwrap_or(Err(ProviderSignInError::Busy)) {
            Ok((opening, has_new_role)) => {
                if has_new_role {
                    self.end_sessions_of(opening.user_name(), ctx);
                }
                self.open(opening)
            }
            Err(error) => done(Err(error)),
        }
    }
}

impl Handler<ProveByProvider> for AuthService {
    type Result = Result<Timestamp, SignInError>;

    fn handle(&mut self, msg: ProveByProvider, _: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let theirs = self.published.load().sessions_of(&msg.user, now);
        let session = theirs.into_iter().find(|session| session.id() == msg.session);
        let session = session.ok_or(SignInError::Ended)?;
        let (user, _) = self.users.get(&msg.user).ok_or(SignInError::Ended)?;
        if user.external.as_ref() != Some(&msg.identity) || !user.is_active {
            return Err(SignInError::Refused);
        }
        let session = Session {
            authenticated_at: now,
            ..Session::clone(&session)
        };
        self.publish(|credentials| {
            credentials
                .sessions
                .insert(session.key, std::sync::Arc::new(session));
        });
        Ok(now.plus(REAUTHENTICATED_FOR))
    }
}

impl AuthService {
    /// The session to open, and whether the user has got another role with it.
    fn vouched(&self, msg: &SignInByProvider) -> Result<(Opening, bool), ProviderSignInError> {
        let now = self.clock.now();
        let mut user = self.user_of(msg)?;
        if !user.is_active {
            return Err(ProviderSignInError::ShutOut);
        }
        let before = user.role;
        if let ProvidedRole::Decided(role) = msg.role {
            user.role = role.ok_or(ProviderSignInError::NoRole)?;
        }
        if before == Role::Admin && user.role != before && self.is_last_admin(&user.name) {
            tracing::warn!(user = %user.name, "the provider gives the last administrator another role: kept");
            user.role = before;
        }
        let has_new_role = user.role != before;
        if has_new_role {
            user.sessions_since = now;
        }
        user.last_sign_in = Some(now);
        let opening = self.opening(user, &msg.origin, Way::Provider);
        let opening = opening.map_err(|_| ProviderSignInError::Busy)?;
        Ok((opening, has_new_role))
    }

    /// The account that is bound to them; else the one of their name that waits to be bound; else a
    /// new one.
    fn user_of(&self, msg: &SignInByProvider) -> Result<User, ProviderSignInError> {
        let identity = Some(msg.identity.clone());
        let bound = self.users.values().find(|(user, _)| user.external == identity);
        if let Some((user, _)) = bound {
            return Ok(user.clone());
        }
        match self.users.get(&msg.name) {
            Some((user, _)) if user.password_hash.is_none() && user.external.is_none() => Ok(User {
                external: identity,
                ..user.clone()
            }),
            Some(_) => Err(ProviderSignInError::NameTaken),
            None if msg.name.as_str() == LOCAL_ADMIN => Err(ProviderSignInError::NameTaken),
            None if !msg.may_create || self.users.len() >= USERS_MAX => Err(ProviderSignInError::NoAccount),
            None => {
                let (ProvidedRole::Decided(role) | ProvidedRole::ForNew(role)) = msg.role;
                let role = role.ok_or(ProviderSignInError::NoRole)?;
                let user = User::new(msg.name.clone(), role, PasswordHash::none(), self.clock.now());
                Ok(User {
                    external: identity,
                    ..user
                })
            }
        }
    }
}
