//! Owns all reports that wait: those on disk, and the few newest in memory while the disk refuses
//! them. Gives each its number. No clock, no network, no actor.

use std::collections::VecDeque;

use super::disk::{DiskSpool, StoredReport};
use crate::wire::report_v1::{DeliveryV1, ReportV1};

/// Reports that are kept in memory while the disk refuses them. Reason: a few minutes of them, about
/// 200 KB; after that the oldest is dropped and counted.
pub const IN_MEMORY_MAX: usize = 16;

/// Where a report waits now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// On disk: it survives a kill.
    OnDisk,
    /// In memory, since the disk refuses it.
    InMemory,
}

/// All waiting reports, oldest first.
#[derive(Debug)]
pub struct Backlog {
    disk: DiskSpool,
    /// All newer than every report on disk.
    memory: VecDeque<ReportV1>,
    /// Whether the log already says that the disk refuses reports.
    said: bool,
}

impl Backlog {
    /// What waits on disk, and what was saved from memory.
    #[must_use]
    pub fn new(disk: DiskSpool, memory: VecDeque<ReportV1>) -> Self {
        Self {
            disk,
            memory,
            said: false,
        }
    }

    /// Takes a report and gives it its place.
    pub fn keep(&mut self, report: ReportV1) -> Kept {
        self.memory.push_back(report);
        let kept = self.move_to_disk();
        while self.memory.len() > IN_MEMORY_MAX {
            self.memory.pop_front();
            self.disk.count_dropped();
        }
        kept
    }

    fn move_to_disk(&mut self) -> Kept {
        while let Some(report) = self.memory.front_mut() {
            if let Err(error) = store(&mut self.disk, report) {
                if !self.said {
                    tracing::error!(%error, "the spool's disk refuses reports: the newest {IN_MEMORY_MAX} wait in memory; make room on it");
                }
                self.said = true;
                return Kept::InMemory;
            }
            self.memory.pop_front();
        }
        if self.said {
            tracing::info!("the spool's disk takes reports again");
        }
        self.said = false;
        Kept::OnDisk
    }

    /// The oldest report.
    #[must_use]
    pub fn oldest(&mut self) -> Option<StoredReport> {
        if let Some(report) = self.disk.oldest() {
            return Some(report);
        }
        let report = self.memory.front_mut()?;
        let delivery = number(&mut self.disk, report).ok()?;
        Some(StoredReport {
            delivery,
            json: report.to_json().ok()?,
        })
    }

    /// The oldest report, once it is written down that this key seals it.
    #[must_use]
    pub fn oldest_to_seal(&mut self, key: &str, sealed: u64) -> Option<StoredReport> {
        let report = self.oldest()?;
        self.reserve_seal(key, sealed).then_some(report)
    }

    /// Writes down that this key seals once more; false when it can't be, and then it must not.
    #[must_use]
    pub fn reserve_seal(&mut self, key: &str, sealed: u64) -> bool {
        let reserved = self.disk.reserve_seal(key, sealed);
        if let Err(error) = &reserved {
            tracing::error!(%error, "nothing is sent: how often the key has sealed can't be written down");
        }
        reserved.is_ok()
    }

    /// The newest report that was ever made; nothing when none was.
    #[must_use]
    pub fn newest(&self) -> Option<atlas_actors::model::Delivery> {
        self.disk.newest()
    }

    /// Drops a report that has arrived.
    pub fn settle(&mut self, seq: u64) {
        if !self.forget(seq) {
            self.disk.settle(seq);
        }
    }

    /// Puts a report aside that the server will never take.
    pub fn refuse(&mut self, seq: u64, sentence: &str) {
        if self.forget(seq) {
            return;
        }
        if let Err(error) = self.disk.refuse(seq, sentence) {
            tracing::warn!(%error, seq, "a refused report can't be moved aside");
        }
    }

    fn forget(&mut self, seq: u64) -> bool {
        let before = self.memory.len();
        self.memory.retain(|report| {
            report
                .delivery
                .as_ref()
                .is_none_or(|delivery| delivery.seq != seq)
        });
        self.memory.len() < before
    }

