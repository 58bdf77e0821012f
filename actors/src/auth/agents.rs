//! Enrolled agents: kept when they have proved their token, dropped with their machine.

use std::sync::Arc;

use actix::{ActorFutureExt, AtomicResponse, Context, Handler, WrapFuture};

use super::AuthService;
use super::credentials::AgentCredential;
use super::messages::{DropAgentsOf, EnrolAgent, TokenError};
use super::tokens::EnrolmentToken;
use crate::store::{DocumentKind, PutError, Revision, Store};
use crate::stored::encode;

impl AuthService {
    /// Who is replaced by that agent: itself, when it enrols again with the identity it had.
    fn replaced_by(&self, agent: &AgentCredential) -> Result<Option<Arc<AgentCredential>>, TokenError> {
        match self.published.load().speaker(&agent.machine) {
            Some(known) if known.identity != agent.identity => Err(TokenError::MachineTaken),
            known => Ok(known),
        }
    }
}

impl Handler<EnrolAgent> for AuthService {
    type Result = AtomicResponse<Self, Result<(), TokenError>>;

    /// The use of the token is on disk before the agent is: a crash between the two costs a use, and
    /// never gives one too many.
    fn handle(&mut self, EnrolAgent { token_id, agent }: EnrolAgent, _: &mut Context<Self>) -> Self::Result {
        let checked = self.open_token(&token_id).cloned();
        let checked = checked.and_then(|token| Ok((token, self.replaced_by(&agent)?)));
        let ((token, revision), replaced) = match checked {
            Ok(checked) => checked,
            Err(error) => return AtomicResponse::new(Box::pin(actix::fut::ready(Err(error)))),
        };
        let used = EnrolmentToken {
            uses_left: token.uses_left - 1,
            ..token
        };
        let store = Arc::clone(&self.store);
        let writing = {
            let (token_id, used, agent) = (token_id.clone(), used.clone(), agent.clone());
            let replaced = replaced.clone();
            async move { write(&*store, token_id, revision, &used, &agent, replaced.as_deref()).await }
        };
        AtomicResponse::new(Box::pin(writing.into_actor(self).map(
            move |written, service, _| {
                let revision = written?;
                if used.uses_left == 0 {
                    service.tokens.remove(&token_id);
                } else {
                    service.tokens.insert(token_id, (used, revision));
                }
                service.publish(|credentials| {
                    if let Some(replaced) = replaced {
                        credentials.remove_agent(&replaced);
                    }
                    credentials.add_agent(agent);
                });
                Ok(())
            },
        )))
    }
}

/// Writes a used token, then the agent; answers with the token's revision.
async fn write(
    store: &dyn Store,
    token_id: String,
    revision: Revision,
    used: &EnrolmentToken,
    agent: &AgentCredential,
    replaced: Option<&AgentCredential>,
) -> Result<Revision, TokenError> {
    let revision = if used.uses_left == 0 {
        store.delete(DocumentKind::Token, token_id, revision).await?;
        revision
    } else {
        store
            .put(DocumentKind::Token, token_id, revision, encode(used))
            .await?
    };
    store
        .put(
            DocumentKind::Agent,
            agent.kid.clone(),
            Revision::default(),
            encode(agent),
        )
        .await?;
    if let Some(replaced) = replaced {
        store
            .delete(DocumentKind::Agent, replaced.kid.clone(), Revision(1))
            .await?;
    }
    Ok(revision)
}

impl Handler<DropAgentsOf> for AuthService {
    type Result = AtomicResponse<Self, Result<(), PutError>>;

    fn handle(&mut self, DropAgentsOf(machine): DropAgentsOf, _: &mut Context<Self>) -> Self::Result {
        let Some(agent) = self.published.load().speaker(&machine) else {
            return AtomicResponse::new(Box::pin(actix::fut::ready(Ok(()))));
        };
        // An agent's document is written once, so its revision is known.
        let dropped = self
            .store
            .delete(DocumentKind::Agent, agent.kid.clone(), Revision(1));
        AtomicResponse::new(Box::pin(dropped.into_actor(self).map(
            move |dropped, service, _| {
                dropped?;
                service.publish(|credentials| credentials.remove_agent(&agent));
                Ok(())
            },
        )))
    }
}
