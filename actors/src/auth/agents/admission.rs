//! What becomes of an agent that asks to be let in, is let in, or is turned out: from the table as it
//! is to what must be written. Pure: no clock, no store.

use super::messages::{AgentError, EnrolledAs, NewAgent, TokenError};
use super::record::{Admission, AgentKey, AgentRecord, AgentState, KeyState};
use super::table::AgentTable;
use crate::limits::AGENTS_PENDING_MAX;

/// Something to write down about agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AgentChange {
    /// This is how it is now.
    Keep(Box<AgentRecord>),
    /// It never was.
    Drop(String),
}

impl AgentChange {
    pub(super) fn keep(agent: AgentRecord) -> Self {
        Self::Keep(Box::new(agent))
    }

    pub(super) fn agent_id(&self) -> &str {
        match self {
            Self::Keep(agent) => &agent.agent_id,
            Self::Drop(agent_id) => agent_id,
        }
    }
}

/// An agent has proved what it must; nobody is ever overwritten by it.
pub(super) fn enrol(
    table: &AgentTable,
    new: &NewAgent,
    admission: Admission,
) -> Result<(AgentRecord, EnrolledAs), TokenError> {
    let mut agent = match table.with_identity(&new.machine, &new.identity) {
        Some(known) if known.state == AgentState::Revoked => return Err(TokenError::Revoked),
        Some(known) if known.agent_id != new.agent_id => return Err(TokenError::Busy),
        Some(known) => AgentRecord::clone(&known),
        None => fresh(table, new, admission)?,
    };
    agent.keys = vec![AgentKey {
        kid: new.kid.clone(),
        epoch: new.epoch,
        root: new.root,
        generation: table.rotation().generation,
        state: KeyState::Active,
        agreed_at: new.created_at,
    }];
    let enrolled = EnrolledAs {
        state: agent.state,
        possible_duplicate: agent.possible_duplicate,
    };
    Ok((agent, enrolled))
}

/// An agent that was not known: a token lets it in, unless somebody speaks for its machine already.
fn fresh(table: &AgentTable, new: &NewAgent, admission: Admission) -> Result<AgentRecord, TokenError> {
    let is_taken = table.speaker(&new.machine).is_some();
    if admission == Admission::SharedSecret && table.is_upgraded(&new.machine) {
        return Err(TokenError::MachineEnrolled);
    }
    let state = match admission {
        Admission::Token if !is_taken => AgentState::Active,
        Admission::Token | Admission::SharedSecret => AgentState::Pending,
    };
    let pending = || table.iter().filter(|agent| agent.state == AgentState::Pending);
    if state == AgentState::Pending && pending().count() >= AGENTS_PENDING_MAX {
        return Err(TokenError::TooManyPending);
    }
    Ok(AgentRecord {
        agent_id: new.agent_id.clone(),
        machine: new.machine.clone(),
        identity: new.identity,
        state,
        admission,
        created_at: new.created_at,
        possible_duplicate: is_taken || pending().any(|agent| agent.machine == new.machine),
        keys: Vec::new(),
        last_exchange: [0; 32],
    })
}

/// Lets an agent in. Who spoke for its machine goes first: half-way through, nobody speaks for it.
pub(super) fn approve(table: &AgentTable, agent_id: &str) -> Result<Vec<AgentChange>, AgentError> {
    let agent = table.get(agent_id).ok_or(AgentError::Unknown)?;
    if agent.state == AgentState::Revoked {
        return Err(AgentError::Revoked);
    }
    let replaced = table
        .speaker(&agent.machine)
        .filter(|other| other.agent_id != agent_id);
    let turned_out = replaced.map(|other| {
        let mut other = AgentRecord::clone(&other);
        other.revoke();
        AgentChange::keep(other)
    });
    let let_in = AgentChange::keep(AgentRecord {
        state: AgentState::Active,
        possible_duplicate: false,
        ..AgentRecord::clone(&agent)
    });
    Ok(turned_out.into_iter().chain([let_in]).collect())
}

