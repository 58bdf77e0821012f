//! Where an installation of 1.x or 2.0 keeps what (contract, sections 1, 4, 5 and 7).

use std::path::{Path, PathBuf};

use super::MigrateError;
use crate::config::files;

/// The files that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The home folder.
    pub home: PathBuf,
    /// The config.
    pub config: Option<PathBuf>,
    /// The cluster secret.
    pub cluster_secret: Option<PathBuf>,
    /// `users.json` of 1.x.
    pub users: Option<PathBuf>,
    /// Databases: of users, of the fleet, or of both.
    pub databases: Vec<PathBuf>,
    /// The dump of the store in memory.
    pub dump: Option<PathBuf>,
}

impl Sources {
    /// Looks into a home folder.
    pub(super) fn find(home: &Path) -> Result<Self, MigrateError> {
        let first = |places: &[&str]| {
            places
                .iter()
                .map(|place| home.join(place))
                .find(|path| path.is_file())
        };
        let mut databases = Vec::new();
        for folder in [".fleet-data", ".fleet_monitoring"] {
            databases.extend(databases_in(&home.join(folder))?);
        }
        Ok(Self {
            home: home.to_owned(),
            config: files::find_in(home),
            cluster_secret: first(&[".fleet/cluster.secret", ".fleet-config/cluster_secret.key"]),
            users: first(&[".fleet_monitoring/users.json", ".fleet-data/users.json"]),
            databases,
            dump: first(&[".fleet-data/fleet_data.json", ".fleet_monitoring/fleet_data.json"]),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        let files = [&self.config, &self.cluster_secret, &self.users, &self.dump];
        files.iter().all(|file| file.is_none()) && self.databases.is_empty()
    }
}

fn databases_in(folder: &Path) -> Result<Vec<PathBuf>, MigrateError> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(MigrateError::at(folder))?.path();
        let is_database = path
            .extension()
            .is_some_and(|extension| extension == "db" || extension == "sqlite");
        if is_database && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
