//! The words of the field as types: what a machine, a report and a sample are. No behaviour that
//! needs an actor, no wire format.

pub mod absence;
pub mod facts;
pub mod machine_id;
pub mod metric;
pub mod presence;
pub mod report;
pub mod scope;
pub mod section;
mod stored_samples;
pub mod user;
pub mod voice_quality;

pub use absence::{Announcement, Gap, PresenceCause, Whereabouts};
pub use facts::{AgentKind, Facts, OsFamily};
pub use machine_id::{MachineId, MachineIdError, Tag};
pub use metric::{METRIC_COUNT, Metric, Samples, Unit};
pub use presence::{Presence, PresenceRule};
pub use report::{CloneEvidence, Counters, Delivery, Receipt, Report};
pub use scope::{Scope, Scopes};
pub use section::{Section, SectionName, SectionNameError};
pub use user::{Role, UserName};
pub use voice_quality::VoiceQuality;
