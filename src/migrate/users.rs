//! Users of 1.x (`users.json`) and 2.0 (a table in a database).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use atlas_actors::clock::Timestamp;
use atlas_actors::import::{EarlierHash, EarlierUser};
use atlas_actors::model::{Role, UserName};
use rusqlite::Row;
use serde::Deserialize;
use serde_json::Value;

use super::fleet::{has_table, open_copy};
use super::{MigrateError, moment};

/// A user that was found.
#[derive(Clone, Debug)]
pub struct FoundUser {
    /// The user.
    pub user: EarlierUser,
    /// Where.
    pub file: PathBuf,
}

impl FoundUser {
    /// What sort of hash there was, for a person.
    #[must_use]
    pub const fn hash_kind(&self) -> &'static str {
        match self.user.hash {
            EarlierHash::Bcrypt(_) => "bcrypt",
            EarlierHash::Salted { .. } => "SHA-256 with salt",
            EarlierHash::Unsalted(_) => "SHA-256 without salt",
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored {
    username: Option<String>,
    password_hash: Option<String>,
    salt: Option<String>,
    role: Option<String>,
    created_at: Option<Value>,
    is_active: Option<Value>,
}

/// The users of a file: a map by name, or a list.
pub(super) fn in_json(path: &Path, left: &mut Vec<String>) -> Result<Vec<FoundUser>, MigrateError> {
    let text = std::fs::read(path).map_err(MigrateError::at(path))?;
    let mut all: Value =
        serde_json::from_slice(&text).map_err(|_| MigrateError::unreadable(path, "it is no JSON"))?;
    if let Some(inner) = all
        .get_mut("users")
        .filter(|inner| inner.is_object() || inner.is_array())
    {
        all = inner.take();
    }
    let records: Vec<(Option<String>, Value)> = match all {
        Value::Object(users) => users.into_iter().map(|(name, one)| (Some(name), one)).collect(),
        Value::Array(users) => users.into_iter().map(|one| (None, one)).collect(),
        _ => {
            return Err(MigrateError::unreadable(
                path,
                "it is neither a map of users nor a list",
            ));
        }
    };
    let read = |(name, one): (Option<String>, Value)| {
        let mut stored: Stored = serde_json::from_value(one).unwrap_or_default();
        stored.username = name.or(stored.username);
        stored
    };
    Ok(take(records.into_iter().map(read), path, left))
}

/// The users of a database, if it has any.
pub(super) fn in_database(
    path: &Path,
    copies: &Path,
    left: &mut Vec<String>,
) -> Result<Vec<FoundUser>, MigrateError> {
    let failed = |error: rusqlite::Error| MigrateError::unreadable(path, error);
    let connection = open_copy(path, copies)?;
    if !has_table(&connection, "users").map_err(failed)? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT * FROM users").map_err(failed)?;
    let rows = statement.query_map([], |row| Ok(stored(row))).map_err(failed)?;
    let rows: Vec<Stored> = rows.collect::<Result<_, _>>().map_err(failed)?;
    Ok(take(rows.into_iter(), path, left))
}

/// Which columns there are differs from release to release.
fn stored(row: &Row<'_>) -> Stored {
    let text = |column: &str| row.get::<_, Option<String>>(column).ok().flatten();
    let is_active = row.get::<_, Option<i64>>("is_active").ok().flatten();
    Stored {
        username: text("username"),
        password_hash: text("password_hash"),
        salt: text("salt"),
        role: text("role"),
        created_at: text("created_at").map(Value::from),
        is_active: is_active.map(Value::from),
    }
}

fn take(stored: impl Iterator<Item = Stored>, path: &Path, left: &mut Vec<String>) -> Vec<FoundUser> {
    let mut users = Vec::new();
    for one in stored {
        match user(&one) {
            Ok(user) => users.push(FoundUser {
                user,
                file: path.to_owned(),
            }),
            Err(why) => {
                let name = one.username.unwrap_or_else(|| "without a name".to_owned());
                left.push(format!("the user {name:?} in {}: {why}", path.display()));
            }
        }
    }
    users
}

fn user(stored: &Stored) -> Result<EarlierUser, String> {
    let name = UserName::parse(stored.username.as_deref().unwrap_or_default())
        .map_err(|error| format!("the name can't be used ({error})"))?;
    let (hash, salt) = (stored.password_hash.as_deref(), stored.salt.as_deref());
    let hash = EarlierHash::parse(hash.unwrap_or_default(), salt.unwrap_or_default())
        .ok_or("the password's hash is of no known form: give a new password")?;
    Ok(EarlierUser {
        name,
        role: match stored.role.as_deref() {
            Some("admin") => Role::Admin,
            Some("operator") => Role::Operator,
            _ => Role::Viewer,
        },
        hash,
        created_at: stored
            .created_at
            .as_ref()
            .and_then(created_at)
            .unwrap_or_default(),
        is_active: !matches!(&stored.is_active, Some(Value::Bool(false)))
            && stored.is_active != Some(0.into()),
    })
}

/// A text, or seconds since 1970.
fn created_at(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => moment(text),
        value => value.as_f64().map(seconds),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by Timestamp itself")]
fn seconds(since_1970: f64) -> Timestamp {
    Timestamp::from_millis((since_1970 * 1_000.0) as i64)
}

/// The first one of a name counts: databases come before files.
pub(super) fn keep_first_of_each(users: &mut Vec<FoundUser>) {
    let mut seen = BTreeSet::new();
    users.retain(|one| seen.insert(one.user.name.clone()));
}
