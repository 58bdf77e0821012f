//! Decides whether a command is begun. Pure: what is known of keys, times, the policy and earlier
//! commands comes in as values, so that an evil server can be played against it a million times.

use std::time::Duration;

use atlas_actors::clock::Timestamp;
use atlas_actors::command_queue::action::{Action, ActionClass};
use atlas_actors::command_queue::command::CommandState;
use atlas_actors::limits::{CLOCK_SKEW_MAX, COMMAND_VALID_MAX};

use super::policy::Policy;
use crate::wire::agent_commands::DeliveredCommand;
use crate::wire::hex_id::AgentId;
use crate::wire::keyed_hash::sha256;
use crate::wire::signed_command::{CommandPayload, KeyRing, VerifyCommandError};

/// What a command is held against.
pub struct Bench<'a> {
    /// Whose commands are taken.
    pub agent_id: AgentId,
    /// Whose signatures count.
    pub keys: &'a KeyRing,
    /// What this machine allows.
    pub policy: &'a Policy,
    /// No command up to this number is begun any more.
    pub highest_seq: u64,
    /// What time it is.
    pub clocks: Clocks,
}

/// What time it is: by this machine, and by its server, which could lie.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// This machine's own clock.
    pub own: Timestamp,
    /// The moment that the server sealed into its answer.
    pub server: Timestamp,
}

/// Why a command is not begun: a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The word.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
    /// How it ends.
    pub state: CommandState,
    /// Whether it was this server's command for this agent, so that its number is used up.
    pub uses_up: bool,
}

impl Refusal {
    fn new(code: &'static str, message: &str) -> Self {
        Self {
            code,
            message: message.to_owned(),
            state: CommandState::Failed,
            uses_up: false,
        }
    }

    const fn final_one(mut self) -> Self {
        self.uses_up = true;
        self
    }
}

impl Bench<'_> {
    /// Judges a command: what is to be done, or why not.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn judge(&self, delivered: &DeliveredCommand) -> Result<CommandPayload, Refusal> {
        let verified = delivered.command.verify(self.keys).map_err(unbelievable)?;
        let payload = verified.payload;
        if payload.agent_id != self.agent_id {
            return Err(Refusal::new("wrong_agent", "The command is for another agent."));
        }
        if payload.seq <= self.highest_seq {
            return Err(Refusal::new(
                "replayed",
                "This command, or a later one, was taken before.",
            ));
        }
        self.check_time(&payload)?;
        if !self.policy.allows(&payload.action) {
            return Err(Refusal::new(
                "not_allowed_by_policy",
                "This machine's own policy does not allow this. Its root can: policy.yaml.",
            )
            .final_one());
        }
        self.check_operators(&payload, verified.operators.len())?;
        check_script(&payload.action, delivered)?;
        Ok(payload)
    }

    /// A safe command counts by its server's clock, which could sign another one as well. What is
    /// dangerous must be in time by this machine's own clock too: a server that was taken over must
    /// not make an old signature young.
    fn check_time(&self, payload: &CommandPayload) -> Result<(), Refusal> {
        let span = Duration::from_millis(
            u64::try_from(payload.not_after.as_millis() - payload.not_before.as_millis()).unwrap_or(0),
        );
        if span > COMMAND_VALID_MAX {
            return Err(
                Refusal::new("too_long", "The command would be good for more than a day.").final_one(),
            );
        }
        self.check_moment(payload, self.clocks.server, Duration::ZERO)?;
        match payload.action.class() {
            ActionClass::Safe => Ok(()),
            ActionClass::Dangerous => self.check_moment(payload, self.clocks.own, CLOCK_SKEW_MAX),
        }
    }

    fn check_moment(
        &self,
        payload: &CommandPayload,
        now: Timestamp,
        margin: Duration,
    ) -> Result<(), Refusal> {
        if now > payload.not_after.plus(margin) {
            let expired = Refusal::new("expired", "Its time was over before this machine heard of it.");
            return Err(Refusal {
                state: CommandState::Expired,
                ..expired.final_one()
            });
        }
        if now < payload.not_before.minus(margin) {
            return Err(Refusal::new("too_early", "Its time has not come yet.").final_one());
        }
        Ok(())
    }

    fn check_operators(&self, payload: &CommandPayload, signed_by: usize) -> Result<(), Refusal> {
        let needed = self.policy.signatures();
        if payload.action.class() == ActionClass::Safe || signed_by >= needed {
            return Ok(());
        }
        let message = match signed_by {
            0 => "This needs the signature of an operator whom this machine trusts.".to_owned(),
            _ => format!("This machine asks for {needed} operators' signatures, and {signed_by} signed."),
        };
        Err(Refusal {
            message,
            ..Refusal::new("operator_signature_required", "").final_one()
        })
    }
}

fn unbelievable(error: VerifyCommandError) -> Refusal {
    match error {
        VerifyCommandError::TooLarge => Refusal::new("too_large", "The command is larger than one can be."),
        VerifyCommandError::NotSigned => Refusal::new(
            "bad_signature",
            "The command is not signed by the server that this machine was enrolled at.",
        ),
        VerifyCommandError::Malformed => Refusal::new(
            "malformed_command",
            "The command is signed, and this agent can't read it: it may be of a newer version.",
        ),
    }
}

/// The script that came along must be the one whose hash was signed.
fn check_script(action: &Action, delivered: &DeliveredCommand) -> Result<(), Refusal> {
    let Action::RunScript(run) = action else {
        return Ok(());
    };
    let script = delivered.script.as_ref().map(|script| script.0.as_slice());
    let is_right = script.is_some_and(|script| sha256(script) == run.sha256);
    is_right.then_some(()).ok_or_else(|| {
        Refusal::new(
            "wrong_script",
            "The script that came along is not the one that was signed.",
        )
        .final_one()
    })
}

#[cfg(test)]
mod tests;
