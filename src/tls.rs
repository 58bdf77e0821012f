//! TLS as ATLAS speaks it: version 1.2 and 1.3 only, by rustls with ring. The server's certificate,
//! and the pins by which agents know it.

pub mod inspected;
pub mod pinned;
pub mod validity;

#[cfg(feature = "server")]
pub mod certificate;
#[cfg(feature = "server")]
pub mod own;
#[cfg(feature = "server")]
pub mod serving;
