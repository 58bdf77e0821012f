//! The folder where everything of one installation rests, and what is in it.

use std::io;
use std::path::{Path, PathBuf};

use crate::secret_file;

/// An installation's folder.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
    is_default: bool,
}

/// The folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// No home folder to put it into.
    #[error("there is no home folder to keep data in: name one with --data-dir")]
    NoHome,
    /// It can't be made or written to.
    #[error(
        "the data folder {path} can't be written to ({source}): change its permissions, or name another with --data-dir"
    )]
    NotWritable {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No room for it.
    #[error("the disk of the data folder {0} is full: make room, or name another folder with --data-dir")]
    Full(PathBuf),
    /// The cluster secret is too short to be one.
    #[error("the cluster secret in {0} has less than 32 bytes: remove the file and a new one is made")]
    ShortSecret(PathBuf),
}

fn not_writable(path: PathBuf, source: io::Error) -> DataDirError {
    match source.kind() {
        io::ErrorKind::StorageFull => DataDirError::Full(path),
        _ => DataDirError::NotWritable { path, source },
    }
}

impl DataDir {
    /// The folder that was named, or `~/.fleet_monitoring/data`, as it is.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn find(named: Option<&Path>) -> Result<Self, DataDirError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => home()?.join(".fleet_monitoring").join("data"),
        };
        Ok(Self {
            path,
            is_default: named.is_none(),
        })
    }

    /// The folder that was named, or `~/.fleet_monitoring/data`; made when it is missing.
    ///
    /// # Errors
    /// See [`DataDirError`].
    pub fn open(named: Option<&Path>) -> Result<Self, DataDirError> {
        let dir = Self::find(named)?;
        secret_file::make_folder(&dir.path).map_err(|source| dir.not_writable(source))?;
        // Trying is the only honest test of a permission.
        let trial = dir.path.join(".write-test");
        secret_file::write(&trial, b"").map_err(|source| dir.not_writable(source))?;
        std::fs::remove_file(&trial).map_err(|source| dir.not_writable(source))?;
        Ok(dir)
    }

    fn not_writable(&self, source: io::Error) -> DataDirError {
        not_writable(self.path.clone(), source)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the store's files are.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// The key by which programs on this very machine act as an administrator.
    #[must_use]
    pub fn local_key(&self) -> PathBuf {
        self.path.join("local-admin.key")
    }

    /// The key by which this server is known to its agents.
    #[must_use]
    pub fn identity_key(&self) -> PathBuf {
        self.path.join("identity.key")
    }

    /// The key that wraps the secrets in the store. It never rests with them.
    #[must_use]
    pub fn vault_key(&self) -> PathBuf {
        self.path.join("vault.key")
    }

    /// Where this machine's agent keeps its identity and its spool.
    #[must_use]
    pub fn agent(&self) -> PathBuf {
        self.path.join("agent")
    }

    /// Where the cluster secret is unless another file was named.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn cluster_secret(&self) -> Result<PathBuf, DataDirError> {
        let folder = if self.is_default {
            home()?.join(".fleet")
        } else {
            self.path.clone()
        };
        Ok(folder.join("cluster.secret"))
    }

    /// Makes the cluster secret unless it is there; says where it is. It is that of 1.x and 2.0: the
    /// file that was named, else `~/.fleet/cluster.secret`, or in this folder when the folder was
    /// named.
    ///
    /// # Errors
    /// When it can't be written, or is too short to be one.
    pub fn ensure_cluster_secret(&self, named: Option<PathBuf>) -> Result<PathBuf, DataDirError> {
        let path = match named {
            Some(path) => path,
            None => self.cluster_secret()?,
        };
        let folder = path.parent().unwrap_or(&self.path).to_owned();
        match std::fs::read_to_string(&path) {
            Ok(secret) if secret.trim().len() >= 43 => Ok(path),
            Ok(_) => Err(DataDirError::ShortSecret(path)),
            Err(_) => {
                secret_file::make_folder(&folder)
                    .and_then(|()| secret_file::random_hex())
                    .and_then(|secret| secret_file::write(&path, secret.as_bytes()))
                    .map_err(|source| not_writable(folder, source))?;
                Ok(path)
            }
        }
    }
}

fn home() -> Result<PathBuf, DataDirError> {
    std::env::home_dir()
        .filter(|home| !home.as_os_str().is_empty())
        .ok_or(DataDirError::NoHome)
}
