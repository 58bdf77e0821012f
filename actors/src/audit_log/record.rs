//! One line of the audit log, and how it is chained to the one before: its hash covers all that it
//! says and the hash before it, so that nothing can be changed, taken out or put elsewhere unseen.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::messages::Witness;
use crate::clock::Timestamp;
use crate::limits::AUDIT_TEXT_MAX;

/// What a hash of a record is for.
const RECORD_LABEL: &[u8] = b"atlas/audit/1";
/// What a signature of a checkpoint is for.
const CHECKPOINT_LABEL: &[u8] = b"atlas/audit/checkpoint/1";

/// The hash of a record.
pub type AuditHash = [u8; 32];

/// How far the log has come; all zero before the first record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The newest record's number; the first one has 1.
    pub seq: u64,
    /// Its hash.
    pub hash: AuditHash,
}

/// Somebody did something, or tried to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a user, `agent:` and an agent's id, or what was typed as a name.
    pub actor: String,
    /// From which address; empty when that is not known.
    pub address: String,
    /// What: a name of [`super::AuditAction`].
    pub action: String,
    /// To what; empty when the action says it all.
    pub target: String,
    /// How it went: `ok`, or why not.
    pub result: String,
    /// The request, as the server's log has it; may be empty.
    pub request_id: String,
    /// The hash of the record before.
    pub prev: AuditHash,
}

/// A record with its hash, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainedRecord {
    /// The record.
    pub record: AuditRecord,
    /// Its hash.
    pub hash: AuditHash,
}

impl ChainedRecord {
    /// The next record after a head.
    #[must_use]
    pub fn after(head: &AuditHead, witness: Witness, at: Timestamp) -> Self {
        let record = AuditRecord {
            seq: head.seq + 1,
            at,
            actor: bounded(witness.actor),
            address: bounded(witness.address),
            action: witness.action.name().to_owned(),
            target: bounded(witness.target),
            result: bounded(witness.result),
            request_id: bounded(witness.request_id),
            prev: head.hash,
        };
        let hash = record.hash();
        Self { record, hash }
    }

    /// The head that it makes.
    #[must_use]
    pub const fn head(&self) -> AuditHead {
        AuditHead {
            seq: self.record.seq,
            hash: self.hash,
        }
    }
}

impl AuditRecord {
    /// SHA-256 over the label, the hash before, and every field behind its length.
    #[must_use]
    pub fn hash(&self) -> AuditHash {
        let mut hasher = Sha256::new();
        hasher.update(RECORD_LABEL);
        hasher.update(self.prev);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at.as_millis().to_be_bytes());
        for text in [
            &self.actor,
            &self.address,
            &self.action,
            &self.target,
            &self.result,
            &self.request_id,
        ] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        hasher.finalize().into()
    }
}

/// The server's word, signed, that the log had come so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// How far.
    pub head: AuditHead,
    /// When.
    pub at: Timestamp,
    /// An Ed25519 signature of [`Checkpoint::signed_bytes`].
    pub signature: Vec<u8>,
}

impl Checkpoint {
    /// What is signed: the label, the number, the moment, the hash.
    #[must_use]
    pub fn signed_bytes(head: &AuditHead, at: Timestamp) -> Vec<u8> {
        let (seq, at) = (head.seq.to_be_bytes(), at.as_millis().to_be_bytes());
        [CHECKPOINT_LABEL, &seq, &at, &head.hash].concat()
    }
}

fn bounded(text: String) -> String {
    match text.char_indices().nth(AUDIT_TEXT_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}
