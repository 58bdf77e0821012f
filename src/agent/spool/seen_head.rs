//! How far the server's audit log had come when this agent was last told: kept on disk, so that a
//! server that shows less one day, or something else, is found out.

use std::path::PathBuf;

use atlas_actors::audit_log::AuditHead;

use crate::secret_file;
use crate::wire::audit_head;

/// The newest head that this agent was shown.
#[derive(Debug)]
pub(super) struct SeenHead {
    file: PathBuf,
    /// Nothing until the file was read.
    seen: Option<AuditHead>,
    /// The last head that fell back, so that it is said once.
    said: Option<AuditHead>,
}

impl SeenHead {
    /// What is kept in that file.
    pub(super) const fn new(file: PathBuf) -> Self {
        Self {
            file,
            seen: None,
            said: None,
        }
    }

    /// Notes what the server tells; answers with what it once told when that can't both be true.
    pub(super) fn note(&mut self, told: AuditHead) -> Option<AuditHead> {
        let seen = self.seen.unwrap_or_else(|| self.read());
        self.seen = Some(seen);
        if contradicts(&seen, &told) {
            if self.said.replace(told) != Some(told) {
                tracing::error!(
                    seen = seen.seq,
                    told = told.seq,
                    "the server's audit log is not the one that it was: it was cut off, replaced, or put back from a backup"
                );
            }
            return Some(seen);
        }
        if told.seq > seen.seq {
            self.keep(told);
        }
        None
    }

    fn read(&self) -> AuditHead {
        let file = std::fs::read_to_string(&self.file).unwrap_or_default();
        audit_head::read_head(file.trim()).unwrap_or_default()
    }

    fn keep(&mut self, told: AuditHead) {
        self.seen = Some(told);
        if let Err(error) = secret_file::write(&self.file, audit_head::head_text(&told).as_bytes()) {
            tracing::warn!(%error, "how far the server's audit log has come could not be kept");
        }
    }
}

fn contradicts(seen: &AuditHead, told: &AuditHead) -> bool {
    told.seq < seen.seq || told.seq == seen.seq && told.hash != seen.hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: u64, byte: u8) -> AuditHead {
        AuditHead {
            seq,
            hash: [byte; 32],
        }
    }

    #[test]
    fn a_log_that_falls_back_or_changes_is_found_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit-head.json");
        let mut agent = SeenHead::new(file.clone());
        assert_eq!(agent.note(head(5, 5)), None);
        assert_eq!(agent.note(head(9, 9)), None);
        assert_eq!(agent.note(head(9, 9)), None);
        let mut agent = SeenHead::new(file);
        assert_eq!(agent.note(head(8, 8)), Some(head(9, 9)));
        assert_eq!(agent.note(head(9, 1)), Some(head(9, 9)));
        assert_eq!(agent.note(head(10, 10)), None);
    }
}
