//! Owns a folder of numbered reports, one file each (`00000000000000000001.json`). A number is never
//! given out twice, not even after a kill at any moment; the folder never grows past its bound: the
//! oldest reports are dropped, and counted. No clock, no network, no actor.

pub mod set_aside;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use atlas_actors::model::Delivery;
use serde::Deserialize;

use super::durable::{UNFINISHED_SUFFIX, write_durably};
use super::ledger::{Ledger, RESERVE_AGAIN_AT, RESERVED_AT_ONCE, SEALS_AT_ONCE, SEQ_MAX, Seals};

/// What each report's file is called.
const REPORT_SUFFIX: &str = ".json";

/// Held while the spool is open, so that two agents never number the same spool.
const LOCK_FILE: &str = "lock";

/// A file above this size is no report of ours.
const REPORT_BYTES_MAX: u64 = 1 << 20;

/// Files take whole blocks; the bound is about the space they really take.
const BLOCK_BYTES: u64 = 4_096;

/// Why a spool can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenSpoolError {
    /// Another process has it.
    #[error("another agent is running with the spool {}: stop it first, or give this one another data folder", dir.display())]
    InUse {
        /// The spool's folder.
        dir: PathBuf,
    },
    /// The folder can't be made, read or written.
    #[error("the spool {} can't be used: make the folder writable for this user, or choose another data folder", dir.display())]
    Unusable {
        /// The spool's folder.
        dir: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a number can't be given out.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// No numbers are left of the reserved ones, and no more could be reserved.
    #[error("no more report numbers could be reserved on disk")]
    NotReserved(#[source] io::Error),
}

/// A report that waits on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReport {
    /// Its place.
    pub delivery: Delivery,
    /// Its JSON.
    pub json: Vec<u8>,
}

/// An open spool.
#[derive(Debug)]
pub struct DiskSpool {
    dir: PathBuf,
    ledger: Ledger,
    next_seq: u64,
    waiting: BTreeMap<u64, u64>,
    limit_bytes: u64,
    /// Seals that the ledger's key has made or is about to; nothing when that is not known yet.
    sealed: Option<u64>,
    _lock: File,
}

/// The part of a stored report that proves that the file is what its name says.
#[derive(Deserialize)]
struct StoredHead {
    delivery: StoredDelivery,
}

#[derive(Deserialize)]
struct StoredDelivery {
    spool: String,
    seq: u64,
}

impl DiskSpool {
    /// Opens the spool in that folder, or makes it. `fresh_id` becomes its id when it has none yet.
    ///
    /// # Errors
    /// When another process has it, or the folder can't be used.
    pub fn open(dir: &Path, limit_bytes: u64, fresh_id: u64) -> Result<Self, OpenSpoolError> {
        let unusable = |source| OpenSpoolError::Unusable {
            dir: dir.to_owned(),
            source,
        };
        make_private_dir(dir).map_err(unusable)?;
        let lock = lock(dir)?;
        let waiting = list_reports(dir).map_err(unusable)?;
        let newest = waiting.last_key_value().map_or(0, |(seq, _)| *seq);
        let ledger = Ledger::read(dir)
            .map_err(unusable)?
            .unwrap_or_else(|| Ledger::new(fresh_id, newest));
        let mut spool = Self {
            dir: dir.to_owned(),
            next_seq: ledger.reserved_until.max(newest) + 1,
            ledger,
            waiting,
            limit_bytes,
            sealed: None,
            _lock: lock,
        };
        // Also shows that the folder can be written, while somebody still looks. A full disk is no
        // reason not to start: it is what the fleet must hear of.
        match spool.reserve() {
            Err(source) if !is_full(&source) => Err(unusable(source)),
            _ => Ok(spool),
        }
    }

    /// Writes down that this key seals once more than `sealed`, before it does.
    ///
    /// # Errors
    /// When that can't be written and nothing is left of what was.
    pub fn reserve_seal(&mut self, key: &str, sealed: u64) -> io::Result<()> {
        let left = self.ledger.sealed_before(key).saturating_sub(sealed);
        if left <= RESERVE_AGAIN_AT {
            let wider = Ledger {
                seals: Seals {
                    key: key.to_owned(),
                    reserved_until: sealed + SEALS_AT_ONCE,
                },
                ..self.ledger.clone()
            };
            match wider.write(&self.dir) {
                Ok(()) => self.ledger = wider,
                Err(error) if left == 0 => return Err(error),
                Err(_) => {}
            }
        }
        self.sealed = Some(sealed + 1);
        Ok(())
    }

