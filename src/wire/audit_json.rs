//! Audit records as JSON shows them.

use atlas_actors::audit_log::ChainedRecord;

use super::audit_head::hex;
use super::views::{AuditLineView, AuditRecordView};

/// A record as the API shows it.
#[must_use]
pub fn record(chained: ChainedRecord) -> AuditRecordView {
    let record = chained.record;
    let unless_empty = |text: String| (!text.is_empty()).then_some(text);
    AuditRecordView {
        seq: record.seq,
        at: record.at.to_string(),
        actor: record.actor,
        address: unless_empty(record.address),
        action: record.action,
        target: unless_empty(record.target),
        result: record.result,
        request_id: unless_empty(record.request_id),
    }
}

/// A record as a line of JSON, with its hash and the one before.
#[must_use]
pub fn line(chained: ChainedRecord) -> Vec<u8> {
    let line = AuditLineView {
        prev: hex(&chained.record.prev),
        hash: hex(&chained.hash),
        record: record(chained),
    };
    // Texts and numbers always serialise.
    let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
