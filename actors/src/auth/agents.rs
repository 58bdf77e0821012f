//! Enrolled agents: taken in when they have proved what they must, approved, suspected, turned out,
//! and dropped with their machine. What a change means is decided in [`admission`] and [`record`];
//! here it is written down and then published.

mod admission;
pub(super) mod load;
pub mod messages;
pub mod record;
mod rotating;
pub mod rotation;
pub mod table;

use std::fmt;
use std::sync::Arc;

use actix::{ActorFutureExt, AtomicResponse, Context, Handler, WrapFuture};

use self::admission::AgentChange;
use self::load::StoredAgents;
use self::messages::{
    AgentError, ApproveAgent, DropAgentsOf, EnrolAgent, EnrolledAs, NoteSealed, Proof, RevokeAgent,
    SuspectAgent, TokenError,
};
use self::record::{Admission, AgentRecord};
use super::AuthService;
use crate::store::{DocumentKind, PutError, Revision, Store};
use crate::supervision::{ActorName, Panicked, shielded};
use crate::vault::{self, Vault};

pub use self::record::{AgentKey, AgentState, KeyState};
pub use self::table::AgentTable;

type Answer<T, E> = AtomicResponse<AuthService, Result<T, E>>;

pub(super) fn ready<T: 'static, E: 'static>(answer: Result<T, E>) -> Answer<T, E> {
    AtomicResponse::new(Box::pin(actix::fut::ready(answer)))
}

/// How far a row of changes came: the revisions of those that are on disk, and what stopped it.
struct Written {
    revisions: Vec<Revision>,
    outcome: Result<(), AgentError>,
}

async fn write(
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    changes: Vec<(AgentChange, Revision)>,
) -> Written {
    let mut revisions = Vec::new();
    for (change, expected) in changes {
        match write_one(&*store, &*vault, change, expected).await {
            Ok(revision) => revisions.push(revision),
            Err(error) => {
                return Written {
                    revisions,
                    outcome: Err(error),
                };
            }
        }
    }
    Written {
        revisions,
        outcome: Ok(()),
    }
}

async fn write_one(
    store: &dyn Store,
    vault: &dyn Vault,
    change: AgentChange,
    expected: Revision,
) -> Result<Revision, AgentError> {
    const KIND: DocumentKind = DocumentKind::Agent;
    match change {
        AgentChange::Keep(agent) => {
            let body = vault::wrap(vault, KIND, &agent.agent_id, &*agent)?;
            Ok(store.put(KIND, agent.agent_id, expected, body).await?)
        }
        AgentChange::Drop(agent_id) => {
            store.delete(KIND, agent_id, expected).await?;
            Ok(Revision::default())
        }
    }
}

impl AuthService {
    /// Runs a core on the published table of agents.
    pub(super) fn with_agents<T, E>(
        &self,
        ctx: &mut Context<Self>,
        message: &dyn fmt::Debug,
        busy: E,
        core: impl FnOnce(&AgentTable) -> Result<T, E>,
    ) -> Result<T, E> {
        let credentials = self.published.load();
        let safety = self.safety.clone();
        let decided = shielded(
            &safety,
            ctx,
            || ActorName::AuthService,
            message,
            || core(credentials.agents()),
        );
        decided.unwrap_or_else(|Panicked| Err(busy))
    }

    /// Writes changes down, one after the other, and publishes those that are on disk.
    fn change_agents<T: 'static>(&self, changes: Vec<AgentChange>, answer: T) -> Answer<T, AgentError> {
        let writing = self.writing(&changes);
        AtomicResponse::new(Box::pin(writing.into_actor(self).map(
            move |written, service, _| {
                service.publish_agents(changes, &written.revisions);
                written.outcome.map(|()| answer)
            },
        )))
    }

    fn writing(&self, changes: &[AgentChange]) -> impl Future<Output = Written> + use<> {
        let expected = |change: &AgentChange| {
            let revision = self.agent_revisions.get(change.agent_id()).copied();
            (change.clone(), revision.unwrap_or_default())
        };
        let changes = changes.iter().map(expected).collect();
        write(Arc::clone(&self.store), Arc::clone(&self.vault), changes)
    }

    /// What was in the store is what there is.
    pub(super) fn take_agents(&mut self, stored: StoredAgents) {
        self.tokens = stored.tokens;
        self.rotation_revision = stored.rotation.1;
        let revision = |(agent, revision): &(AgentRecord, Revision)| (agent.agent_id.clone(), *revision);
        self.agent_revisions = stored.agents.iter().map(revision).collect();
        self.publish(|credentials| {
            credentials.agents = AgentTable::default();
            credentials.agents.set_rotation(stored.rotation.0);
            for (agent, _) in stored.agents {
                credentials.agents.insert(agent);
            }
            for machine in stored.sealed {
                credentials.agents.note_sealed(machine);
            }
        });
    }

    fn publish_agents(&mut self, changes: Vec<AgentChange>, revisions: &[Revision]) {
        for (change, revision) in changes.iter().zip(revisions) {
            let agent_id = change.agent_id().to_owned();
            match change {
                AgentChange::Keep(_) => self.agent_revisions.insert(agent_id, *revision),
                AgentChange::Drop(_) => self.agent_revisions.remove(&agent_id),
            };
        }
        let written = revisions.len();
        self.publish(|credentials| {
            for change in changes.into_iter().take(written) {
                match change {
                    AgentChange::Keep(agent) => credentials.agents.insert(*agent),
                    AgentChange::Drop(agent_id) => credentials.agents.remove(&agent_id),
                }
            }
        });
    }
}

