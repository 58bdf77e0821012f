//! Every bound of the fleet, each with its reason. The edge's bounds are in `src/http/limits.rs`.

use std::time::Duration;

/// Machines one server admits. Reason: the targets measure 100,000; twice that still fits into
/// memory at 16 KB each.
pub const MACHINES_MAX: usize = 200_000;

/// Messages that wait for the registry. Reason: at 50,000 reports a second this is 80 ms of work;
/// who must wait longer is better told to come back.
pub const REGISTRY_MAILBOX: usize = 4_096;

/// Messages that wait for one machine. Reason: an agent sends one report at a time; the rest are
/// ticks and readers.
pub const MACHINE_MAILBOX: usize = 16;

/// Messages that wait for the roster. Reason: each is a pointer; one publishing period at 50,000
/// reports a second is 12,500. Refused ones are made up for by the machine's next tick.
pub const ROSTER_MAILBOX: usize = 16_384;

/// Messages that wait for each single service (historian, command queue, auth service). Reason:
/// these answer in well under a millisecond; a longer queue only hides that one is stuck.
pub const SERVICE_MAILBOX: usize = 1_024;

/// Messages that wait for one breaker. Reason: its callers wait for its word before they call.
pub const BREAKER_MAILBOX: usize = 256;

/// Requests from the edge that may be inside the fleet at once. Reason: with an fsync of 10 ms and
/// groups of 512 this is still under a tenth of a second of waiting.
pub const ADMISSION_MAX: usize = 2_048;

/// How long the edge waits for an actor. Reason: agents give up after 10 s (contract, section 2);
/// they must hear a 503 before that.
pub const ASK_TIMEOUT: Duration = Duration::from_secs(8);

/// What a client that was refused for load is told to wait.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Restarts of one actor within [`RESTART_WINDOW`] before it is given up.
pub const RESTARTS_MAX: usize = 5;

/// See [`RESTARTS_MAX`].
pub const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// How long an actor waits that panicked outside its core. Reason: its state may have come from what
/// another is just about to mend; nobody notices so little.
pub const RESTART_PAUSE_MIN: Duration = Duration::from_millis(10);

/// How long it waits at most when it panics again and again, each time twice as long.
pub const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);

/// Characters of each text in an audit record. Reason: the longest name is 255 bytes.
pub const AUDIT_TEXT_MAX: usize = 256;

/// Audit records after which a checkpoint is signed. Reason: what nobody vouches for yet can be cut off
/// unseen.
pub const AUDIT_CHECKPOINT_EVERY: u64 = 1_000;

/// How often the newest audit record is signed, if it is not.
pub const AUDIT_CHECKPOINT_PERIOD: Duration = Duration::from_secs(300);

/// How often an audit record is made of what somebody without a credential tries again and again.
pub const AUDIT_REPEAT_PERIOD: Duration = Duration::from_secs(60);

/// Of how many of them that is known. Reason: a megabyte of names; beyond it they count as known.
pub const AUDIT_REPEATS_KEPT: usize = 1_024;

/// Quarantined messages that are kept. Reason: enough to see a pattern, and no way to fill a disk.
pub const QUARANTINE_MAX: usize = 1_000;

/// Characters of a quarantined message that are kept.
pub const QUARANTINE_TEXT_MAX: usize = 4_096;

/// How often the roster publishes what changed. Reason: four frames a second read as live, and the
/// promise is one second from report to screen.
pub const PUBLISH_PERIOD: Duration = Duration::from_millis(250);

/// Frames of changes that are kept for viewers who come back. Reason: a minute of them.
pub const FRAMES_KEPT: usize = 240;

/// Viewers of the live stream. Reason: the targets measure 100.
pub const VIEWERS_MAX: usize = 512;

/// How old a report's samples may be. Reason: the raw tier's retention.
pub const SAMPLE_AGE_MAX: Duration = Duration::from_secs(30 * 86_400);

/// How far ahead of the server a moment may lie, and how far an agent's clock may be off.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(300);

/// How far a clock without a zone may seem to be off: the farthest zone (14 h) on either side and a
/// good margin.
pub const ZONELESS_SKEW_MAX: Duration = Duration::from_secs(26 * 3_600);

