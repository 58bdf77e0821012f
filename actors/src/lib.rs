//! The fleet as a library. Every piece of state has one owner, an actix actor; owners exchange the
//! typed messages of [`messages`] and publish immutable views for readers. Nothing here names HTTP,
//! TLS, JSON, SQL, a command line or a network: what the actors need from outside they declare as
//! ports ([`store::Store`], [`clock::Clock`], [`vault::Vault`], [`roster::ViewEncoder`]) and are given
//! at start.
//!
//! Read [`fleet`] first: it wires all actors on one page.

pub mod audit_log;
pub mod auth;
pub mod breaker;
pub mod channels;
pub mod clock;
pub mod command_queue;
pub mod downtimes;
pub mod fleet;
pub mod historian;
pub mod import;
pub mod limits;
pub mod machine;
pub mod messages;
pub mod model;
pub mod quarantine;
pub mod registry;
pub mod roster;
pub mod script_library;
pub mod sections;
pub mod store;
pub mod stored;
pub mod supervision;
pub mod vault;

pub use fleet::{Fleet, Ports, Settings};
