//! Keys are agreed on anew, agent by agent: a new one is on disk before its agent hears of it, and
//! takes over when the agent has sealed with it.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, WrapFuture};

use super::admission::AgentChange;
use super::load::ROTATION_KEY;
use super::messages::{AddNextKey, AgentError, ConfirmKey, StartRotation};
use super::record::{AgentRecord, AgentState, KeyStanding};
use super::rotation::Rotation;
use super::{Answer, ready};
use crate::auth::AuthService;
use crate::limits::KEYS_DROPPED_TOGETHER;
use crate::store::{DocumentKind, PutError, Revision};
use crate::stored::encode;

impl Handler<AddNextKey> for AuthService {
    type Result = Answer<(), AgentError>;

    fn handle(&mut self, msg: AddNextKey, ctx: &mut Context<Self>) -> Self::Result {
        let decided = self.with_agents(ctx, &msg, AgentError::Busy, |table| {
            let known = table.get(&msg.agent_id).ok_or(AgentError::Unknown)?;
            match known.state {
                AgentState::Pending => return Err(AgentError::Pending),
                AgentState::Revoked => return Err(AgentError::Revoked),
                AgentState::Active => {}
            }
            if known.last_exchange == msg.exchange {
                return Err(AgentError::RepeatedExchange);
            }
            // Somebody else was faster: the edge counted from what is no more.
            if known.next_epoch() != msg.key.epoch {
                return Err(AgentError::Busy);
            }
            let mut agent = AgentRecord::clone(&known);
            let mut key = msg.key.clone();
            key.generation = table.rotation().generation;
            agent.add_next(key, msg.exchange);
            Ok(agent)
        });
        match decided {
            Ok(agent) => self.change_agents(vec![AgentChange::keep(agent)], ()),
            Err(error) => ready(Err(error)),
        }
    }
}

impl Handler<ConfirmKey> for AuthService {
    type Result = Answer<(), AgentError>;

    fn handle(&mut self, msg: ConfirmKey, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let decided = self.with_agents(ctx, &msg, AgentError::Busy, |table| {
            let known = table.get(&msg.agent_id).ok_or(AgentError::Unknown)?;
            let mut agent = AgentRecord::clone(&known);
            let is_news = agent.confirm(&msg.kid, table.rotation(), now);
            Ok(is_news.then_some(agent))
        });
        match decided {
            Ok(Some(agent)) => self.change_agents(vec![AgentChange::keep(agent)], ()),
            Ok(None) => ready(Ok(())),
            Err(error) => ready(Err(error)),
        }
    }
}

impl Handler<StartRotation> for AuthService {
    type Result = Answer<Rotation, AgentError>;

    fn handle(&mut self, msg: StartRotation, ctx: &mut Context<Self>) -> Self::Result {
        let now = self.clock.now();
        let decided = self.with_agents(ctx, &msg, AgentError::Busy, |table| {
            let mut rotation = table.rotation().clone();
            rotation.begin(msg.is_emergency, msg.spread, now);
            Ok(rotation)
        });
        match decided {
            Ok(rotation) => self.keep_rotation(rotation),
            Err(error) => ready(Err(error)),
        }
    }
}

impl AuthService {
    fn writing_rotation(
        &self,
        rotation: &Rotation,
    ) -> impl Future<Output = Result<Revision, PutError>> + use<> {
        let key = ROTATION_KEY.to_owned();
        self.store.put(
            DocumentKind::Server,
            key,
            self.rotation_revision,
            encode(rotation),
        )
    }

    fn keep_rotation(&self, rotation: Rotation) -> Answer<Rotation, AgentError> {
        let written = self.writing_rotation(&rotation);
        AtomicResponse::new(Box::pin(written.into_actor(self).map(
            move |written, service, _| {
                service.rotation_revision = written?;
                service.publish(|credentials| credentials.agents.set_rotation(rotation.clone()));
                Ok(rotation)
            },
        )))
    }

    /// Ends a rotation when all have moved or its time is over, and then lets go of dead keys, some
    /// at a time.
    pub(in crate::auth) fn tend_agents(&self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let decided = self.with_agents(ctx, &"tend agents", (), |table| {
            let mut rotation = table.rotation().clone();
            let is_waiting = |agent: &&Arc<AgentRecord>| {
                agent.state == AgentState::Active && agent.standing(&rotation, now) != KeyStanding::Current
            };
            let mut is_news = false;
            if rotation.retiring_until().is_some() && !table.iter().any(|agent| is_waiting(&agent)) {
                rotation.end();
                is_news = true;
            }
            is_news |= rotation.note_time(now);
            let without_dead = |agent: &Arc<AgentRecord>| {
                let mut agent = AgentRecord::clone(agent);
                let has_dead = agent.state == AgentState::Active && agent.drop_dead_keys(&rotation, now);
                has_dead.then(|| AgentChange::keep(agent))
            };
            let changes: Vec<_> = table
                .iter()
                .filter_map(without_dead)
                .take(KEYS_DROPPED_TOGETHER)
                .collect();
            Ok((is_news.then_some(rotation), changes))
        });
        let Ok((rotation, changes)) = decided else {
            return;
        };
        if let Some(rotation) = rotation {
            let written = self.writing_rotation(&rotation);
            ctx.wait(
                written
                    .into_actor(self)
                    .map(move |written, service, _| match written {
                        Ok(revision) => {
                            service.rotation_revision = revision;
                            service.publish(|credentials| credentials.agents.set_rotation(rotation));
                        }
                        Err(error) => tracing::warn!(%error, "the end of a rotation is not written yet"),
                    }),
            );
        }
        if !changes.is_empty() {
            let writing = self.writing(&changes);
            ctx.wait(writing.into_actor(self).map(move |written, service, _| {
                service.publish_agents(changes, &written.revisions);
                if let Err(error) = written.outcome {
                    tracing::warn!(%error, "dead keys stay on disk for now");
                }
            }));
        }
    }
}
