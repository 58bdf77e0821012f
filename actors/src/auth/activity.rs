//! When credentials were last used, and who has failed of late: kept in memory, written now and
//! then, so that a use costs no write. A crash forgets a minute of it.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use serde::{Deserialize, Serialize};

use super::AuthService;
use super::credentials::Digest;
use super::lockout::StoredLockout;
use crate::clock::Timestamp;
use crate::store::{DocumentKind, PutError};
use crate::stored::encode;

/// How soon a failed sign-in is written. Reason: a restart must be no way to guess on.
pub(super) const LOCKOUT_PERIOD: Duration = Duration::from_secs(2);
/// The document's key.
pub(super) const KEY: &str = "auth-activity";

/// What is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Activity {
    sessions: Vec<(Digest, Timestamp)>,
    keys: Vec<(String, Timestamp)>,
    pub(super) lockout: StoredLockout,
}

impl AuthService {
    /// Tells sessions and keys when they were last used before the start.
    pub(super) fn recall_uses(&self) {
        let credentials = self.published.load();
        for (key, used) in &self.activity.0.sessions {
            if let Some(session) = credentials.sessions.get(key) {
                session.seen.note(*used);
            }
        }
        for (id, used) in &self.activity.0.keys {
            if let Some(key) = credentials.keys.get(id) {
                key.used.note(*used);
            }
        }
    }

    /// Writes everything that is new.
    pub(super) fn write_uses(&mut self, ctx: &mut Context<Self>) {
        let credentials = self.published.load();
        let sessions = credentials.sessions.iter();
        let sessions = sessions.filter_map(|(key, session)| Some((*key, session.seen.last()?)));
        let keys = credentials.keys.iter();
        let keys = keys.filter_map(|(id, key)| Some((id.clone(), key.used.last()?)));
        let (mut sessions, mut keys): (Vec<_>, Vec<_>) = (sessions.collect(), keys.collect());
        sessions.sort_unstable();
        keys.sort_unstable();
        self.write_activity(
            Activity {
                sessions,
                keys,
                lockout: self.lockout.to_stored(),
            },
            ctx,
        );
    }

    /// Writes who has failed, if that is new.
    pub(super) fn write_lockout(&mut self, ctx: &mut Context<Self>) {
        if self.lockout.take_changed() {
            let lockout = self.lockout.to_stored();
            let before = self.activity.0.clone();
            self.write_activity(Activity { lockout, ..before }, ctx);
        }
    }

    fn write_activity(&self, activity: Activity, ctx: &mut Context<Self>) {
        if activity == self.activity.0 {
            return;
        }
        let writing = self.store.put(
            DocumentKind::Server,
            KEY.to_owned(),
            self.activity.1,
            encode(&activity),
        );
        // One write at a time: the actor waits for the disk, which is a matter of milliseconds.
        ctx.wait(
            writing
                .into_actor(self)
                .map(move |written, service, _| match written {
                    Ok(revision) => service.activity = (activity, revision),
                    Err(PutError::Conflict { actual, .. }) => service.activity.1 = actual,
                    Err(PutError::Store(error)) => {
                        tracing::warn!(%error, "who signed in when is not written down for now");
                    }
                }),
        );
    }
}
