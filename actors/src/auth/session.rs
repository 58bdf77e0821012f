//! A session: who signed in, from where, and when it ends. Its token is kept nowhere, only the
//! token's digest.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::credentials::Digest;
use super::sessions::hex;
use crate::clock::Timestamp;
use crate::limits::{REAUTHENTICATED_FOR, USER_AGENT_CHARS_MAX};
use crate::model::{Role, UserName};
use crate::stored::{DecodeError, decode_second, decode_third, encode_third};

/// When something was used last. The one thing in the published table that moves: whoever uses a
/// credential notes it here, so that this costs no message.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<AtomicI64>);

impl Seen {
    /// Used then.
    #[must_use]
    pub fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.as_millis())))
    }

    /// Notes a use.
    pub fn note(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::Relaxed);
    }

    /// The last use; nothing when there was none.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        let millis = self.0.load(Ordering::Relaxed);
        (millis != 0).then(|| Timestamp::from_millis(millis))
    }
}

/// Somebody who signed in.
#[derive(Clone)]
pub struct Session {
    pub(super) key: Digest,
    /// Who.
    pub user: UserName,
    /// What they may do.
    pub role: Role,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends, whatever they do.
    pub expires_at: Timestamp,
    /// From where they signed in.
    pub address: IpAddr,
    /// With which program, in its own words.
    pub user_agent: String,
    /// They must choose a password of their own before anything else.
    pub must_change_password: bool,
    /// The identity provider vouched for them: they prove by it who they are.
    pub is_by_provider: bool,
    /// When they last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last used.
    pub seen: Seen,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) const fn key(&self) -> Digest {
        self.key
    }

    /// Its name, by which its owner can end it. Tells nothing of its token.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&self.key[..8])
    }

    /// Whether it has not ended yet: neither by its age nor by not being used.
    #[must_use]
    pub fn is_open(&self, idle_max: Duration, now: Timestamp) -> bool {
        let used = self.seen.last().unwrap_or(self.created_at);
        self.expires_at > now && now.since(used) < idle_max
    }

    /// Until when what is dangerous may be done without proving again who it is.
    #[must_use]
    pub fn reauthenticated_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.authenticated_at.plus(REAUTHENTICATED_FOR)).filter(|until| *until > now)
    }
}

/// A program's own words about itself, cut to a length and without what could confuse a terminal.
#[must_use]
pub fn clean_user_agent(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(USER_AGENT_CHARS_MAX).collect()
}

/// A session as stored. When it was used last is stored elsewhere: a session is
/// written once.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredSession {
    pub(super) key: Digest,
    user: UserName,
    role: Role,
    created_at: Timestamp,
    expires_at: Timestamp,
    address: IpAddr,
    user_agent: String,
    /// Kept beside the session, since the forms before had none.
    #[serde(skip)]
    is_by_provider: bool,
}

/// A session in its third form.
#[derive(Serialize, Deserialize)]
struct SessionThird {
    session: StoredSession,
    is_by_provider: bool,
}

/// What is written.
pub(super) fn session_document(session: &Session) -> Bytes {
    encode_third(&SessionThird {
        session: StoredSession::from(session),
        is_by_provider: session.is_by_provider,
    })
}

/// Reads a session of whichever form.
pub(super) fn read_session(body: &[u8]) -> Result<StoredSession, DecodeError> {
    match decode_third::<SessionThird>(body) {
        Err(DecodeError::UnknownFormat(_)) => decode_second::<StoredSession, SessionFirst>(body),
        third => third.map(|third| StoredSession {
            is_by_provider: third.is_by_provider,
            ..third.session
        }),
    }
}

/// A session as the first form had it.
pub(super) type SessionFirst = (Digest, SessionFieldsFirst);

/// See [`SessionFirst`].
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(super) struct SessionFieldsFirst {
    user: UserName,
    role: Role,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl From<SessionFirst> for StoredSession {
    fn from((key, first): SessionFirst) -> Self {
        Self {
            key,
            user: first.user,
            role: first.role,
            created_at: first.created_at,
            expires_at: first.expires_at,
            address: Ipv4Addr::UNSPECIFIED.into(),
            user_agent: String::new(),
            is_by_provider: false,
        }
    }
}

impl From<&Session> for StoredSession {
    fn from(session: &Session) -> Self {
        Self {
            key: session.key,
            user: session.user.clone(),
            role: session.role,
            created_at: session.created_at,
            expires_at: session.expires_at,
            address: session.address,
            user_agent: session.user_agent.clone(),
            is_by_provider: session.is_by_provider,
        }
    }
}

impl From<StoredSession> for Session {
    /// Nobody counts as having just proved who they are because the server started.
    fn from(stored: StoredSession) -> Self {
        Self {
            key: stored.key,
            user: stored.user,
            role: stored.role,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            address: stored.address,
            user_agent: stored.user_agent,
            must_change_password: false,
            is_by_provider: stored.is_by_provider,
            authenticated_at: Timestamp::default(),
            seen: Seen::at(stored.created_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::{encode, encode_second};

    fn session() -> Session {
        let first = SessionFieldsFirst {
            user: UserName::parse("ann").unwrap(),
            role: Role::Operator,
            created_at: Timestamp::from_secs(1_000),
            expires_at: Timestamp::from_secs(10_000),
        };
        let stored: StoredSession = decode_second::<_, SessionFirst>(&encode(&([7_u8; 32], first))).unwrap();
        stored.into()
    }

    #[test]
    fn a_session_of_each_form_loads() {
        let mut session = session();
        assert_eq!((session.user.as_str(), session.role), ("ann", Role::Operator));
        let stored = encode_second(&StoredSession::from(&session));
        session.is_by_provider = true;
        for (stored, is_by_provider) in [(stored, false), (session_document(&session), true)] {
            let again: Session = read_session(&stored).unwrap().into();
            assert_eq!((again.id(), again.expires_at), (session.id(), session.expires_at));
            assert_eq!(again.is_by_provider, is_by_provider);
        }
    }

    #[test]
    fn ends_when_it_is_not_used_and_at_its_end_in_any_case() {
        let (session, idle) = (session(), Duration::from_secs(1_800));
        assert!(session.is_open(idle, Timestamp::from_secs(2_799)));
        assert!(!session.is_open(idle, Timestamp::from_secs(2_800)));
        session.seen.note(Timestamp::from_secs(2_799));
        assert!(session.is_open(idle, Timestamp::from_secs(2_800)));
        session.seen.note(Timestamp::from_secs(9_999));
        assert!(!session.is_open(idle, Timestamp::from_secs(10_000)));
    }

    #[test]
    fn a_proof_of_who_it_is_lasts_five_minutes() {
        let mut session = session();
        session.authenticated_at = Timestamp::from_secs(2_000);
        assert!(
            session
                .reauthenticated_until(Timestamp::from_secs(2_299))
                .is_some()
        );
        assert!(
            session
                .reauthenticated_until(Timestamp::from_secs(2_300))
                .is_none()
        );
    }

    #[test]
    fn a_program_that_describes_itself_fills_no_screen() {
        assert_eq!(clean_user_agent("a\u{1b}[2Jb\n"), "a[2Jb");
        assert_eq!(clean_user_agent(&"x".repeat(9_999)).len(), USER_AGENT_CHARS_MAX);
    }
}
