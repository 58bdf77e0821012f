//! The audit log.

use serde::Serialize;
use utoipa::ToSchema;

pub use crate::wire::audit_head::AuditHeadView;

/// Audit records, newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditView {
    /// The records.
    pub records: Vec<AuditRecordView>,
    /// How far the log has come; null before the first record.
    pub head: Option<AuditHeadView>,
    /// The oldest record's number; null before the first record.
    pub oldest: Option<u64>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct AuditRecordView {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who.
    pub actor: String,
    /// From which address.
    pub address: Option<String>,
    /// What.
    pub action: String,
    /// To what.
    pub target: Option<String>,
    /// How it went.
    pub result: String,
    /// The request, as the server's log has it.
    pub request_id: Option<String>,
}

/// An audit record as it is exported: with what chains it to the one before.
#[derive(Serialize)]
pub struct AuditLineView {
    /// The record.
    #[serde(flatten)]
    pub record: AuditRecordView,
    /// The hash of the record before, in hex.
    pub prev: String,
    /// Its own hash, in hex.
    pub hash: String,
}