/// The span of one history block. Reason: an hour of all metrics is about 9 KB in memory.
pub const BLOCK_SPAN: Duration = Duration::from_secs(3_600);

/// Rows of one history block, whatever their span. Reason: bounds a machine's memory when it
/// reports each second or sends a backlog.
pub const BLOCK_ROWS_MAX: usize = 240;

/// Rows of one block of a day; a day with more has several. Reason: a report each four seconds; one
/// that is read takes 3 MB.
pub const DAY_BLOCK_ROWS_MAX: usize = 20_000;

/// How long after its end a day's blocks are made into one. Reason: the last hour is closed by the first
/// row of the next, and begins at a moment of the machine's own.
pub const COMPACT_GRACE: Duration = Duration::from_secs(2 * 3_600);

/// How often blocks are looked for that are due to be made into a day's. Reason: what came late is mended
/// within a minute; looking costs one index.
pub const COMPACT_PERIOD: Duration = Duration::from_secs(60);

/// The pause between two looks while much is due. Reason: at [`COMPACT_DAYS_TOGETHER`] a fleet of 100,000
/// machines is done with a day in two hours, and questions get between.
pub const COMPACT_PAUSE: Duration = Duration::from_secs(2);

/// Blocks that one look takes in, and days of machines it makes at most. Reason: a day takes some
/// milliseconds of one of the two threads that code history.
pub const COMPACT_DAYS_TOGETHER: usize = 32;

/// How often a swap of blocks is tried again that somebody else was faster with. Reason: only late rows
/// and compaction of one machine can meet, and each of them rarely.
pub const SWAP_ATTEMPTS: usize = 5;

/// For how long a measurement of what history takes is good enough. Reason: it looks at every block.
pub const STORAGE_MEASURED_FOR: Duration = Duration::from_secs(60);

/// Journal records of one machine before its state is checkpointed. Reason: at start-up so many are
/// read again; 16 of them keep the journal of 10,000 machines near 100 MB.
pub const CHECKPOINT_EVERY: u64 = 16;

/// Recent processor values that a card carries for its sparkline.
pub const RECENT_MAX: usize = 20;

/// Tags on one machine.
pub const TAGS_MAX: usize = 32;

/// Sections of one machine. Reason: an agent of ours has a dozen; each is a document of up to 256 KiB.
pub const SECTIONS_PER_MACHINE_MAX: usize = 32;

/// Changes of one section that are kept, and of one machine that are shown.
pub const CHANGES_MAX: usize = 200;

/// Items that one change names; the others are counted. Reason: an upgrade of everything is one change
/// of thousands of items, and nobody reads them all.
pub const CHANGED_ITEMS_MAX: usize = 50;

/// Items that all changes of one section name together. Reason: they are written with each new section.
pub const CHANGED_ITEMS_KEPT: usize = 1_000;

/// The reporting interval assumed of an agent that does not say its own (2.0's config: 10 to 60 s).
pub const INTERVAL_DEFAULT: Duration = Duration::from_secs(30);

/// The longest reporting interval that counts. Reason: presence must not wait for days.
pub const INTERVAL_MAX_S: u32 = 3_600;

/// Commands that may wait for one machine (contract, section 5: `max_command_queue_size`).
pub const COMMANDS_PER_MACHINE_MAX: usize = 50;

/// Commands that are kept, those that have ended included. Reason: some 60 MB; ten commands for each of
/// 10,000 machines.
pub const COMMANDS_MAX: usize = 100_000;

/// Journal records of commands before the whole book is checkpointed, at least. Reason: so many are read
/// again at the next start.
pub const COMMANDS_CHECKPOINT_EVERY: u64 = 512;

/// Machines of one batch. Reason: its record is 2 MB then; the targets measure 10,000 machines.
pub const TARGETS_MAX: usize = 10_000;

/// On how many machines one person may act within [`BUDGET_PERIOD`]. Reason: a stolen session or a slip
/// of the hand stays within one batch of the largest size.
pub const BUDGET_MACHINES: usize = 10_000;

/// See [`BUDGET_MACHINES`].
pub const BUDGET_PERIOD: Duration = Duration::from_secs(600);

/// How long a machine that fetched a command may take to say that it began; then it gets it again.
/// Reason: twice its reporting interval.
pub const LEASE_FOR: Duration = Duration::from_secs(60);

