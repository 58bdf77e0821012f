//! Who calls: a person with a session, a program with an API key, or a program on this very machine.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use atlas_actors::auth::api_key::PREFIX;
use atlas_actors::auth::{ApiKey, LOCAL_ADMIN, Session};
use atlas_actors::clock::Timestamp;
use atlas_actors::model::{Role, Scope, Scopes, UserName};
use subtle::ConstantTimeEq;

use super::Edge;
use super::access::{forbidden, not_signed_in, reauthentication_required};
use super::cookies::session_token;
use super::error::ApiError;

/// Who calls, and what they may do.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The user; for an API key whoever made it.
    pub user: UserName,
    /// What they may do.
    pub scopes: Scopes,
    /// How they have shown it.
    pub means: Means,
}

/// How a caller has shown who they are.
#[derive(Clone, Debug)]
pub enum Means {
    /// A cookie of somebody who signed in.
    Session(Arc<Session>),
    /// An API key.
    Key(Arc<ApiKey>),
    /// The key in a file that only the server's own user can read.
    Local,
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.means {
            Means::Session(_) | Means::Local => self.user.fmt(f),
            Means::Key(key) => write!(f, "{} (API key {})", self.user, key.id),
        }
    }
}

impl Principal {
    fn of_session(session: Arc<Session>) -> Self {
        Self {
            user: session.user.clone(),
            scopes: session.role.scopes(),
            means: Means::Session(session),
        }
    }

    fn of_key(key: Arc<ApiKey>) -> Self {
        Self {
            user: key.created_by.clone(),
            scopes: key.scopes,
            means: Means::Key(key),
        }
    }

    fn local() -> Option<Self> {
        Some(Self {
            user: UserName::parse(LOCAL_ADMIN).ok()?,
            scopes: Role::Admin.scopes(),
            means: Means::Local,
        })
    }

    /// The caller of a request, if it shows who it is. An API key or a cookie that has ended is
    /// nobody.
    pub(super) fn of(edge: &Edge, request: &HttpRequest) -> Option<Self> {
        let (credentials, now) = (edge.fleet.credentials(), edge.fleet.now());
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let bearer = header(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        if let Some(bearer) = bearer {
            if is_same_secret(bearer, &edge.local_key) {
                return Self::local();
            }
            return credentials.key(bearer, now).map(Self::of_key);
        }
        // Agents of 2.0 send their shared key in this header; that one opens nothing here.
        if let Some(key) = header("x-api-key").filter(|key| key.starts_with(PREFIX)) {
            return credentials.key(key, now).map(Self::of_key);
        }
        let session = credentials.session(&session_token(request)?, now);
        session.map(Self::of_session)
    }

    /// The caller's session.
    ///
    /// # Errors
    /// 403 for programs.
    pub fn session(&self) -> Result<&Arc<Session>, ApiError> {
        match &self.means {
            Means::Session(session) => Ok(session),
            Means::Key(_) | Means::Local => Err(forbidden(
                "session_required",
                "This is about somebody who is signed in: sign in with name and password.",
            )),
        }
    }

    /// Whether they may do that.
    ///
    /// # Errors
    /// 403 without the scope.
    pub fn require(&self, scope: Scope) -> Result<(), ApiError> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        let message = format!("This needs the scope {}: ask an administrator.", scope.name());
        Err(forbidden("scope_missing", message))
    }

    /// Whether they have shown of late who they are.
    ///
    /// # Errors
    /// 403 when they have not, and for API keys, which can't.
    pub fn require_fresh(&self, now: Timestamp) -> Result<(), ApiError> {
        let is_fresh = match &self.means {
            Means::Session(session) => session.reauthenticated_until(now).is_some(),
            Means::Key(_) => false,
            Means::Local => true,
        };
        if is_fresh {
            Ok(())
        } else {
            Err(reauthentication_required())
        }
    }

    /// Whether they must choose a password of their own before anything else.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        matches!(&self.means, Means::Session(session) if session.must_change_password)
    }

    /// Whether what they have shown still counts; asking is no use of it.
    #[must_use]
    pub fn is_live(&self, edge: &Edge) -> bool {
        let (credentials, now) = (edge.fleet.credentials(), edge.fleet.now());
        match &self.means {
            Means::Session(session) => credentials.current(session, now).is_some(),
            Means::Key(key) => credentials.has_key(key, now),
            Means::Local => true,
        }
    }
}

/// Whether two secrets are the same, in a time that tells nothing of them.
pub fn is_same_secret(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// The caller of a route that not everybody may call.
pub struct Caller(pub Arc<Principal>);

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Arc<Principal>>().cloned();
        ready(caller.map(Self).ok_or_else(not_signed_in))
    }
}
