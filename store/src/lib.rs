//! The engines behind the store port of `atlas-actors`: where bytes rest. [`sqlite`] is the embedded
//! engine, [`conformance`] the suite that every engine has to pass. Nothing here knows what a report,
//! a user or a command is; bodies are bytes.

pub mod conformance;
pub mod limits;
pub mod sqlite;

pub use sqlite::SqliteStore;
