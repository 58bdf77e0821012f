//! What is kept of one enrolled agent, and what its keys go through: next → active → retiring → gone.
//! Pure: no clock, no store.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rotation::Rotation;
use crate::clock::Timestamp;
use crate::limits::RETIRING_KEYS_MAX;
use crate::model::MachineId;

/// Whether an agent is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgentState {
    /// It waits for an administrator; its reports are refused until then.
    Pending,
    /// It speaks for its machine.
    Active,
    /// It was turned out, for good.
    Revoked,
}

impl AgentState {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }
}

/// With what an agent was enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// With a join token: an administrator's word.
    Token,
    /// With the secret that a whole cluster of 1.x and 2.0 shares: nobody's word.
    SharedSecret,
}

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyState {
    /// Agreed on; the agent has not used it yet.
    Next,
    /// The agent seals with it.
    Active,
    /// The agent has moved on; what it sealed before may still be on its way.
    Retiring,
}

/// One key of an agent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentKey {
    /// Its name; comes with each envelope.
    pub kid: String,
    /// Counts the agent's keys.
    pub epoch: u32,
    /// The secret from which the keys of both directions are derived.
    pub root: [u8; 32],
    /// The rotation in which it was made.
    pub generation: u32,
    /// What it is good for.
    pub state: KeyState,
    /// When it was agreed on.
    pub agreed_at: Timestamp,
}

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (epoch {}, {:?})", self.kid, self.epoch, self.state)
    }
}

/// How an agent stands in the fleet's rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// Its key is of the newest generation.
    Current,
    /// A newer one is due.
    Rotating,
    /// Its key is dead; it agrees on another when it comes back.
    Overdue,
}

impl KeyStanding {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "active",
            Self::Rotating => "rotating",
            Self::Overdue => "overdue",
        }
    }
}

/// All that is kept of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// The id that its envelopes are bound to, drawn at random when it was enrolled.
    pub agent_id: String,
    /// The only machine that it may speak for.
    pub machine: MachineId,
    /// Its Ed25519 identity key.
    pub identity: [u8; 32],
    /// Whether it is let in.
    pub state: AgentState,
    /// With what it was enrolled.
    pub admission: Admission,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// Somebody else may be this agent, or it somebody else.
    pub possible_duplicate: bool,
    /// Its keys; the one that it seals with is among them.
    pub keys: Vec<AgentKey>,
    /// The public half with which it last agreed on a key: the same one again is a repeat.
    pub last_exchange: [u8; 32],
}

impl AgentRecord {
    /// The key that it seals its reports with, if it may report.
    #[must_use]
    pub fn reporting_key(&self) -> Option<&AgentKey> {
        self.active_key().filter(|_| self.state == AgentState::Active)
    }

    /// The key that the agent seals with.
    #[must_use]
    pub fn active_key(&self) -> Option<&AgentKey> {
        self.keys.iter().find(|key| key.state == KeyState::Active)
    }

    /// The epoch of the next key.
    #[must_use]
    pub fn next_epoch(&self) -> u32 {
        let newest = self.keys.iter().map(|key| key.epoch).max();
        newest.unwrap_or(0).saturating_add(1)
    }

    /// How it stands in that rotation.
    #[must_use]
    pub fn standing(&self, rotation: &Rotation, now: Timestamp) -> KeyStanding {
        match self.active_key() {
            Some(key) if key.generation >= rotation.generation => KeyStanding::Current,
            Some(key) if rotation.is_alive(key.generation, now) => KeyStanding::Rotating,
            _ => KeyStanding::Overdue,
        }
    }

    /// Takes in a key that was just agreed on; one that was agreed on before and never used is gone.
    pub fn add_next(&mut self, key: AgentKey, exchange: [u8; 32]) {
        self.keys.retain(|known| known.state != KeyState::Next);
        self.keys.push(AgentKey {
            state: KeyState::Next,
            ..key
        });
        self.last_exchange = exchange;
    }

    /// The agent has sealed with its next key: it is the active one from now on. False when there is
    /// none of that name.
    pub fn confirm(&mut self, kid: &str, rotation: &Rotation, now: Timestamp) -> bool {
        let is_next = |key: &AgentKey| key.kid == kid && key.state == KeyState::Next;
        if !self.keys.iter().any(is_next) {
            return false;
        }
        for key in &mut self.keys {
            key.state = match key.state {
                KeyState::Next if key.kid == kid => KeyState::Active,
                KeyState::Active => KeyState::Retiring,
                other => other,
            };
        }
        self.drop_dead_keys(rotation, now);
        true
    }

    /// Lets go of retiring keys that are dead, or too many; true when there was one.
    pub fn drop_dead_keys(&mut self, rotation: &Rotation, now: Timestamp) -> bool {
        let before = self.keys.len();
        let newest = self.keys.iter().map(|key| key.epoch).max().unwrap_or(0);
        let oldest_kept = newest.saturating_sub(RETIRING_KEYS_MAX + 1);
        self.keys.retain(|key| {
            key.state != KeyState::Retiring
                || rotation.is_alive(key.generation, now) && key.epoch >= oldest_kept
        });
        self.keys.len() != before
    }

    /// Turns it out. Its keys' names stay, so that it can be told why; their secrets don't.
    pub fn revoke(&mut self) {
        self.state = AgentState::Revoked;
        for key in &mut self.keys {
            key.root = [0; 32];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(epoch: u32, state: KeyState) -> AgentKey {
        AgentKey {
            kid: format!("k{epoch}"),
            epoch,
            root: [7; 32],
            generation: epoch - 1,
            state,
            agreed_at: Timestamp::default(),
        }
    }

    fn record() -> AgentRecord {
        AgentRecord {
            agent_id: "a".into(),
            machine: MachineId::parse("mac-1").unwrap(),
            identity: [1; 32],
            state: AgentState::Active,
            admission: Admission::Token,
            created_at: Timestamp::default(),
            possible_duplicate: false,
            keys: vec![key(1, KeyState::Active)],
            last_exchange: [0; 32],
        }
    }

    fn states(record: &AgentRecord) -> Vec<(&str, KeyState)> {
        record
            .keys
            .iter()
            .map(|key| (key.kid.as_str(), key.state))
            .collect()
    }

    #[test]
    fn a_key_is_next_until_the_agent_has_used_it() {
        let (mut record, rotation) = (record(), Rotation::default());
        record.add_next(key(2, KeyState::Active), [2; 32]);
        assert_eq!(
            states(&record),
            [("k1", KeyState::Active), ("k2", KeyState::Next)]
        );
        assert!(!record.confirm("k1", &rotation, Timestamp::default()));
        assert!(record.confirm("k2", &rotation, Timestamp::default()));
        assert_eq!(
            states(&record),
            [("k1", KeyState::Retiring), ("k2", KeyState::Active)]
        );
        assert!(!record.confirm("k2", &rotation, Timestamp::default()));
    }

    #[test]
    fn a_next_key_whose_answer_was_lost_makes_room_for_another() {
        let mut record = record();
        record.add_next(key(2, KeyState::Next), [2; 32]);
        record.add_next(key(3, KeyState::Next), [3; 32]);
        assert_eq!(
            states(&record),
            [("k1", KeyState::Active), ("k3", KeyState::Next)]
        );
        assert_eq!(record.next_epoch(), 4);
    }

    #[test]
    fn keeps_no_secret_of_a_revoked_agent() {
        let mut record = record();
        record.revoke();
        assert!(
            record
                .keys
                .iter()
                .all(|key| key.root == [0; 32] && key.kid == "k1")
        );
        assert!(!format!("{record:?}").contains("7, 7"));
    }
}
