//! The only place that knows how things look on the wire: JSON, envelopes and their versions. The
//! server and the agent both use it and never each other. No HTTP, no sockets, no clock.

pub mod absence;
pub mod aead;
pub mod audit_head;
pub mod base64;
pub mod channel;
pub mod enrolment;
pub mod envelope_v1;
pub mod envelope_v2;
pub mod gzip;
pub mod hex_id;
pub mod incoming_report;
pub mod keyed_hash;
pub mod length_prefixed;
pub mod operator_key;
pub mod operator_sealed;
pub mod pin_set;
pub mod pins;
pub mod report_v1;
pub mod secret;
pub mod shape;
pub mod speed_test;
pub mod wrapping;

#[cfg(feature = "server")]
pub mod audit_json;
#[cfg(feature = "server")]
pub mod csv;
#[cfg(feature = "server")]
pub mod fleet_stream;
#[cfg(feature = "server")]
pub mod machine_json;
#[cfg(feature = "server")]
pub mod query_answer;
#[cfg(feature = "server")]
pub mod section_changes;
#[cfg(feature = "server")]
pub mod section_json;
#[cfg(feature = "server")]
pub mod sealed_cookie;
#[cfg(feature = "server")]
pub mod views;
