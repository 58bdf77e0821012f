//! Guards the house by reading it: who imports whom, what files are called and how long they are,
//! that every shipped file parses, and that the docs name every route and every error. Each guard's
//! core is a plain function from text to faults, and each fault says what to do.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bounds;
mod docs;
mod files;
mod layers;
mod shipped;
mod traces;
mod tree;
