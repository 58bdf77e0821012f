//! What a machine's own policy lets the server do, in a few words, as the agent reports it among the
//! machine's facts. The policy itself stays on the machine; nothing here can loosen it.

use serde::{Deserialize, Serialize};

/// A policy in short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicySummaryV1 {
    /// Changes whenever the policy does.
    pub rev: String,
    /// Whether it is the one without a file: the agent may be restarted and asked for a report.
    pub monitor_only: bool,
    /// The names of the actions that it allows.
    pub allows: Vec<String>,
    /// How many operators' keys it trusts.
    pub operators: usize,
    /// How many of them must sign what is dangerous.
    pub signatures: usize,
    /// Why the file is not followed, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

#[derive(Deserialize)]
struct Facts {
    #[serde(default)]
    policy: Option<PolicySummaryV1>,
}

/// The policy among a machine's facts; none for an agent that has none.
#[must_use]
pub fn of_facts(document: &[u8]) -> Option<PolicySummaryV1> {
    serde_json::from_slice::<Facts>(document).ok()?.policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_among_the_facts() {
        let facts = br#"{"os":"Linux","policy":{"rev":"ab","monitor_only":true,"allows":["restart_agent"]}}"#;
        let policy = of_facts(facts).unwrap();
        assert_eq!((policy.rev.as_str(), policy.monitor_only), ("ab", true));
        assert_eq!(of_facts(b"{}"), None);
        assert_eq!(of_facts(b""), None);
    }
}
