//! How an agent says that it falls silent, and afterwards why it was.

use atlas_actors::clock::Timestamp;
use atlas_actors::model::{Announcement, Gap, PresenceCause};
use serde::{Deserialize, Serialize};

/// The route of announcements.
pub const NOTICE_ROUTE: &str = "/api/v2/agents/notice";

/// What an agent seals before it falls silent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeV2 {
    /// `sleep`, `shutdown`, `stop` or `upgrade`.
    pub announce: String,
    /// The spool of the newest report that it has made, 16 hex digits; none when it made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spool: Option<String>,
    /// That report's number.
    #[serde(default)]
    pub seq: u64,
}

impl NoticeV2 {
    /// What it announces; nothing when that is not known here.
    #[must_use]
    pub fn announcement(&self) -> Option<Announcement> {
        Announcement::named(&self.announce)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(content: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(content)
    }
}

/// A span in which the agent was silent, as its report tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapV1 {
    /// When it began, RFC 3339.
    pub from: String,
    /// When it ended.
    pub to: String,
    /// Why: `asleep`, `powered_off`, `network_down`, `agent_stopped`, `agent_upgrading`, `server_down`.
    pub cause: String,
}

impl GapV1 {
    /// A span with its cause.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp, cause: PresenceCause) -> Self {
        Self {
            from: from.to_string(),
            to: to.to_string(),
            cause: cause.name().to_owned(),
        }
    }

    /// The span; nothing when its times are none. A cause that a newer agent has counts as unknown.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        Some(Gap {
            from: Timestamp::parse(&self.from).ok()?,
            to: Timestamp::parse(&self.to).ok()?,
            cause: PresenceCause::named(&self.cause).unwrap_or(PresenceCause::Unknown),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_was_written_and_odd_ones_are_passed_over() {
        let (from, to) = (
            Timestamp::from_secs(1_790_000_000),
            Timestamp::from_secs(1_790_000_060),
        );
        for cause in PresenceCause::ALL {
            let gap = GapV1::new(from, to, cause).gap().unwrap();
            assert_eq!((gap.from, gap.to, gap.cause), (from, to, cause));
        }
        let mut odd = GapV1::new(from, to, PresenceCause::Asleep);
        odd.cause = "dancing".into();
        assert_eq!(odd.gap().unwrap().cause, PresenceCause::Unknown);
        odd.from = "yesterday".into();
        assert_eq!(odd.gap(), None);
    }
}
