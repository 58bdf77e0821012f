//! Every bound of the engines, each with its reason.

use std::time::Duration;

/// Jobs that one commit carries. Reason: past some hundred the fsync is paid for; a larger group only
/// makes its first caller wait for the last.
pub const GROUP_JOBS_MAX: usize = 512;

/// Jobs that wait for the writer. Reason: 16 full groups, a fifth of a second at an fsync of 10 ms;
/// who comes later is told that the store is busy.
pub const WRITER_QUEUE: usize = 8_192;

/// Threads that read, each with its own connection. Reason: two cores; a read is short.
pub const READER_THREADS: usize = 2;

/// Reads that are under way or wait for a thread. Reason: bounds the answers held in memory, and keeps
/// reads from filling more than an eighth of the writer's queue. Later ones wait their turn.
pub const READS_MAX: usize = 1_024;

/// Changes to documents that a slow listener may be behind. Reason: more than one full group.
pub const WATCH_KEPT: usize = 1_024;

/// Bytes of one record, document or block. Reason: the largest thing known is a day's block of
/// some 100 KB; SQLite itself would take a gigabyte and stall every other caller.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Pages of the write-ahead log after which it is copied back into the database file. Reason:
/// measured; see `benches/append.rs`.
pub const CHECKPOINT_PAGES: u32 = 4_096;

/// Pages of the write-ahead log after which the writer waits for readers to let it start anew.
/// Reason: a reader that comes at every checkpoint must not make it grow without end.
pub const CHECKPOINT_PAGES_MAX: u32 = 8 * CHECKPOINT_PAGES;

/// How long a forced checkpoint waits for readers. Reason: the writer stands still meanwhile.
pub const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(50);

/// How long a read-only connection waits for a lock. Reason: only recovery after a crash takes one.
pub const READER_PATIENCE: Duration = Duration::from_secs(5);

/// Journal rows that any commit may remove. Reason: about 100 microseconds beside an fsync.
pub const SWEEP_ROWS_MIN: usize = 64;

/// Further rows that a commit may remove for each row that it adds. Reason: more than one, so that
/// removing catches up with adding.
pub const SWEEP_ROWS_PER_APPENDED: usize = 2;

/// Rows that are removed at once after the disk was full. Reason: a few milliseconds, and room for
/// more than one group.
pub const SWEEP_ROWS_WHEN_FULL: usize = 2_048;

/// Bytes that are kept back for a full disk. Reason: half of it takes in a whole write-ahead log, whose
/// room can then be used again and again; the other half is for what essential writes add.
pub const RESERVE_BYTES: u64 = 32 * 1024 * 1024;

/// The reserve takes at most one of so many parts of a disk. Reason: a small disk is for data.
pub const RESERVE_SHARE: u64 = 4;

/// Parts in which the reserve is given up. Reason: whatever fills the disk takes what is given, too;
/// the next part is for the next write.
pub const RESERVE_PARTS: u64 = 8;

/// Free pages within the database file from which on machines may write though the disk is full.
/// Reason: as many as a write-ahead log brings in before it is copied back.
pub const FREE_PAGES_MIN: i64 = CHECKPOINT_PAGES as i64;

/// Blocks that one job of the writer drops. Reason: a few milliseconds; appends wait behind it.
pub const BLOCKS_DROPPED_AT_ONCE: usize = 512;

/// How often a read looks for its rows again when they were trimmed away under it. Reason: a journal
/// has one owner that trims rarely; rows that stay missing are damage.
pub const READ_ATTEMPTS: usize = 3;

/// Missing records in a row that the index puts up with. Reason: a damaged version number must not
/// make it fill memory with holes.
pub const JOURNAL_GAP_MAX: u64 = 4_096;

/// Memory for each connection's pages, in KiB. Reason: holds the upper levels of all trees of a
/// database of 10,000 machines, and the documents that are written often.
pub const PAGE_CACHE_KIB: i64 = 16 * 1024;
