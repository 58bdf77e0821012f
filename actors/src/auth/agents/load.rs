//! Agents, tokens and the rotation as they are read from the store at start, those that were written
//! by an ATLAS without a vault too: these are written anew, wrapped.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::record::{Admission, AgentKey, AgentRecord, AgentState, KeyState};
use super::rotation::Rotation;
use crate::auth::tokens::EnrolmentToken;
use crate::auth::{list_all, read};
use crate::clock::Timestamp;
use crate::model::MachineId;
use crate::store::{Document, DocumentKind, PutError, Revision, Store, StoreError};
use crate::stored::{decode, encode};
use crate::vault::{self, Vault, VaultError};

/// The key of the document that holds the rotation.
pub(super) const ROTATION_KEY: &str = "agent-rotation";

/// What was found.
#[derive(Default)]
pub(crate) struct StoredAgents {
    pub(crate) agents: Vec<(AgentRecord, Revision)>,
    pub(crate) tokens: HashMap<String, (EnrolmentToken, Revision)>,
    pub(crate) sealed: Vec<MachineId>,
    pub(crate) rotation: (Rotation, Revision),
}

/// An agent as it was stored before it could have several keys; filed under its key's name.
#[derive(Deserialize)]
struct BareAgent {
    agent_id: String,
    machine: MachineId,
    kid: String,
    epoch: u32,
    root: [u8; 32],
    identity: [u8; 32],
    created_at: Timestamp,
}

/// A token as it was stored before it told who made it.
#[derive(Deserialize)]
struct BareToken {
    secret: [u8; 32],
    uses_left: u32,
    expires_at: Timestamp,
}

/// Reads all that is about agents.
pub(crate) async fn read_agents(store: &dyn Store, vault: &dyn Vault) -> Result<StoredAgents, StoreError> {
    let mut stored = StoredAgents::default();
    for document in list_all(store, DocumentKind::Agent).await? {
        stored.agents.extend(read_agent(store, vault, &document).await?);
    }
    for document in list_all(store, DocumentKind::Token).await? {
        let token = read_token(store, vault, &document).await?;
        stored
            .tokens
            .extend(token.map(|token| (document.key.clone(), token)));
    }
    for document in list_all(store, DocumentKind::SealedMachine).await? {
        stored.sealed.extend(read(&document, decode::<MachineId>));
    }
    if let Some(document) = store.get(DocumentKind::Server, ROTATION_KEY.to_owned()).await? {
        let rotation = read(&document, decode::<Rotation>);
        stored
            .rotation
            .clone_from(&(rotation.unwrap_or_default(), document.revision));
    }
    Ok(stored)
}

async fn read_agent(
    store: &dyn Store,
    vault: &dyn Vault,
    document: &Document,
) -> Result<Option<(AgentRecord, Revision)>, StoreError> {
    const KIND: DocumentKind = DocumentKind::Agent;
    if !vault::is_bare(document) {
        let agent = told(document, vault::unwrap(vault, KIND, document));
        return Ok(agent.map(|agent| (agent, document.revision)));
    }
    let Some(bare) = read(document, decode::<BareAgent>) else {
        return Ok(None);
    };
    let agent = AgentRecord::from(bare);
    let Some(body) = told(document, vault::wrap(vault, KIND, &agent.agent_id, &agent)) else {
        return Ok(None);
    };
    let written = store
        .put(KIND, agent.agent_id.clone(), Revision::default(), body)
        .await;
    let revision = match written {
        Ok(revision) => revision,
        // The start before this one was cut off here: the wrapped one is there and is read by itself.
        Err(PutError::Conflict { .. }) => return drop_bare(store, document).await.map(|()| None),
        Err(PutError::Store(error)) => return Err(error),
    };
    drop_bare(store, document).await?;
    Ok(Some((agent, revision)))
}

async fn drop_bare(store: &dyn Store, document: &Document) -> Result<(), StoreError> {
    let dropped = store.delete(DocumentKind::Agent, document.key.clone(), document.revision);
    match dropped.await {
        Ok(()) | Err(PutError::Conflict { .. }) => Ok(()),
        Err(PutError::Store(error)) => Err(error),
    }
}

async fn read_token(
    store: &dyn Store,
    vault: &dyn Vault,
    document: &Document,
) -> Result<Option<(EnrolmentToken, Revision)>, StoreError> {
    const KIND: DocumentKind = DocumentKind::Token;
    if !vault::is_bare(document) {
        let token = told(document, vault::unwrap(vault, KIND, document));
        return Ok(token.map(|token| (token, document.revision)));
    }
    let Some(bare) = read(document, decode::<BareToken>) else {
        return Ok(None);
    };
    let token = EnrolmentToken::from(bare);
    let Some(body) = told(document, vault::wrap(vault, KIND, &document.key, &token)) else {
        return Ok(None);
    };
    match store
        .put(KIND, document.key.clone(), document.revision, body)
        .await
    {
        Ok(revision) => Ok(Some((token, revision))),
        Err(PutError::Conflict { .. }) => Ok(None),
        Err(PutError::Store(error)) => Err(error),
    }
}

fn told<T>(document: &Document, result: Result<T, VaultError>) -> Option<T> {
    result
        .inspect_err(|error| tracing::error!(key = %document.key, %error, "a stored secret can't be used"))
        .ok()
}

impl From<BareAgent> for AgentRecord {
    fn from(bare: BareAgent) -> Self {
        Self {
            agent_id: bare.agent_id,
            machine: bare.machine,
            identity: bare.identity,
            state: AgentState::Active,
            admission: Admission::Token,
            created_at: bare.created_at,
            possible_duplicate: false,
            keys: vec![AgentKey {
                kid: bare.kid,
                epoch: bare.epoch,
                root: bare.root,
                generation: 0,
                state: KeyState::Active,
                agreed_at: bare.created_at,
            }],
            last_exchange: [0; 32],
        }
    }
}

impl From<BareToken> for EnrolmentToken {
    fn from(bare: BareToken) -> Self {
        Self {
            secret: bare.secret,
            uses_left: bare.uses_left,
            uses_max: bare.uses_left,
            expires_at: bare.expires_at,
            created_at: Timestamp::default(),
            created_by: String::new(),
        }
    }
}

/// Keeps that a machine's agent of 2.0 has sealed.
pub(super) async fn note_sealed(store: Arc<dyn Store>, machine: MachineId) -> Result<(), PutError> {
    let body = encode(&machine);
    let kept = store.put(
        DocumentKind::SealedMachine,
        machine.to_string(),
        Revision::default(),
        body,
    );
    match kept.await {
        Ok(_) | Err(PutError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Forgets it again, with the machine.
pub(super) async fn forget_sealed(store: &dyn Store, machine: MachineId) -> Result<(), PutError> {
    // It is written once, so its revision is known; one that does not exist is no error.
    let dropped = store.delete(DocumentKind::SealedMachine, machine.to_string(), Revision(1));
    dropped.await
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::stored::decode;

    #[derive(Serialize)]
    struct Written {
        secret: [u8; 32],
        uses_left: u32,
        expires_at: Timestamp,
    }

    #[test]
    fn reads_a_token_of_before() {
        let written = encode(&Written {
            secret: [3; 32],
            uses_left: 5,
            expires_at: Timestamp::from_secs(9),
        });
        let token = EnrolmentToken::from(decode::<BareToken>(&written).unwrap());
        assert_eq!((token.secret, token.uses_left, token.uses_max), ([3; 32], 5, 5));
        assert_eq!(token.expires_at, Timestamp::from_secs(9));
    }
}
