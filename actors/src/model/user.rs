//! People who sign in.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::machine_id::{MachineIdError, checked_name};

/// A user name is at most this long.
pub const USER_NAME_BYTES_MAX: usize = 64;

/// What a user may do; each role may all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Look at everything.
    Viewer,
    /// Tag machines, queue safe commands.
    Operator,
    /// Everything, users and enrolment included.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// The name by which somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserName(String);

impl UserName {
    /// Takes a text as a user name; white space around it is dropped.
    ///
    /// # Errors
    /// As for a machine's id.
    pub fn parse(text: &str) -> Result<Self, MachineIdError> {
        Ok(Self(checked_name(text, USER_NAME_BYTES_MAX)?.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
