//! ATLAS: the edge around the fleet. The command line, the HTTPS server, the agent's process, and
//! what they speak. It translates and never decides: that is the business of `atlas-actors`.

pub mod acme;
pub mod agent;
pub mod audit_signer;
pub mod backup;
pub mod certificate_keeper;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod enrolment_desk;
pub mod http;
pub mod ip_network;
pub mod local_server;
pub mod log_file;
pub mod migrate;
pub mod outbound;
pub mod secret_file;
pub mod simulate;
pub mod tls;
pub mod vault;
pub mod wire;
