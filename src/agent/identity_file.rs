//! Where an enrolled agent keeps who it is: one file, readable by its owner only.

use std::path::{Path, PathBuf};

use crate::secret_file;
use crate::wire::enrolment::identity::{AgentIdentity, ReadIdentityError};

/// The identity can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFileError {
    /// The file can't be read or written.
    #[error("{path} can't be read or written ({source}): check its permissions")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not an identity.
    #[error(transparent)]
    Read(#[from] ReadIdentityError),
}

fn path(agent_dir: &Path) -> PathBuf {
    agent_dir.join("identity.json")
}

/// The identity in that folder, if the agent is enrolled.
///
/// # Errors
/// When the file can't be read.
pub fn load(agent_dir: &Path) -> Result<Option<AgentIdentity>, IdentityFileError> {
    let path = path(agent_dir);
    match std::fs::read(&path) {
        Ok(file) => Ok(Some(AgentIdentity::from_json(&file)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(IdentityFileError::File { path, source }),
    }
}

/// Keeps an identity in that folder.
///
/// # Errors
/// When the folder can't be written to.
pub fn save(agent_dir: &Path, identity: &AgentIdentity) -> Result<(), IdentityFileError> {
    let path = path(agent_dir);
    let written = identity.to_json().map_err(std::io::Error::from).and_then(|json| {
        secret_file::make_folder(agent_dir)?;
        secret_file::write(&path, &json)
    });
    written.map_err(|source| IdentityFileError::File { path, source })
}
