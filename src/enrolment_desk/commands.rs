//! What the desk's keys do for commands: signing what an agent shall run, and telling it whose
//! signature to believe.

use atlas_actors::auth::agents::record::AgentRecord;

use super::EnrolmentDesk;
use crate::wire::agent_commands::CommandKeySet;
use crate::wire::signed_command::SignatureV1;

impl EnrolmentDesk {
    /// Signs a command's bytes with the server's key for commands.
    #[must_use]
    pub fn sign_command(&self, payload: &[u8]) -> SignatureV1 {
        self.commands.sign(payload)
    }

    /// That key, for an agent that was enrolled before there were commands.
    #[must_use]
    pub fn command_keys(&self, agent: &AgentRecord) -> Option<CommandKeySet> {
        let agent_id = agent.agent_id.parse().ok()?;
        Some(CommandKeySet::sign(
            &self.identity,
            vec![self.commands.public_key()],
            agent_id,
        ))
    }
}
