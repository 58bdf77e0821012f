//! Owns the reports that have not arrived yet. Receives `KeepReport` from the sampler, `NextReport`,
//! `SettleReport` and `RefuseReport` from the uplink, `ReserveSeal` from whoever seals something else,
//! `CloseSpool` at the end; emits nothing. Runs on
//! a thread of its own, since it waits for the disk.

pub mod backlog;
pub mod disk;
pub mod durable;
pub mod ledger;
mod seen_head;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use actix::{Actor, Addr, Handler, Message, MessageResult, SyncArbiter, SyncContext};

use atlas_actors::audit_log::AuditHead;
use atlas_actors::model::Delivery;

use self::backlog::Backlog;
pub use self::backlog::Kept;
use self::disk::{DiskSpool, OpenSpoolError, StoredReport};
use self::ledger::Ledger;
use self::seen_head::SeenHead;
use super::attendance::Alive;
use crate::wire::report_v1::ReportV1;

/// Space that a spool may take unless told otherwise. Reason: a day of reports at 30 s.
pub const SPOOL_BYTES_MAX: u64 = 16 << 20;

/// The file beside the spool's folder that has the newest audit head the server has told.
const AUDIT_HEAD_FILE: &str = "audit-head.json";

/// The spool can't do that now; it has said why in the log and tries again with the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spool is out of order")]
pub struct SpoolOutOfOrder;

/// Keep this report until it has arrived. Its place is given here.
#[derive(Debug, Message)]
#[rtype(result = "Result<Kept, SpoolOutOfOrder>")]
pub struct KeepReport(pub Box<ReportV1>);

/// Show the oldest report, to be sealed once with this key; it stays where it is.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Option<StoredReport>, SpoolOutOfOrder>")]
pub struct NextReport {
    /// The key's name.
    pub key: String,
    /// How often it has sealed.
    pub sealed: u64,
}

/// Write down that this key seals something else than a report, once more than so often.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), SpoolOutOfOrder>")]
pub struct ReserveSeal {
    /// The key's name.
    pub key: String,
    /// How often it has sealed.
    pub sealed: u64,
}

/// Name the newest report that was ever made.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<Delivery>")]
pub struct NewestReport;

/// That report has arrived: drop it. Answers with an audit head that the server once told, when that is
/// not true any more.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<AuditHead>")]
pub struct SettleReport {
    /// Its number.
    pub seq: u64,
    /// How far the server's audit log has come, as it says.
    pub audit_head: Option<AuditHead>,
}

/// That report will never be taken: put it aside, with the reason.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct RefuseReport {
    /// Its number.
    pub seq: u64,
    /// Why, in a sentence.
    pub sentence: String,
}

/// Write what only memory holds, and let go of the folder. Later messages open it again.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct CloseSpool;

/// Keeps reports until they have arrived.
pub struct Spool {
    dir: PathBuf,
    limit_bytes: u64,
    backlog: Option<Backlog>,
    /// What was in memory when the backlog was last lost to a panic.
    rescued: VecDeque<ReportV1>,
    audit: SeenHead,
}

impl Spool {
    /// Opens the spool in that folder and starts its actor.
    ///
    /// # Errors
    /// When another agent has the folder, or it can't be used.
    pub fn start(dir: PathBuf, limit_bytes: u64) -> Result<Addr<Self>, OpenSpoolError> {
        // Tried here, where somebody can still be told; the actor's thread opens it again.
        open(&dir, limit_bytes).map(drop)?;
        Ok(SyncArbiter::start(1, move || Self {
            dir: dir.clone(),
            limit_bytes,
            backlog: None,
            rescued: VecDeque::new(),
            audit: SeenHead::new(dir.with_file_name(AUDIT_HEAD_FILE)),
        }))
    }

    /// Runs a core on the backlog, opening it first where needed. A core that panicked costs the
    /// backlog, not the reports: they are read from disk again with the next message.
    fn shielded<T>(&mut self, core: impl FnOnce(&mut Backlog) -> T) -> Result<T, SpoolOutOfOrder> {
        let mut backlog = match self.backlog.take() {
            Some(backlog) => backlog,
            None => self.reopen()?,
        };
        let done = catch_unwind(AssertUnwindSafe(|| core(&mut backlog)));
        if done.is_ok() {
            self.backlog = Some(backlog);
        } else {
            tracing::error!("the spool panicked; it starts again from disk");
            self.rescued = backlog.into_memory();
        }
        done.map_err(|_| SpoolOutOfOrder)
    }

