//! How many files and connections this process may have open: macOS begins with 256, which is far
//! too few for a fleet.

/// Raises the limit as far as the system lets an ordinary process.
pub fn raise_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
