//! The audit log as the edge has it: writing goes to its owner, reading to the store.

use arc_swap::Guard;
use std::sync::Arc;

use super::Fleet;
use crate::audit_log::{AuditHead, ChainedRecord, Witness, WitnessError};
use crate::store::{StoreError, Stream, Version};
use crate::stored::decode;

/// Records that are read at once.
const PAGE: u64 = 1_000;

/// Which records are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditQuestion {
    /// Only those before this number.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
    /// Only those of this actor.
    pub actor: Option<String>,
    /// Only those of this action.
    pub action: Option<String>,
}

impl AuditQuestion {
    fn wants(&self, chained: &ChainedRecord) -> bool {
        let (actor, action) = (&self.actor, &self.action);
        actor.as_ref().is_none_or(|actor| chained.record.actor == *actor)
            && action
                .as_ref()
                .is_none_or(|action| chained.record.action == *action)
    }
}

impl Fleet {
    /// Writes down what is about to be done. Done means: it is on disk.
    ///
    /// # Errors
    /// When it is not; then it must not be done.
    pub async fn witness(&self, witness: Witness) -> Result<AuditHead, WitnessError> {
        self.ask(&self.audit, witness)
            .await
            .map_err(|super::Busy| WitnessError::Busy)?
    }

    /// How far the audit log has come; costs no message.
    #[must_use]
    pub fn audit_head(&self) -> Guard<Arc<AuditHead>> {
        self.audit_head.load()
    }

    /// Audit records, newest first.
    ///
    /// # Errors
    /// When the store can't read them.
    pub async fn audit(&self, question: &AuditQuestion) -> Result<Vec<ChainedRecord>, StoreError> {
        let newest = self.audit_head().seq;
        let mut end = question
            .before
            .map_or(newest, |before| before.saturating_sub(1).min(newest));
        let mut found = Vec::new();
        while end > 0 && found.len() < question.limit {
            let start = end.saturating_sub(PAGE);
            let page = self
                .audit_after(start, usize::try_from(end - start).unwrap_or(0))
                .await?;
            found.extend(page.into_iter().rev().filter(|chained| question.wants(chained)));
            end = start;
        }
        found.truncate(question.limit);
        Ok(found)
    }

    /// Whether the log has exactly that record.
    ///
    /// # Errors
    /// When the store can't read it.
    pub async fn has_audit(&self, head: &AuditHead) -> Result<bool, StoreError> {
        let Some(before) = head.seq.checked_sub(1) else {
            return Ok(true);
        };
        let found = self.audit_after(before, 1).await?;
        Ok(found.first().is_some_and(|chained| chained.head() == *head))
    }

    /// Up to `limit` audit records after a number, oldest first; none = the end.
    ///
    /// # Errors
    /// When the store can't read them.
    pub async fn audit_after(&self, seq: u64, limit: usize) -> Result<Vec<ChainedRecord>, StoreError> {
        let records = self.store.read_some(Stream::Audit, Version(seq), limit).await?;
        let readable = records.iter().filter_map(|record| {
            decode(&record.body)
                .inspect_err(
                    |error| tracing::error!(seq = record.version.0, %error, "an audit record is unreadable"),
                )
                .ok()
        });
        Ok(readable.collect())
    }
}
