//! Owns the parts of a report that seldom change and may be large: software, services, posture. They
//! ride along when they changed, and now and then again, not with every report.

use atlas_actors::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::rfc3339;

/// A section's JSON may have so many bytes: a list of 2,000 programs fits, a report's limit is far.
pub const SECTION_BYTES_MAX: usize = 256 * 1024;

/// One section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectionV1 {
    /// When this was found, by the machine's own clock.
    #[serde(with = "rfc3339")]
    pub taken_at: Timestamp,
    /// What was found; its shape is the monitor's.
    pub value: serde_json::Value,
}
