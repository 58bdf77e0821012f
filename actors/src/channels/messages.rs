//! What is said to the channels' owner, and what it says to agents.

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use tokio::sync::mpsc;

use crate::clock::Timestamp;
use crate::model::MachineId;

/// One opening of one channel; its agent draws it at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelId(pub [u8; 15]);

/// What the server says over a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelMessage {
    /// Answer, so that the way there and back can be timed.
    Ping {
        /// To be named in the answer.
        id: u64,
    },
    /// Report now, not at the next interval: somebody looks.
    ReportNow,
    /// Commands wait: fetch them.
    CommandsDue,
}

/// What an agent is to be told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// Answer.
    Ping,
    /// Report.
    ReportNow,
    /// Fetch commands.
    CommandsDue,
}

/// An agent has opened a channel; one that it had before ends.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), OpenChannelError>")]
pub struct OpenChannel {
    /// The machine that the agent speaks for.
    pub machine: MachineId,
    /// The agent, as its credential proved.
    pub agent_id: String,
    /// The key that it proved itself with, and that messages are sealed under.
    pub kid: String,
    /// Which opening this is.
    pub channel: ChannelId,
    /// The agent's version.
    pub agent_version: Arc<str>,
    /// Where messages to the agent go. Dropped when the channel is to end.
    pub messages: mpsc::Sender<ChannelMessage>,
}

/// Why a channel is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenChannelError {
    /// As many as this server takes are open.
    #[error("this server has as many channels open as it takes")]
    TooMany,
    /// The very same opening came before.
    #[error("this opening was sent before")]
    Repeated,
    /// The agent opens channels faster than they can be of use.
    #[error("this agent opens channels too often")]
    TooOften,
    /// The channels' owner does not answer.
    #[error("the server is busy")]
    Busy,
}

/// A channel has ended: its connection is gone.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct CloseChannel {
    /// Whose.
    pub machine: MachineId,
    /// Which.
    pub channel: ChannelId,
}

/// An agent has answered a ping. The answer is whether it was asked.
#[derive(Clone, Debug, Message)]
#[rtype(result = "bool")]
pub struct RecordPong {
    /// Whose.
    pub machine: MachineId,
    /// On which channel it was asked.
    pub channel: ChannelId,
    /// Which ping.
    pub ping: u64,
    /// For how long the agent runs.
    pub uptime: Duration,
}

/// Tell a machine's agent something at once. The answer is whether it has a channel.
#[derive(Clone, Debug, Message)]
#[rtype(result = "bool")]
pub struct SendNudge {
    /// Which machine's.
    pub machine: MachineId,
    /// What.
    pub nudge: Nudge,
}

/// Somebody looks at a machine: have it report now.
#[derive(Clone, Debug, Message)]
#[rtype(result = "ReportAsked")]
pub struct AskReport(pub MachineId);

/// What became of [`AskReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportAsked {
    /// The agent was told.
    Told,
    /// It was asked a moment ago: once is enough.
    ToldBefore,
    /// It has no channel: it hears with the answer to its next report.
    WithNextReport,
}

/// How an agent answered when it was last asked over its channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it answers.
    pub state: HealthState,
    /// When this was found.
    pub checked_at: Timestamp,
    /// How long the way there and back took.
    pub latency: Option<Duration>,
    /// The agent's version.
    pub agent_version: Arc<str>,
    /// For how long it had run when it answered last.
    pub uptime: Option<Duration>,
}

/// Whether an agent answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthState {
    /// It has a channel and answered.
    Reachable,
    /// It has a channel and did not answer in time.
    Timeout,
    /// Its channel is gone.
    Unreachable,
}

impl HealthState {
    /// The name in the API (contract, section 3).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
        }
    }
}
