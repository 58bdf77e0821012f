//! What an agent asks its server for in a speed test: so many bytes in one direction. The question is
//! sealed as any body of an agent and travels in a header, since the body is what is measured.

use serde::{Deserialize, Serialize};

/// The route, for GET (towards the agent) and POST (from the agent). Both are sealed as POST.
pub const SPEED_TEST_ROUTE: &str = "/api/v2/agents/speedtest";
/// The header that holds the sealed question.
pub const SPEED_TEST_HEADER: &str = "x-atlas-speed-test";
/// Bytes in one request. Reason: a second of half a gigabit line; more tells nothing new and takes the
/// line from others.
pub const SPEED_TEST_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Below so many bytes nothing but the round trip is measured, and nobody's line is taken.
pub const ROUND_TRIP_BYTES_MAX: u64 = 1024;

/// What an agent asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeedTestRequest {
    /// How many bytes it wants, or will send.
    pub bytes: u64,
}

impl SpeedTestRequest {
    /// What is sealed.
    #[must_use]
    pub fn to_json(self) -> Vec<u8> {
        // A number always serialises.
        serde_json::to_vec(&self).unwrap_or_default()
    }

    /// Reads what was sealed; none when it is something else.
    #[must_use]
    pub fn read(content: &[u8]) -> Option<Self> {
        serde_json::from_slice(content).ok()
    }
}
