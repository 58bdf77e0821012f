//! ATLAS: the edge around the fleet. The command line, the HTTPS server, the agent's process, and
//! what they speak. It translates and never decides: that is the business of `atlas-actors`.
//!
//! The agent and what it needs is in every build; the rest comes with the feature `server`.

pub mod agent;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod log_file;
pub mod secret_file;
pub mod service;
pub mod tls;
pub mod wire;

#[cfg(feature = "server")]
pub mod acme;
#[cfg(feature = "server")]
pub mod audit_signer;
#[cfg(feature = "server")]
pub mod backup;
#[cfg(feature = "server")]
pub mod certificate_keeper;
#[cfg(feature = "server")]
pub mod enrolment_desk;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod ip_network;
#[cfg(feature = "server")]
pub mod local_server;
#[cfg(feature = "server")]
pub mod migrate;
#[cfg(feature = "server")]
pub mod oidc;
#[cfg(feature = "server")]
pub mod outbound;
#[cfg(feature = "server")]
pub mod simulate;
#[cfg(feature = "server")]
pub mod vault;