/// How much longer than an action may take its result may take to arrive before nobody knows how it
/// went. A later word still counts.
pub const RESULT_GRACE: Duration = Duration::from_secs(600);

/// How long a command waits for its machine unless told otherwise.
pub const COMMAND_VALID: Duration = Duration::from_secs(900);

/// How long a command may wait for its machine (security: what was signed must not lie about).
pub const COMMAND_VALID_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Bytes of one command's output that are kept.
pub const OUTPUT_BYTES_MAX: usize = 256 * 1024;

/// Bytes of all commands' outputs that are kept; the oldest commands make room. Reason: a full output of
/// each of 4,000 machines.
pub const OUTPUTS_BYTES_MAX: u64 = 1 << 30;

/// Bytes of one script. Reason: it travels to each machine in one envelope with its command.
pub const SCRIPT_BYTES_MAX: usize = 64 * 1024;

/// Versions of all scripts together. Reason: 64 MB at most.
pub const SCRIPT_VERSIONS_MAX: usize = 1_000;

/// Characters of what is said of a script or a command.
pub const REASON_CHARS_MAX: usize = 500;

/// Sessions of all users together.
pub const SESSIONS_MAX: usize = 10_000;

/// For how long a session may go unused, unless the config says otherwise (ASVS 7.3.1).
pub const SESSION_IDLE_MAX: Duration = Duration::from_secs(1_800);

/// For how long a session may last whatever its user does (ASVS 7.3.2).
pub const SESSION_MAX: Duration = Duration::from_secs(12 * 3_600);

/// For how long a password that was just given lets its user do what is dangerous.
pub const REAUTHENTICATED_FOR: Duration = Duration::from_secs(300);

/// Characters of a program's own description that are kept with its session.
pub const USER_AGENT_CHARS_MAX: usize = 256;

/// Users. Reason: people who look after machines; a company has hundreds.
pub const USERS_MAX: usize = 10_000;

/// Devices of one user that are remembered. Reason: more than anybody has; each is 32 bytes.
pub const DEVICES_PER_USER: usize = 10;

/// API keys. Reason: a script each; thousands are a mistake in a script.
pub const KEYS_MAX: usize = 1_000;

/// Characters of an API key's name.
pub const KEY_NAME_CHARS_MAX: usize = 100;

/// Operators' public keys. Reason: agents are told all of them, at 180 bytes each.
pub const OPERATOR_KEYS_MAX: usize = 256;

/// Operators' public keys of one user. Reason: one for each of their machines.
pub const OPERATOR_KEYS_PER_USER_MAX: usize = 8;

/// Buckets of failed sign-ins in memory. Reason: whoever makes up names must not fill it.
pub const LOCKOUT_BUCKETS_MAX: usize = 100_000;

/// Buckets of failed sign-ins that outlive a restart. Reason: they are written each minute.
pub const LOCKOUT_BUCKETS_STORED: usize = 2_000;

/// Enrolment tokens that may be open at once.
pub const TOKENS_MAX: usize = 1_000;

/// Agents that may wait to be approved. Reason: who has the shared secret of a cluster can ask for
/// any number of machines, and an administrator reads them all.
pub const AGENTS_PENDING_MAX: usize = 1_000;

/// How long an agent's earlier key is taken after a rotation began, unless all have moved before.
/// Reason: twice what waits in an agent's spool at most (16 MiB, about three days).
pub const RETIRING_FOR: Duration = Duration::from_secs(7 * 86_400);

/// Over how long agents are asked to agree on new keys. Reason: a tenth of the 30 days after which
/// an agent asks by itself; 100,000 agents are then two in five seconds.
pub const ROTATION_SPREAD: Duration = Duration::from_secs(3 * 86_400);

/// How old an agent's key may become before it asks for another by itself.
pub const KEY_AGE_MAX: Duration = Duration::from_secs(30 * 86_400);

/// Retiring keys of one agent. Reason: rotations that follow each other within a week must not make
/// its record grow.
pub const RETIRING_KEYS_MAX: u32 = 4;

/// Agents whose dead keys are dropped in one go. Reason: each is a write, and reports come first.
pub const KEYS_DROPPED_TOGETHER: usize = 64;

