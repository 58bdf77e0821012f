//! The fleet as a library. Every piece of state has one owner, an actix actor; owners exchange the
//! typed messages of [`messages`] and publish immutable views for readers. Nothing here names HTTP,
//! TLS, JSON, SQL, a command line or a network: what the actors need from outside they declare as
//! ports ([`store::Store`], [`clock::Clock`], [`roster::CardEncoder`]) and are given at start.
//!
//! Read [`fleet`] first: it wires all actors on one page.

pub mod clock;
pub mod limits;
pub mod model;
pub mod store;
