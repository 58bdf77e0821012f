//! What can be set: defaults, then a file, then the environment, then the command line.
//! `config/atlas.yaml` lists every key with its default and its reason.
//!
//! ```text
//! document (text → tree with lines) ─┐
//! environment ───────────────────────┼─▶ layers ─▶ Settings { config: schema::Config, where from }
//! keys, retired, kind (what is taken)┘      edit (text, key, value) ─▶ text
//! ```

pub mod document;
pub mod edit;
pub mod environment;
pub mod files;
pub mod keys;
pub mod kind;
pub mod layers;
pub mod retired;
pub mod schema;
mod secret_text;
pub mod source;

pub use layers::{Settings, Sources};
pub use schema::{
    AgentConfig, Config, CsvLogsConfig, LogFormat, LoggingConfig, MonitorConfig, MonitorsConfig, OidcConfig,
    PresenceConfig, RetryConfig, ServerConfig, SystemMetricsConfig,
};
pub use secret_text::SecretText;
pub use source::{ConfigError, Problem, Source};

/// The documented file: every key with its default and its reason.
pub const DOCUMENTED: &str = include_str!("../config/atlas.yaml");
