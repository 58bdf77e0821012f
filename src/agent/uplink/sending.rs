//! One try to send the oldest report: what the spool shows, sealed anew, if the breaker lets it through.

use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use atlas_actors::audit_log::AuditHead;
use atlas_actors::breaker::{Admission, Admit, Breaker, CallOutcome, RecordOutcome};
use atlas_actors::clock::Timestamp;

use super::REPORT_ROUTE;
use super::answer::{self, Step, step};
use super::credential::Credential;
use crate::agent::spool::disk::StoredReport;
use crate::agent::spool::{NextReport, Spool};
use crate::wire::audit_head;
use crate::wire::envelope_v2::{Compression, Context, Outgoing};

/// With what the next report is sent.
pub(super) struct Asking {
    pub(super) credential: Arc<Credential>,
    pub(super) report_url: String,
    pub(super) now: Timestamp,
    pub(super) timeout: Duration,
    pub(super) contradicted: Option<AuditHead>,
}

/// Sends the oldest report; nothing when none waits.
pub(super) async fn send_oldest(
    spool: Addr<Spool>,
    breaker: Addr<Breaker>,
    asking: Asking,
) -> Option<(u64, Step)> {
    let next = NextReport {
        key: asking.credential.key.name(),
        sealed: asking.credential.key.sealed(),
    };
    let report = spool.send(next).await.ok()?.ok()??;
    let seq = report.delivery.seq;
    let permit = match breaker.send(Admit).await.ok()? {
        Admission::Allowed(permit) => permit,
        Admission::Refused { retry_in } => return Some((seq, Step::BreakerOpen(retry_in))),
    };
    let step = send(asking, &report).await;
    let outcome = if step.is_outage() {
        CallOutcome::Failure
    } else {
        CallOutcome::Success
    };
    // A breaker that is gone is being restarted: it begins closed.
    let _ = breaker.send(RecordOutcome { permit, outcome }).await;
    Some((seq, step))
}

async fn send(asking: Asking, report: &StoredReport) -> Step {
    let sealed = asking.credential.key.seal(&Outgoing {
        seq: report.delivery.seq,
        sent_at: asking.now,
        context: Context {
            method: "POST",
            route: REPORT_ROUTE,
        },
        compression: Compression::Allowed,
        plaintext: &report.json,
    });
    let body = match sealed.map(|envelope| serde_json::to_vec(&envelope)) {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return Step::Refuse(error.to_string()),
        Err(error) => {
            return Step::Retry {
                after: None,
                sentence: error.to_string(),
            };
        }
    };
    let mut request = asking
        .credential
        .client
        .post(&asking.report_url)
        .header("content-type", "application/json");
    if let Some(seen) = asking.contradicted {
        request = request.header(audit_head::SEEN_HEADER, audit_head::head_text(&seen));
    }
    match request.timeout(asking.timeout).body(body).send().await {
        Ok(response) => step(response).await,
        Err(error) => answer::no_answer(&error),
    }
}
