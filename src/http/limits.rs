//! Every bound of the server's edge, each with its reason. The fleet's bounds are in
//! `actors/src/limits.rs`.

use std::time::Duration;

/// Bytes of a request's body. Reason: a report is 2 KB; a hundred times that with thousands of
/// processes is still far below.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Questions to the identity provider under way at once. Reason: each may take 15 s, and strangers can
/// cause them.
pub const OIDC_QUESTIONS_MAX: usize = 16;

/// How long a body may take as a whole.
pub const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// From when on a body must come at [`BODY_BYTES_PER_S_MIN`].
pub const BODY_GRACE: Duration = Duration::from_secs(3);

/// The least rate of a body. Reason: slower than any modem; who drips holds a place for others.
pub const BODY_BYTES_PER_S_MIN: u64 = 1024;

/// How long a client may take to send a request's head.
pub const HEAD_DEADLINE: Duration = Duration::from_secs(5);

/// How long an idle connection stays open. Reason: longer than the 30 s between two reports, so that
/// an agent keeps its connection.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a TLS handshake may take.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// TLS handshakes under way in one worker. Reason: one costs about a millisecond of a core; a queue
/// of a quarter of a second is as long as helps.
pub const HANDSHAKES_PER_WORKER: usize = 256;

/// Connections that wait to be taken.
pub const BACKLOG: u32 = 4_096;

/// Requests that one HTTP/2 connection may have under way. Reason: a browser has a dozen; each one
/// more costs a task and its answer's memory.
pub const STREAMS_PER_CONNECTION: u32 = 64;

/// How long a stopping server waits for what is under way.
pub const DRAIN: Duration = Duration::from_secs(10);

/// How often a quiet live stream gives a sign of life. Reason: the page says that it lost the server
/// after three missed ones.
pub const TICK: Duration = Duration::from_secs(5);

/// Live streams of one server.
pub const STREAMS_MAX: usize = 512;

/// History entries of one answer, unless asked otherwise, and at most.
pub const HISTORY_DEFAULT: usize = 100;
/// See [`HISTORY_DEFAULT`].
pub const HISTORY_MAX: usize = 10_000;

/// Points of one series, unless asked otherwise.
pub const POINTS_DEFAULT: usize = 600;

/// Machines of one page at most.
pub const PAGE_MAX: usize = 10_000;

/// Commands that one poll hands out, unless asked otherwise, and at most (contract, section 2).
pub const COMMANDS_DEFAULT: usize = 10;
/// See [`COMMANDS_DEFAULT`].
pub const COMMANDS_MAX: usize = 100;

/// Above so many machines an answer is encoded and compressed on a thread of its own. Reason: this
/// many are about 256 KiB and a millisecond's work; ten thousand would hold up a worker's other
/// connections for a tenth of a second.
pub const ENCODE_INLINE_MACHINES_MAX: usize = 128;

/// How long an enrolment token may be good for.
pub const TOKEN_TTL_MAX_S: u64 = 30 * 86_400;
/// How many machines one enrolment token may enrol.
pub const TOKEN_USES_MAX: u32 = 100_000;

/// Audit records in one answer unless asked otherwise.
pub const AUDIT_PAGE_DEFAULT: usize = 100;

/// Audit records in one answer at most. Reason: some 300 KB of JSON.
pub const AUDIT_PAGE_MAX: usize = 1_000;

/// Audit records in one piece of the export. Reason: as for [`AUDIT_PAGE_MAX`]; the next piece is read
/// when this one is sent.
pub const AUDIT_EXPORT_PAGE: usize = 1_000;

/// Attempts to sign in that are held back at once. Reason: each holds a connection for up to 30 s;
/// more than these are told to come again.
pub const HELD_BACK_MAX: usize = 64;

/// How long an API key is good for unless said otherwise, and at most, in days. Reason: one that is
/// forgotten ends by itself.
pub const KEY_DAYS_DEFAULT: u32 = 90;
/// See [`KEY_DAYS_DEFAULT`].
pub const KEY_DAYS_MAX: u32 = 3_650;

/// Speed tests at once. Reason: with more each would measure the others.
pub const SPEED_TESTS_MAX: usize = 2;

/// KiB of speed tests in [`SPEED_TEST_BUDGET_SPAN`]: 8 GiB, a fiftieth of what a gigabit line carries.
pub const SPEED_TEST_BUDGET_KIB: u32 = 8 * 1024 * 1024;

/// See [`SPEED_TEST_BUDGET_KIB`].
pub const SPEED_TEST_BUDGET_SPAN: Duration = Duration::from_secs(3_600);

/// How long the bytes of one speed test may take.
pub const SPEED_TEST_DEADLINE: Duration = Duration::from_secs(15);

/// Seconds that an agent waits whose speed test was refused. Reason: two others need about as long.
pub const SPEED_TEST_RETRY_AFTER_S: u64 = 30;

/// Questions about history that are answered at once. Reason: each reads as fast as the store's two
/// readers can; more of them only make all slower.
pub const QUERIES_MAX: usize = 4;

/// Machines that one question reads at once. Reason: two threads decode; one more is being read, and one
/// sent.
pub const QUERY_MACHINES_TOGETHER: usize = 4;

/// Steps of an answer unless asked otherwise.
pub const QUERY_STEPS_DEFAULT: u64 = 300;

/// Blocks that one question reads. Reason: some ten thousand a second; a year of 10,000 machines by the
/// hour has half as many.
pub const QUERY_BLOCKS_MAX: u64 = 1_000_000;

/// Values that a question across machines holds. Reason: 40 MB.
pub const QUERY_CELLS_MAX: usize = 10_000_000;

/// Machines that a ranking names at most.
pub const QUERY_TOP_MAX: usize = 100;

/// Commands of one list, unless asked otherwise.
pub const COMMANDS_LISTED_DEFAULT: usize = 100;

/// Commands of one list at most. Reason: half a megabyte of JSON; a batch is shown whole by its own
/// route.
pub const COMMANDS_LISTED_MAX: usize = 1_000;

/// Speed tests of one answer, unless asked otherwise, and at most.
pub const SPEED_RESULTS_DEFAULT: usize = 20;
/// See [`SPEED_RESULTS_DEFAULT`].
pub const SPEED_RESULTS_MAX: usize = 1_000;