impl Handler<EnrolAgent> for AuthService {
    type Result = Answer<EnrolledAs, TokenError>;

    /// The use of the token is on disk before the agent is: a crash between the two costs a use, and
    /// never gives one too many.
    fn handle(&mut self, msg: EnrolAgent, ctx: &mut Context<Self>) -> Self::Result {
        let admission = match msg.proof {
            Proof::Token(_) => Admission::Token,
            Proof::SharedSecret => Admission::SharedSecret,
        };
        let decided = self.with_agents(ctx, &msg, TokenError::Busy, |table| {
            admission::enrol(table, &msg.agent, admission)
        });
        let used = match &msg.proof {
            Proof::Token(id) => self.use_token(id).map(Some),
            Proof::SharedSecret => Ok(None),
        };
        let (agent, enrolled, used) = match (decided, used) {
            (Ok((agent, enrolled)), Ok(used)) => (agent, enrolled, used),
            (Err(error), _) | (_, Err(error)) => return ready(Err(error)),
        };
        let changes = vec![AgentChange::keep(agent)];
        let writing = self.writing(&changes);
        let (store, vault) = (Arc::clone(&self.store), Arc::clone(&self.vault));
        let both = async move {
            let used = match used {
                Some(used) => Some(used.write(&*store, &*vault).await?),
                None => None,
            };
            Ok::<_, TokenError>((used, writing.await))
        };
        AtomicResponse::new(Box::pin(both.into_actor(self).map(move |both, service, _| {
            let (used, written) = both?;
            if let Some(used) = used {
                service.note_use(used);
            }
            service.publish_agents(changes, &written.revisions);
            written.outcome?;
            Ok(enrolled)
        })))
    }
}

impl Handler<ApproveAgent> for AuthService {
    type Result = Answer<(), AgentError>;

    fn handle(&mut self, msg: ApproveAgent, ctx: &mut Context<Self>) -> Self::Result {
        let decided = self.with_agents(ctx, &msg, AgentError::Busy, |table| {
            admission::approve(table, &msg.0)
        });
        match decided {
            Ok(changes) => self.change_agents(changes, ()),
            Err(error) => ready(Err(error)),
        }
    }
}

impl Handler<RevokeAgent> for AuthService {
    type Result = Answer<(), AgentError>;

    fn handle(&mut self, msg: RevokeAgent, ctx: &mut Context<Self>) -> Self::Result {
        let decided = self.with_agents(ctx, &msg, AgentError::Busy, |table| {
            admission::revoke(table, &msg.0)
        });
        match decided {
            Ok(changes) => self.change_agents(changes, ()),
            Err(error) => ready(Err(error)),
        }
    }
}

impl Handler<SuspectAgent> for AuthService {
    type Result = Answer<(), AgentError>;

    /// Said once: until an administrator has looked at it, more of the same is no news.
    fn handle(&mut self, msg: SuspectAgent, ctx: &mut Context<Self>) -> Self::Result {
        let decided = self.with_agents(ctx, &msg, AgentError::Busy, |table| {
            table.get(&msg.agent_id).ok_or(AgentError::Unknown)
        });
        let agent = match decided {
            Ok(agent) if agent.possible_duplicate => return ready(Ok(())),
            Ok(agent) => agent,
            Err(error) => return ready(Err(error)),
        };
        tracing::warn!(machine = %agent.machine, agent = %agent.agent_id, evidence = %msg.evidence,
            "security: two processes seem to use the credential of one agent");
        let suspected = AgentRecord {
            possible_duplicate: true,
            ..AgentRecord::clone(&agent)
        };
        self.change_agents(vec![AgentChange::keep(suspected)], ())
    }
}

impl Handler<NoteSealed> for AuthService {
    type Result = Answer<(), PutError>;

    fn handle(&mut self, NoteSealed(machine): NoteSealed, _: &mut Context<Self>) -> Self::Result {
        if self.published.load().agents().has_sealed(&machine) {
            return ready(Ok(()));
        }
        let noted = load::note_sealed(Arc::clone(&self.store), machine.clone());
        AtomicResponse::new(Box::pin(noted.into_actor(self).map(move |noted, service, _| {
            noted?;
            service.publish(|credentials| credentials.agents.note_sealed(machine));
            Ok(())
        })))
    }
}

impl Handler<DropAgentsOf> for AuthService {
    type Result = Answer<(), PutError>;

    fn handle(&mut self, DropAgentsOf(machine): DropAgentsOf, _: &mut Context<Self>) -> Self::Result {
        let agents = self.published.load().agents().all_of(&machine);
        let dropped = |agent: &Arc<AgentRecord>| AgentChange::Drop(agent.agent_id.clone());
        let changes: Vec<_> = agents.iter().map(dropped).collect();
        let writing = self.writing(&changes);
        let (store, gone) = (Arc::clone(&self.store), machine.clone());
        let both = async move {
            let written = writing.await;
            let forgotten = match &written.outcome {
                Ok(()) => load::forget_sealed(&*store, gone).await,
                Err(_) => Ok(()),
            };
            (written, forgotten)
        };
        AtomicResponse::new(Box::pin(both.into_actor(self).map(
            move |(written, forgotten), service, _| {
                service.publish_agents(changes, &written.revisions);
                match written.outcome {
                    Err(AgentError::Put(error)) => return Err(error),
                    Ok(()) | Err(_) => forgotten?,
                }
                service.publish(|credentials| credentials.agents.forget_sealed(&machine));
                Ok(())
            },
        )))
    }
}