/// Turns an agent out. One that was never let in leaves nothing behind.
pub(super) fn revoke(table: &AgentTable, agent_id: &str) -> Result<Vec<AgentChange>, AgentError> {
    let agent = table.get(agent_id).ok_or(AgentError::Unknown)?;
    Ok(match agent.state {
        AgentState::Pending => vec![AgentChange::Drop(agent_id.to_owned())],
        AgentState::Revoked => Vec::new(),
        AgentState::Active => {
            let mut agent = AgentRecord::clone(&agent);
            agent.revoke();
            vec![AgentChange::keep(agent)]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::model::MachineId;

    fn new(agent_id: &str, identity: u8) -> NewAgent {
        NewAgent {
            agent_id: agent_id.into(),
            machine: MachineId::parse("mac-1").unwrap(),
            kid: format!("kid-{agent_id}"),
            epoch: 1,
            root: [9; 32],
            identity: [identity; 32],
            created_at: Timestamp::default(),
        }
    }

    fn take(table: &mut AgentTable, new: &NewAgent, admission: Admission) -> EnrolledAs {
        let (agent, enrolled) = enrol(table, new, admission).unwrap();
        table.insert(agent);
        enrolled
    }

    fn apply(table: &mut AgentTable, changes: Vec<AgentChange>) {
        for change in changes {
            match change {
                AgentChange::Keep(agent) => table.insert(*agent),
                AgentChange::Drop(agent_id) => table.remove(&agent_id),
            }
        }
    }

    fn states(table: &AgentTable) -> Vec<(String, AgentState, bool)> {
        let shown = |agent: &std::sync::Arc<AgentRecord>| {
            (agent.agent_id.clone(), agent.state, agent.possible_duplicate)
        };
        table.iter().map(shown).collect()
    }

    #[test]
    fn another_identity_for_a_known_machine_waits_and_overwrites_nobody() {
        let mut table = AgentTable::default();
        assert_eq!(
            take(&mut table, &new("a", 1), Admission::Token).state,
            AgentState::Active
        );
        let second = take(&mut table, &new("b", 2), Admission::Token);
        assert_eq!(
            (second.state, second.possible_duplicate),
            (AgentState::Pending, true)
        );
        let speaker = table.speaker(&MachineId::parse("mac-1").unwrap()).unwrap();
        assert_eq!(speaker.agent_id, "a");
        let changes = approve(&table, "b").unwrap();
        apply(&mut table, changes);
        assert_eq!(
            states(&table),
            [
                ("a".into(), AgentState::Revoked, false),
                ("b".into(), AgentState::Active, false)
            ]
        );
    }

    #[test]
    fn the_same_identity_stays_the_same_agent_with_its_newest_key() {
        let mut table = AgentTable::default();
        take(&mut table, &new("a", 1), Admission::Token);
        let again = NewAgent {
            kid: "kid-2".into(),
            epoch: 2,
            ..new("a", 1)
        };
        take(&mut table, &again, Admission::Token);
        assert_eq!(table.len(), 1);
        assert!(table.of_key("kid-2").is_some() && table.of_key("kid-a").is_none());
    }

    #[test]
    fn the_shared_secret_only_asks_and_never_for_a_machine_that_was_upgraded() {
        let mut table = AgentTable::default();
        assert_eq!(
            take(&mut table, &new("a", 1), Admission::SharedSecret).state,
            AgentState::Pending
        );
        assert!(!table.is_upgraded(&MachineId::parse("mac-1").unwrap()));
        let changes = approve(&table, "a").unwrap();
        apply(&mut table, changes);
        let refused = enrol(&table, &new("b", 2), Admission::SharedSecret);
        assert!(matches!(refused, Err(TokenError::MachineEnrolled)));
        let changes = revoke(&table, "a").unwrap();
        apply(&mut table, changes);
        let refused = enrol(&table, &new("b", 2), Admission::SharedSecret);
        assert!(
            matches!(refused, Err(TokenError::MachineEnrolled)),
            "not even now"
        );
    }

    #[test]
    fn a_revoked_identity_stays_out_and_a_new_one_may_follow_it() {
        let mut table = AgentTable::default();
        take(&mut table, &new("a", 1), Admission::Token);
        let changes = revoke(&table, "a").unwrap();
        apply(&mut table, changes);
        assert!(matches!(
            enrol(&table, &new("a", 1), Admission::Token),
            Err(TokenError::Revoked)
        ));
        assert!(matches!(approve(&table, "a"), Err(AgentError::Revoked)));
        assert_eq!(
            take(&mut table, &new("b", 2), Admission::Token).state,
            AgentState::Active
        );
    }

    #[test]
    fn a_pending_agent_that_is_turned_out_leaves_nothing() {
        let mut table = AgentTable::default();
        take(&mut table, &new("a", 1), Admission::SharedSecret);
        let changes = revoke(&table, "a").unwrap();
        apply(&mut table, changes);
        assert!(table.is_empty() && matches!(revoke(&table, "a"), Err(AgentError::Unknown)));
    }

    #[test]
    fn only_so_many_wait() {
        let mut table = AgentTable::default();
        for number in 0..AGENTS_PENDING_MAX {
            let machine = MachineId::parse(&format!("mac-{number}")).unwrap();
            let one = NewAgent {
                machine,
                ..new(&format!("a{number}"), 1)
            };
            take(&mut table, &one, Admission::SharedSecret);
        }
        let one_more = NewAgent {
            machine: MachineId::parse("one-more").unwrap(),
            ..new("z", 1)
        };
        assert!(matches!(
            enrol(&table, &one_more, Admission::SharedSecret),
            Err(TokenError::TooManyPending)
        ));
    }
}
