//! The CSV logs' settings.

use serde::{Deserialize, Serialize};

/// Logs as 2.0 wrote them, for those who have scripts on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvLogsConfig {
    /// Whether they are written.
    pub enabled: bool,
    /// The folder that they are in.
    pub folder: String,
}

impl Default for CsvLogsConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            folder: "~/.fleet_monitoring/logs".to_owned(),
        }
    }
}
