//! What the library of scripts is asked, and what a version of a script is.

use std::fmt;

use actix::Message;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::model::UserName;
use crate::store::{PutError, StoreError};

/// One version of a script. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptVersion {
    /// The script.
    pub id: String,
    /// Which version; the first one is 1.
    pub version: u32,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Bytes of its content.
    pub bytes: u32,
    /// What it does.
    pub description: String,
    /// Who put it here.
    pub by: UserName,
    /// When.
    pub at: Timestamp,
}

/// Keep this as the newest version of a script; the newest one again makes no new one.
#[derive(Clone, Message)]
#[rtype(result = "Result<ScriptVersion, ScriptError>")]
pub struct KeepScript {
    /// Which script.
    pub id: String,
    /// What it does.
    pub description: String,
    /// The whole text; its first line names its interpreter.
    pub content: Bytes,
    /// Who asks.
    pub by: UserName,
}

impl fmt::Debug for KeepScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepScript")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// All versions of all scripts, by name, each script's newest first.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Vec<ScriptVersion>")]
pub struct ListScripts;

/// A version and its content.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(ScriptVersion, Bytes), ScriptError>")]
pub struct ReadScript {
    /// Which script.
    pub id: String,
    /// Which version; none = the newest.
    pub version: Option<u32>,
}

/// A script was not kept, or is not there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ScriptError {
    /// No such script or version.
    #[error("there is no such script, or no such version of it")]
    Unknown,
    /// The name can't be one.
    #[error("a script's id is of letters, digits and ._- only, at most 64 of them")]
    Id,
    /// Empty or too long.
    #[error("a script has from 1 to {max} bytes")]
    Size {
        /// How many it may have.
        max: usize,
    },
    /// Nothing says who runs it.
    #[error("a script begins with #! and the interpreter that runs it, such as #!/bin/sh")]
    NoInterpreter,
    /// The library is full.
    #[error("the library holds {max} versions, as many as it takes")]
    TooMany {
        /// How many it takes.
        max: usize,
    },
    /// Not written.
    #[error(transparent)]
    Put(#[from] PutError),
    /// Not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The library is being rebuilt.
    #[error("the library of scripts is busy")]
    Busy,
}
