//! Owns the CSV logs of 2.0 (contract, section 8), for those who have scripts on them: written only on
//! request, read by their owner alone, each row kept for so many days. A cell that a spreadsheet would
//! run as a formula is written as text.

pub mod cell;
mod file;

use std::path::PathBuf;

use atlas_actors::clock::{Clock, SystemClock};

use crate::config::CsvLogsConfig;
use crate::config::files::expand_home;

pub use cell::Cell;

/// One log: its file's name without `.csv`, its columns, and how long a row stays.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// The file's name without `.csv`.
    pub name: &'static str,
    /// The columns. Where the first one is `timestamp`, the writer fills it in.
    pub columns: &'static [&'static str],
    /// Days for which a row stays.
    pub days_kept: u32,
}

/// One row, without its timestamp.
pub type Row = Vec<Cell>;

/// Where the logs are, if they are written at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvLogs {
    folder: Option<PathBuf>,
}

impl CsvLogs {
    /// As the config says.
    #[must_use]
    pub fn of(config: &CsvLogsConfig) -> Self {
        Self {
            folder: config.enabled.then(|| expand_home(&config.folder)),
        }
    }

    /// Whether they are written: if not, nobody needs to make rows.
    #[must_use]
    pub const fn are_written(&self) -> bool {
        self.folder.is_some()
    }

    /// Adds rows of this moment to the log, and drops those that are too old.
    pub async fn append(&self, layout: &'static Layout, rows: Vec<Row>) {
        let path = self.path(layout);
        self.append_to(path, layout, layout.days_kept, rows).await;
    }

    /// The same for a log whose file and days the config names.
    pub async fn append_to(
        &self,
        path: Option<PathBuf>,
        layout: &'static Layout,
        days_kept: u32,
        rows: Vec<Row>,
    ) {
        let Some(path) = path.filter(|_| self.are_written() && !rows.is_empty()) else {
            return;
        };
        let now = SystemClock.now();
        Self::write(layout, move || file::append(&path, layout, days_kept, &rows, now)).await;
    }

    /// Writes a log that is a list of what there is now: the rows take the place of all earlier ones.
    pub async fn replace(&self, layout: &'static Layout, rows: Vec<Row>) {
        let Some(path) = self.path(layout) else { return };
        let now = SystemClock.now();
        Self::write(layout, move || file::replace(&path, layout, &rows, now)).await;
    }

    fn path(&self, layout: &Layout) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.csv", layout.name)))
    }

    /// A disk may be slow: the agent goes on meanwhile.
    async fn write(layout: &Layout, write: impl FnOnce() -> std::io::Result<()> + Send + 'static) {
        let written = tokio::task::spawn_blocking(write).await;
        let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        if let Err(error) = written {
            tracing::warn!(log = layout.name, %error, "a CSV log can't be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout {
        name: "ping_history",
        columns: &["timestamp", "latency"],
        days_kept: 7,
    };

    #[actix_rt::test]
    async fn nothing_is_written_unless_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = CsvLogsConfig {
            enabled: false,
            folder: folder.path().join("logs").to_string_lossy().into_owned(),
        };
        let path = folder.path().join("logs/ping_history.csv");
        CsvLogs::of(&config)
            .append(&LAYOUT, vec![vec![Cell::from(1.5)]])
            .await;
        assert!(!path.exists());
        config.enabled = true;
        CsvLogs::of(&config)
            .append(&LAYOUT, vec![vec![Cell::from(1.5)]])
            .await;
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("timestamp,latency\n20") && text.ends_with("Z,1.5\n"));
    }
}