/// Passwords that wait to be checked. Reason: one takes a quarter of a second; who is 17th would
/// wait over four.
pub const PASSWORD_QUEUE: usize = 16;

/// Above this many percent a machine's processor, memory or disk stands out (contract, section 3:
/// the summary's alerts).
pub const ALARM_PERCENT: f32 = 90.0;

/// Threads that encode and decode history. Reason: a year's question must not hold up the one that
/// stores, and there are two cores.
pub const CODEC_THREADS: usize = 2;

/// Points of one series answer. Reason: more than any screen has columns.
pub const POINTS_MAX: usize = 4_000;

/// Channels that agents have open at once. Reason: twice what the targets ask of one server; each keeps
/// a connection and about 30 KB.
pub const CHANNELS_MAX: usize = 20_000;

/// Messages that wait for the channels' owner. Reason: a whole fleet that comes back opens its channels
/// within a minute, and each message is done in microseconds.
pub const CHANNELS_MAILBOX: usize = 4_096;

/// Messages that wait in one channel. Reason: one of each kind; an agent that reads none of them is
/// gone.
pub const CHANNEL_QUEUE: usize = 4;

/// How often the channels are looked at. Reason: a revoked agent's ends within a second.
pub const CHANNEL_TICK: Duration = Duration::from_millis(500);

/// How often what is too old is dropped.
pub const CHANNEL_FORGET_PERIOD: Duration = Duration::from_secs(60);

/// How often an agent is pinged. Reason: its connection stays known to routers and proxies, which forget
/// idle ones after a minute or so; and health is no older than this.
pub const PING_PERIOD: Duration = Duration::from_secs(30);

/// How long an answer to a ping may take before the agent counts as silent. At the next ping its channel
/// ends.
pub const PONG_TIMEOUT: Duration = Duration::from_secs(10);

/// Openings of one agent's channels that are remembered, so that none is taken twice; more within
/// [`CHANNEL_OPENINGS_SPAN`] are refused. Reason: one that backs off needs half of them at most.
pub const CHANNEL_OPENINGS_MAX: usize = 40;

/// For how long openings are remembered. Reason: twice [`CLOCK_SKEW_MAX`], after which an opening is
/// refused for its age.
pub const CHANNEL_OPENINGS_SPAN: Duration = Duration::from_secs(600);

/// How often one machine is asked to report at once, however many look at it.
pub const REPORT_ASKED_AGAIN: Duration = Duration::from_secs(5);

/// For how long an agent without a channel is told that somebody looks at its machine. Reason: a page
/// that is open asks every five seconds.
pub const REPORT_ASKED_FOR: Duration = Duration::from_secs(15);

/// Reports of the past that may be inside the fleet at once. Reason: a fleet that was cut off brings
/// hours of them; they are written in groups of so many, and what comes from machines that were there
/// all the time does not wait behind them.
pub const BACKLOG_TOGETHER: usize = 64;

/// How old a report is that counts as one of the past.
pub const BACKLOG_AGE: Duration = Duration::from_secs(120);

/// How long a report of the past waits for its turn before its agent is told to come again.
pub const BACKLOG_WAIT: Duration = Duration::from_secs(2);

/// Spans of absence that are kept of each machine. Reason: two months of a laptop that sleeps each
/// night; 1.5 KB.
pub const GAPS_MAX: usize = 64;

/// Spans that one report may explain. Reason: an agent tells of each once, with its next report.
pub const EXPLAINED_MAX: usize = 8;

/// Machines that are lost together before it counts as one event.
pub const OUTAGE_MACHINES_MIN: usize = 3;

/// Within how long they must fall silent. Reason: with a report each 30 s, what one cable carried is
/// heard last within that time.
pub const OUTAGE_SPAN: Duration = Duration::from_secs(120);

/// Machines of one outage that are named.
pub const OUTAGE_NAMED_MAX: usize = 100;

/// How often the server writes down that it runs. Reason: after a kill its own absence is known this
/// well.
pub const ALIVE_PERIOD: Duration = Duration::from_secs(15);

/// A shorter absence of the server's own is no gap for anybody.
pub const DOWNTIME_MIN: Duration = Duration::from_secs(30);

/// Steps of one question about history. Reason: a year of hours, with room; a step of a metric takes 24
/// bytes while it is gathered.
pub const STEPS_MAX: usize = 11_000;
