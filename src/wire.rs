//! The only place that knows how things look on the wire: JSON, envelopes and their versions. The
//! server and the agent both use it and never each other. No HTTP, no sockets, no clock.

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
pub mod pin_set;
pub mod pins;
pub mod report_v1;
pub mod secret;
pub mod shape;
pub mod wrapping;

#[cfg(feature = "server")]
pub mod audit_json;
#[cfg(feature = "server")]
pub mod exposition;
#[cfg(feature = "server")]
pub mod fleet_stream;
#[cfg(feature = "server")]
pub mod machine_json;
#[cfg(feature = "server")]
pub mod views;