    fn reopen(&mut self) -> Result<Backlog, SpoolOutOfOrder> {
        match open(&self.dir, self.limit_bytes) {
            Ok(disk) => Ok(Backlog::new(disk, std::mem::take(&mut self.rescued))),
            Err(error) => {
                tracing::error!(%error, "the spool can't be opened");
                Err(SpoolOutOfOrder)
            }
        }
    }
}

/// Opens a spool; a new one draws its id at random.
///
/// # Errors
/// When another agent has the folder, or it can't be used.
pub fn open(dir: &std::path::Path, limit_bytes: u64) -> Result<DiskSpool, OpenSpoolError> {
    let fresh_id = getrandom::u64().map_err(|error| OpenSpoolError::Unusable {
        dir: dir.to_owned(),
        source: error.into(),
    })?;
    DiskSpool::open(dir, limit_bytes, fresh_id)
}

/// How often that key may have sealed in earlier runs, as the spool in that folder knows it.
#[must_use]
pub fn sealed_before(dir: &std::path::Path, key: &str) -> u64 {
    // A spool that can't be read says so when it is opened.
    let ledger = Ledger::read(dir).ok().flatten();
    ledger.map_or(0, |ledger| ledger.sealed_before(key))
}

impl Actor for Spool {
    // No bound can be set on such a mailbox; it needs none, since the sampler, the uplink and the channel
    // each wait for an answer before they send again.
    type Context = SyncContext<Self>;
}

impl Handler<KeepReport> for Spool {
    type Result = Result<Kept, SpoolOutOfOrder>;

    fn handle(&mut self, msg: KeepReport, _: &mut Self::Context) -> Self::Result {
        let kept = self.shielded(|backlog| backlog.keep(*msg.0))?;
        if let Some(folder) = self.dir.parent() {
            Alive::now(None).write(folder);
        }
        Ok(kept)
    }
}

impl Handler<NextReport> for Spool {
    type Result = MessageResult<NextReport>;

    fn handle(&mut self, msg: NextReport, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.shielded(|backlog| backlog.oldest_to_seal(&msg.key, msg.sealed)))
    }
}

impl Handler<ReserveSeal> for Spool {
    type Result = Result<(), SpoolOutOfOrder>;

    fn handle(&mut self, msg: ReserveSeal, _: &mut Self::Context) -> Self::Result {
        let reserved = self.shielded(|backlog| backlog.reserve_seal(&msg.key, msg.sealed))?;
        if reserved { Ok(()) } else { Err(SpoolOutOfOrder) }
    }
}

impl Handler<NewestReport> for Spool {
    type Result = MessageResult<NewestReport>;

    fn handle(&mut self, _: NewestReport, _: &mut Self::Context) -> Self::Result {
        // Out of order: nothing is known.
        MessageResult(self.shielded(|backlog| backlog.newest()).ok().flatten())
    }
}

impl Handler<SettleReport> for Spool {
    type Result = MessageResult<SettleReport>;

    fn handle(&mut self, msg: SettleReport, _: &mut Self::Context) -> Self::Result {
        // Out of order: the report arrives once more and is recognised.
        let _ = self.shielded(|backlog| backlog.settle(msg.seq));
        MessageResult(msg.audit_head.and_then(|told| self.audit.note(told)))
    }
}

impl Handler<RefuseReport> for Spool {
    type Result = ();

    fn handle(&mut self, msg: RefuseReport, _: &mut Self::Context) {
        // Out of order: it is refused once more.
        let _ = self.shielded(|backlog| backlog.refuse(msg.seq, &msg.sentence));
    }
}

impl Handler<CloseSpool> for Spool {
    type Result = ();

    fn handle(&mut self, _: CloseSpool, _: &mut Self::Context) {
        if let Some(backlog) = self.backlog.take() {
            tracing::debug!(waiting = backlog.waiting(), "the spool is closed");
            backlog.close();
        }
    }
}
