//! The published part of the credentials that is about agents: who they are, which key is whose, and
//! who speaks for a machine. Immutable, as all of the credentials.

use std::sync::Arc;

use imbl::{HashMap, HashSet, OrdMap};

use super::record::{AgentKey, AgentRecord, AgentState};
use super::rotation::Rotation;
use crate::model::MachineId;

/// All agents, as of now.
#[derive(Clone, Debug, Default)]
pub struct AgentTable {
    by_id: OrdMap<String, Arc<AgentRecord>>,
    /// Whose key has that name.
    kids: HashMap<String, String>,
    /// The agents of a machine, whatever their state.
    of_machine: HashMap<MachineId, Vec<String>>,
    /// Machines with an agent of 2.0 that has sealed its reports.
    sealed: HashSet<MachineId>,
    rotation: Arc<Rotation>,
}

impl AgentTable {
    /// The agent of that id.
    #[must_use]
    pub fn get(&self, agent_id: &str) -> Option<Arc<AgentRecord>> {
        self.by_id.get(agent_id).cloned()
    }

    /// All agents, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<AgentRecord>> {
        self.by_id.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The agent whose key has that name, and the key.
    #[must_use]
    pub fn of_key(&self, kid: &str) -> Option<(Arc<AgentRecord>, AgentKey)> {
        let agent = self.get(self.kids.get(kid)?)?;
        let key = agent.keys.iter().find(|key| key.kid == kid)?.clone();
        Some((agent, key))
    }

    fn of_machine(&self, machine: &MachineId) -> impl Iterator<Item = Arc<AgentRecord>> {
        let ids = self
            .of_machine
            .get(machine)
            .map(Vec::as_slice)
            .unwrap_or_default();
        ids.iter().filter_map(|id| self.get(id))
    }

    /// The agents of that machine, whatever their state.
    #[must_use]
    pub fn all_of(&self, machine: &MachineId) -> Vec<Arc<AgentRecord>> {
        self.of_machine(machine).collect()
    }

    /// The agent that speaks for that machine: then nobody else may.
    #[must_use]
    pub fn speaker(&self, machine: &MachineId) -> Option<Arc<AgentRecord>> {
        self.of_machine(machine)
            .find(|agent| agent.state == AgentState::Active)
    }

    /// Whether that machine has, or had, an agent with keys of its own: the shared key of 2.0 is no
    /// good for it any more, not even when its agent was turned out.
    #[must_use]
    pub fn is_upgraded(&self, machine: &MachineId) -> bool {
        self.of_machine(machine)
            .any(|agent| agent.state != AgentState::Pending)
    }

    /// The agent of that machine with that identity key.
    #[must_use]
    pub fn with_identity(&self, machine: &MachineId, identity: &[u8; 32]) -> Option<Arc<AgentRecord>> {
        self.of_machine(machine).find(|agent| agent.identity == *identity)
    }

    /// Whether that machine's agent of 2.0 has ever sealed its reports: it may not stop to.
    #[must_use]
    pub fn has_sealed(&self, machine: &MachineId) -> bool {
        self.sealed.contains(machine)
    }

    /// Where the fleet's rotation of keys stands.
    #[must_use]
    pub fn rotation(&self) -> &Rotation {
        &self.rotation
    }

    pub(in crate::auth) fn insert(&mut self, agent: AgentRecord) {
        self.remove(&agent.agent_id);
        for key in &agent.keys {
            self.kids.insert(key.kid.clone(), agent.agent_id.clone());
        }
        let of_machine = self.of_machine.entry(agent.machine.clone()).or_default();
        of_machine.push(agent.agent_id.clone());
        self.by_id.insert(agent.agent_id.clone(), Arc::new(agent));
    }

    pub(in crate::auth) fn remove(&mut self, agent_id: &str) {
        let Some(agent) = self.by_id.remove(agent_id) else {
            return;
        };
        for key in &agent.keys {
            self.kids.remove(&key.kid);
        }
        let mut left = self.of_machine.remove(&agent.machine).unwrap_or_default();
        left.retain(|id| id != agent_id);
        if !left.is_empty() {
            self.of_machine.insert(agent.machine.clone(), left);
        }
    }

    pub(in crate::auth) fn set_rotation(&mut self, rotation: Rotation) {
        self.rotation = Arc::new(rotation);
    }

    pub(in crate::auth) fn note_sealed(&mut self, machine: MachineId) {
        self.sealed.insert(machine);
    }

    pub(in crate::auth) fn forget_sealed(&mut self, machine: &MachineId) {
        self.sealed.remove(machine);
    }
}
