//! The agent.

/// A running agent.
pub struct AgentHandle;

impl AgentHandle {
    /// Ends it.
    pub async fn stop(self) {}
}
