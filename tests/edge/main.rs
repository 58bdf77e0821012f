//! The HTTPS edge against clients that mean harm or fail: over real sockets, byte by byte, against
//! the real program.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acme;
mod agent_2_0;
mod certificate;
mod connections;
mod http2;
mod malformed;
mod paths;
mod raw;
#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
#[path = "../running/mod.rs"]
mod running;
mod site;
mod slow;
mod stop;
mod versions;
