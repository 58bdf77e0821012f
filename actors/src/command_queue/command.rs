//! What a command is, which batch it belongs to, and which states it goes through.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::action::Action;
use crate::clock::Timestamp;
use crate::model::{MachineId, UserName};

/// Names a command or a batch: a UUID of version 7 (RFC 9562), so that ids sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommandId(u128);

/// The text is no command's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a command's id: it is a UUID of version 7, in lower case")]
pub struct CommandIdError;

impl CommandId {
    /// A new id.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn draw(now: Timestamp) -> Result<Self, getrandom::Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        Ok(Self::at(now, u128::from_be_bytes(random)))
    }

    /// The id of that moment with these random bits.
    #[must_use]
    pub const fn at(now: Timestamp, random: u128) -> Self {
        let millis = now.as_millis().unsigned_abs() as u128;
        let cleared = random & !(0xffff_ffff_ffff << 80) & !(0xf << 76) & !(0b11 << 62);
        Self(millis << 80 | 7 << 76 | 0b10 << 62 | cleared)
    }

    /// When it was drawn.
    #[must_use]
    pub fn drawn_at(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0 >> 80).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        f.write_str(&parts.join("-"))
    }
}

impl FromStr for CommandId {
    type Err = CommandIdError;

    /// One id has one spelling.
    fn from_str(text: &str) -> Result<Self, CommandIdError> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let number = u128::from_str_radix(&digits, 16).map_err(|_| CommandIdError)?;
        let id = Self(number);
        let is_version_7 = number >> 76 & 0xf == 7 && number >> 62 & 0b11 == 0b10;
        (is_version_7 && id.to_string() == text)
            .then_some(id)
            .ok_or(CommandIdError)
    }
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CommandState {
    /// Waits for its machine.
    Queued,
    /// Its machine has fetched it.
    Leased,
    /// Its machine has begun.
    Started,
    /// Done.
    Succeeded,
    /// The machine could not do it, or would not.
    Failed,
    /// It took too long and was ended.
    TimedOut,
    /// Its time was over before the machine began.
    Expired,
    /// Somebody called it off.
    Cancelled,
    /// Handed out, and never heard of again: it may or may not have run.
    Unknown,
}

impl CommandState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Leased,
        Self::Started,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Expired,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether anything is still to happen to it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Leased | Self::Started)
    }
}

/// What one person asked of many machines at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id.
    pub id: CommandId,
    /// What to do.
    pub action: Action,
    /// Who asked for it.
    pub by: UserName,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Nobody runs it before.
    pub not_before: Timestamp,
    /// Nobody begins it after.
    pub not_after: Timestamp,
    /// In which steps, if not all at once.
    pub waves: Option<Waves>,
    /// How many operators must have signed each command before it is handed out.
    pub signatures: u8,
}

/// A batch in steps: each begins when all of the one before have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waves {
    /// Machines of the first step.
    pub first: u32,
    /// Machines of each further one.
    pub step: u32,
    /// When so many have not succeeded, no further step begins.
    pub failures_max: u32,
}

impl Waves {
    /// In which step the machine of that number is.
    #[must_use]
    pub fn of(&self, number: usize) -> u32 {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        match number.checked_sub(self.first) {
            None => 0,
            Some(after) => 1 + after / self.step.max(1),
        }
    }
}

/// A person's signature over one command's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorSignature {
    /// Whose key.
    pub kid: [u8; 12],
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

/// A command as it is queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCommand {
    /// Its id.
    pub id: CommandId,
    /// For whom.
    pub machine: MachineId,
    /// Which agent may run it; none = an agent of 2.0.
    pub agent_id: Option<String>,
    /// Its place in the machine's order; 0 = the next one.
    pub seq: u64,
    /// Which policy the machine had told, when it was asked for.
    pub policy_rev: String,
    /// Who signed it, beside the server.
    pub signatures: Vec<OperatorSignature>,
    /// In which step of its batch.
    pub wave: u32,
}

/// One command for one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// What was queued.
    pub order: NewCommand,
    /// The batch that it belongs to.
    pub batch: CommandId,
    /// Where it stands.
    pub state: CommandState,
    /// How often it was handed out.
    pub deliveries: u32,
    /// When the machine must have begun, or ended.
    pub due_at: Timestamp,
    /// When the machine began.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
    /// Who called it off.
    pub cancelled_by: Option<UserName>,
    /// How it went.
    pub outcome: Option<Outcome>,
    /// Bytes of its output that are here.
    pub output_bytes: u32,
}

/// How a command went, by its machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub state: CommandState,
    /// A word for programs, such as `not_allowed_by_policy`; empty when it went well.
    pub code: String,
    /// What the machine says of it.
    pub message: String,
    /// The exit status of what was run.
    pub exit_code: Option<i32>,
    /// Whether there was more output than is kept.
    pub is_cut: bool,
}

impl Command {
    /// A command that was just queued.
    #[must_use]
    pub const fn queued(order: NewCommand, batch: &Batch) -> Self {
        Self {
            order,
            batch: batch.id,
            state: CommandState::Queued,
            deliveries: 0,
            due_at: batch.not_after,
            started_at: None,
            settled_at: None,
            cancelled_by: None,
            outcome: None,
            output_bytes: 0,
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> CommandId {
        self.order.id
    }

    /// Whether its agent is one of 2.0, which never says that it began and knows no repeats.
    #[must_use]
    pub const fn is_for_2_0(&self) -> bool {
        self.order.agent_id.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling_and_sorts_by_time() {
        let early = CommandId::at(Timestamp::from_secs(1_760_000_000), u128::MAX);
        let late = CommandId::at(Timestamp::from_secs(1_760_000_001), 0);
        assert!(early < late);
        for id in [early, late, CommandId::draw(Timestamp::from_secs(5)).unwrap()] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!(late.drawn_at(), Timestamp::from_secs(1_760_000_001));
        let text = early.to_string();
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!(" {text}"),
            "0199c8a0-0000-4000-8000-000000000000".to_owned(),
        ] {
            assert!(other.parse::<CommandId>().is_err(), "{other}");
        }
    }
}