    /// Gives out the next number.
    ///
    /// # Errors
    /// When none is reserved and none can be.
    pub fn number(&mut self) -> Result<Delivery, NumberError> {
        let left = (self.ledger.reserved_until + 1).saturating_sub(self.next_seq);
        if left <= RESERVE_AGAIN_AT {
            let reserved = self.reserve();
            if left == 0 {
                reserved.map_err(NumberError::NotReserved)?;
            }
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        Ok(Delivery {
            spool: self.ledger.spool(),
            seq,
        })
    }

    /// The number that was given out last; nothing when none was.
    #[must_use]
    pub fn newest(&self) -> Option<Delivery> {
        (self.next_seq > 1).then(|| Delivery {
            spool: self.ledger.spool(),
            seq: self.next_seq - 1,
        })
    }

    fn reserve(&mut self) -> io::Result<()> {
        let wider = Ledger {
            reserved_until: self.next_seq - 1 + RESERVED_AT_ONCE,
            ..self.ledger.clone()
        };
        wider.write(&self.dir)?;
        self.ledger = wider;
        Ok(())
    }

    /// Keeps a numbered report, dropping the oldest ones if there is no room. Durable when it returns.
    ///
    /// # Errors
    /// When the file system refuses; the report is not kept then.
    pub fn keep(&mut self, seq: u64, json: &[u8]) -> io::Result<()> {
        let size = space_of(json.len() as u64);
        self.make_room(size)?;
        write_durably(&self.dir, &report_name(seq), json)?;
        self.waiting.insert(seq, size);
        Ok(())
    }

    fn make_room(&mut self, size: u64) -> io::Result<()> {
        let mut bytes = self.bytes() + size;
        let mut doomed = Vec::new();
        for (seq, size) in &self.waiting {
            if bytes <= self.limit_bytes {
                break;
            }
            bytes -= size;
            doomed.push(*seq);
        }
        if doomed.is_empty() {
            return Ok(());
        }
        // Counted before they go: a crash in between may count one twice, but forgets none.
        let counted = Ledger {
            dropped: self.ledger.dropped.saturating_add(doomed.len() as u64),
            ..self.ledger.clone()
        };
        counted.write(&self.dir)?;
        self.ledger = counted;
        for seq in doomed {
            self.remove(seq);
        }
        Ok(())
    }

    /// Counts a report that was dropped before it got here. Durable with the ledger's next writing:
    /// it is dropped for want of space, so writing now would fail too.
    pub fn count_dropped(&mut self) {
        self.ledger.dropped = self.ledger.dropped.saturating_add(1);
    }

    /// The oldest report. Files that are no reports are set aside on the way.
    #[must_use]
    pub fn oldest(&mut self) -> Option<StoredReport> {
        while let Some((&seq, _)) = self.waiting.first_key_value() {
            match read_report(&self.dir.join(report_name(seq)), seq) {
                Some(report) => return Some(report),
                None => self.set_aside(seq),
            }
        }
        None
    }

    /// Drops a report that has arrived. A removal that a crash undoes only makes it arrive again.
    pub fn settle(&mut self, seq: u64) {
        self.remove(seq);
    }

    fn remove(&mut self, seq: u64) {
        if self.waiting.remove(&seq).is_none() {
            return;
        }
        if let Err(error) = fs::remove_file(self.dir.join(report_name(seq)))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, seq, "a report that has arrived can't be removed from the spool");
        }
    }

    /// Reports that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The space that they take.
    fn bytes(&self) -> u64 {
        self.waiting.values().sum()
    }

    /// Reports that will never be sent, since this spool was made.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.ledger.lost()
    }

    /// Gives back the numbers and seals that were reserved and not used, so that an orderly restart
    /// leaves no gap.
    ///
    /// # Errors
    /// When the ledger can't be written: then the numbers are skipped.
    pub fn close(mut self) -> io::Result<()> {
        self.ledger.reserved_until = self.next_seq - 1;
        if let Some(sealed) = self.sealed {
            self.ledger.seals.reserved_until = sealed;
        }
        self.ledger.write(&self.dir)
    }
}

fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn lock(dir: &Path) -> Result<File, OpenSpoolError> {
    let dir = dir.to_owned();
    let file = File::create(dir.join(LOCK_FILE)).and_then(|file| match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match file {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(OpenSpoolError::InUse { dir }),
        Err(source) => Err(OpenSpoolError::Unusable { dir, source }),
    }
}

/// The reports in the folder; what a crash left unfinished is removed.
fn list_reports(dir: &Path) -> io::Result<BTreeMap<u64, u64>> {
    let mut reports = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let metadata = entry.metadata()?;
        if !metadata.is_file() {
            continue;
        }
        if name.ends_with(UNFINISHED_SUFFIX) {
            fs::remove_file(entry.path())?;
        } else if let Some(seq) = seq_of(name) {
            reports.insert(seq, space_of(metadata.len()));
        }
    }
    Ok(reports)
}

fn read_report(path: &Path, seq: u64) -> Option<StoredReport> {
    if fs::metadata(path).ok()?.len() > REPORT_BYTES_MAX {
        return None;
    }
    let json = fs::read(path).ok()?;
    let head: StoredHead = serde_json::from_slice(&json).ok()?;
    let spool = u64::from_str_radix(&head.delivery.spool, 16).ok()?;
    (head.delivery.seq == seq && json.starts_with(b"{\"")).then_some(StoredReport {
        delivery: Delivery { spool, seq },
        json,
    })
}

fn report_name(seq: u64) -> String {
    format!("{seq:020}{REPORT_SUFFIX}")
}

fn seq_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(REPORT_SUFFIX)?;
    let numbered = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    numbered
        .then(|| digits.parse().ok())?
        .filter(|seq| (1..SEQ_MAX).contains(seq))
}

/// Whether the disk, or this user's part of it, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

const fn space_of(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES)
}

#[cfg(test)]
mod tests;
