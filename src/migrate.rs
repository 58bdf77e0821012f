//! The way over from 1.x and 2.0: reads such an installation, shows what would be taken, and takes it.
//! The old files are opened for reading only, and databases are read in a copy, so that not a byte of
//! them changes.
//!
//! ```text
//! sources (where things are) ─▶ users, fleet (what is in them) ─▶ Survey ─▶ apply ─▶ store
//!                                                    journal (how far it came) ─▶ rollback
//! ```
//! Each step can be made again: what is there already stays. Cut short at any moment and run again it
//! comes to the same end.

mod apply;
mod fleet;
mod journal;
mod rollback;
mod settings;
mod sources;
mod users;

use std::path::{Path, PathBuf};

use atlas_actors::clock::Timestamp;
use atlas_store::sqlite::OpenError;

use crate::backup::BackupError;

pub use apply::{Applied, Progress, Target, apply};
pub use journal::Journal;
pub use rollback::{RolledBack, roll_back};
pub use sources::Sources;
pub use users::FoundUser;

use fleet::FleetData;

/// It can't go on.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Nothing of 1.x or 2.0 is there.
    #[error("nothing of ATLAS 1.x or 2.0 was found in {0}: name the home folder of its user with --from")]
    NothingFound(PathBuf),
    /// It was done before.
    #[error("this was done already, at {0}: `atlas migrate --rollback` takes it back")]
    Done(String),
    /// There is nothing to take back.
    #[error("nothing was migrated into {0}: there is nothing to take back")]
    NothingToRollBack(PathBuf),
    /// A file can't be read or written.
    #[error("{path} can't be read or written ({source}): check its permissions and the room on the disk")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An old file is not what it should be.
    #[error("{path} can't be read ({what}): move it away to go on without it")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The store is in use or can't be opened.
    #[error("{0}: stop the server first")]
    InUse(OpenError),
    /// The store can't take it.
    #[error("the store can't take it: {0}; run it again to go on")]
    Store(String),
    /// What was there before can't be kept or put back.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

impl MigrateError {
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }

    fn unreadable(path: &Path, what: impl std::fmt::Display) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}

/// What was found, and what would become of it.
pub struct Survey {
    /// Where.
    pub sources: Sources,
    /// Settings that differ from the defaults: the file's text for them and their number.
    pub settings: Option<(String, usize)>,
    /// The users.
    pub users: Vec<FoundUser>,
    /// What can't be taken, and why.
    pub left: Vec<String>,
    /// Machines, rows of history, commands and log lines of widgets.
    pub counts: Counts,
    fleet: Vec<FleetData>,
}

/// How much of the fleet there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Machines.
    pub machines: u64,
    /// Rows of history.
    pub history: u64,
    /// Commands.
    pub commands: u64,
    /// Log lines of widgets.
    pub widget_logs: u64,
}

impl Survey {
    /// Looks at an installation; copies of its databases go into a folder that is thrown away.
    ///
    /// # Errors
    /// When nothing is there, or a file can't be read.
    pub fn of(home: &Path, copies: &Path) -> Result<Self, MigrateError> {
        let sources = Sources::find(home)?;
        if sources.is_empty() {
            return Err(MigrateError::NothingFound(home.to_owned()));
        }
        let mut left = Vec::new();
        let settings = settings::translate(sources.config.as_deref(), &mut left)?;
        let mut users = Vec::new();
        for path in &sources.databases {
            users.extend(users::in_database(path, copies, &mut left)?);
        }
        if let Some(path) = &sources.users {
            users.extend(users::in_json(path, &mut left)?);
        }
        users::keep_first_of_each(&mut users);
        let mut fleet = Vec::new();
        for path in &sources.databases {
            fleet.extend(FleetData::in_database(path, copies)?);
        }
        if let Some(path) = &sources.dump {
            fleet.extend(FleetData::in_dump(path)?);
        }
        let mut counts = Counts::default();
        for data in &fleet {
            data.count(&mut counts)?;
        }
        Ok(Self {
            sources,
            settings,
            users,
            left,
            counts,
            fleet,
        })
    }
}

/// A moment as 2.0 writes it: local, without a zone, unless it says one.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = Timestamp::parse(text) {
        return Some(moment);
    }
    let local: jiff::civil::DateTime = text.trim().parse().ok()?;
    let moment = jiff::tz::TimeZone::system().to_timestamp(local).ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_moments_with_a_zone_and_without() {
        assert_eq!(moment("1970-01-02T00:00:00Z"), Some(Timestamp::from_secs(86_400)));
        assert!(moment("2025-06-01T12:00:00.123456").is_some() && moment("2025-06-01 12:00:00").is_some());
        assert!(moment("yesterday").is_none() && moment("").is_none());
    }
}
