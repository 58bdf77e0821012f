//! Owns what becomes of reports that can't be sent: damaged files are renamed, refused ones are moved
//! to `refused/` with the server's sentence beside them. A bounded number of each is kept, for a human.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{DiskSpool, report_name};
use crate::agent::spool::durable::{sync_dir, write_durably};

/// What a damaged report's file is called.
const DAMAGED_SUFFIX: &str = ".damaged";

/// Where refused reports go.
const REFUSED_DIR: &str = "refused";

/// Files of each sort that are kept. Reason: enough to see a pattern, and no way to fill a disk.
pub(super) const SET_ASIDE_MAX: usize = 32;

impl DiskSpool {
    /// Puts a damaged report out of the way and counts it.
    pub(super) fn set_aside(&mut self, seq: u64) {
        self.waiting.remove(&seq);
        self.ledger.damaged = self.ledger.damaged.saturating_add(1);
        let path = self.dir.join(report_name(seq));
        let aside = path.with_extension(format!("json{DAMAGED_SUFFIX}"));
        tracing::warn!(seq, "a report in the spool is damaged; it is set aside");
        let done = fs::rename(&path, aside)
            .or_else(ignore_missing)
            .and_then(|()| self.ledger.write(&self.dir))
            .and_then(|()| keep_newest(&self.dir, DAMAGED_SUFFIX));
        if let Err(error) = done {
            tracing::warn!(%error, seq, "a damaged report can't be set aside properly");
        }
    }

    /// Moves a report that the server will never take to `refused/`, with its reason.
    ///
    /// # Errors
    /// When the file system refuses; the report is then skipped until the next start.
    pub fn refuse(&mut self, seq: u64, sentence: &str) -> io::Result<()> {
        if self.waiting.remove(&seq).is_none() {
            return Ok(());
        }
        let refused = self.dir.join(REFUSED_DIR);
        fs::create_dir_all(&refused)?;
        write_durably(&refused, &format!("{seq:020}.txt"), sentence.as_bytes())?;
        fs::rename(self.dir.join(report_name(seq)), refused.join(report_name(seq)))?;
        sync_dir(&refused)?;
        keep_newest(&refused, ".txt")?;
        keep_newest(&refused, ".json")
    }
}

fn ignore_missing(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

/// Removes the files with that ending that have the lowest numbers, until few enough are left.
fn keep_newest(dir: &Path, suffix: &str) -> io::Result<()> {
    let mut kept: Vec<PathBuf> = fs::read_dir(dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_str().is_some_and(|path| path.ends_with(suffix)))
        .collect();
    kept.sort_unstable();
    let surplus = kept.len().saturating_sub(SET_ASIDE_MAX);
    kept.iter().take(surplus).try_for_each(fs::remove_file)
}