    /// Reports that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.disk.waiting() + self.memory.len()
    }

    /// What only memory holds, to be given to the next backlog.
    #[must_use]
    pub fn into_memory(self) -> VecDeque<ReportV1> {
        self.memory
    }

    /// Writes what can be written, and lets go of the disk.
    pub fn close(mut self) {
        self.move_to_disk();
        if let Err(error) = self.disk.close() {
            tracing::warn!(%error, "the spool could not be closed in good order; no report is lost by that");
        }
    }
}

/// Why a report can't be put on disk.
#[derive(Debug, thiserror::Error)]
enum StoreReportError {
    #[error(transparent)]
    Number(#[from] super::disk::NumberError),
    #[error("the report can't be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("the report can't be put into JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

fn store(disk: &mut DiskSpool, report: &mut ReportV1) -> Result<(), StoreReportError> {
    let delivery = number(disk, report)?;
    Ok(disk.keep(delivery.seq, &report.to_json()?)?)
}

fn number(
    disk: &mut DiskSpool,
    report: &mut ReportV1,
) -> Result<atlas_actors::model::Delivery, super::disk::NumberError> {
    let delivery = match &report.delivery {
        Some(DeliveryV1 { spool, seq }) => atlas_actors::model::Delivery {
            spool: u64::from_str_radix(spool, 16).unwrap_or_default(),
            seq: *seq,
        },
        None => disk.number()?,
    };
    report.delivery = Some(DeliveryV1 {
        spool: format!("{:016x}", delivery.spool),
        seq: delivery.seq,
    });
    report.dropped = disk.lost();
    Ok(delivery)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use atlas_actors::clock::Timestamp;

    use super::*;
    use crate::wire::report_v1::tests::sample_report;

    fn backlog(dir: &Path) -> Backlog {
        Backlog::new(DiskSpool::open(dir, 1 << 20, 7).unwrap(), VecDeque::new())
    }

    fn keep(backlog: &mut Backlog, second: i64) -> Kept {
        backlog.keep(sample_report(Timestamp::from_secs(second)))
    }

    fn drain(backlog: &mut Backlog) -> Vec<i64> {
        std::iter::from_fn(|| {
            let oldest = backlog.oldest()?;
            let report: ReportV1 = serde_json::from_slice(&oldest.json).unwrap();
            assert_eq!(report.delivery.unwrap().seq, oldest.delivery.seq);
            backlog.settle(oldest.delivery.seq);
            Some(report.taken_at.as_secs())
        })
        .collect()
    }

    #[test]
    fn keeps_reports_in_memory_while_the_disk_refuses_them_and_writes_them_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("spool");
        let mut backlog = backlog(&home);
        fs::remove_dir_all(&home).unwrap();
        assert_eq!(keep(&mut backlog, 1), Kept::InMemory);
        assert_eq!(keep(&mut backlog, 2), Kept::InMemory);
        fs::create_dir(&home).unwrap();
        assert_eq!(keep(&mut backlog, 3), Kept::OnDisk);
        assert_eq!(drain(&mut backlog), [1, 2, 3]);
    }

    #[test]
    fn gives_reports_out_of_memory_too() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("spool");
        let mut backlog = backlog(&home);
        fs::remove_dir_all(&home).unwrap();
        keep(&mut backlog, 1);
        keep(&mut backlog, 2);
        assert_eq!(drain(&mut backlog), [1, 2]);
    }

    #[test]
    fn keeps_only_the_newest_in_memory_and_tells_of_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("spool");
        let mut backlog = backlog(&home);
        fs::remove_dir_all(&home).unwrap();
        for second in 0..20 {
            keep(&mut backlog, second);
        }
        fs::create_dir(&home).unwrap();
        keep(&mut backlog, 20);
        let json = (0..17).fold(Vec::new(), |_, _| {
            let oldest = backlog.oldest().unwrap();
            backlog.settle(oldest.delivery.seq);
            oldest.json
        });
        let newest: ReportV1 = serde_json::from_slice(&json).unwrap();
        assert_eq!((newest.taken_at.as_secs(), newest.dropped), (20, 4));
        assert_eq!(backlog.oldest(), None);
    }

    #[test]
    fn keeps_what_only_memory_held_when_it_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("spool");
        let mut first = backlog(&home);
        fs::remove_dir_all(&home).unwrap();
        keep(&mut first, 1);
        fs::create_dir(&home).unwrap();
        first.close();
        assert_eq!(drain(&mut backlog(&home)), [1]);
    }
}
