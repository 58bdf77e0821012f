//! What an earlier installation (1.x, 2.0) kept, as this one's records. Pure: who calls it reads the
//! old files and writes to the store.
//!
//! A machine is a document (its record at version 0 of its journal) and then one entry in the journal,
//! which makes it one of the fleet. Cut short in between, nothing is wrong: the next report goes on
//! from that record, and the import can be made again.

use bytes::Bytes;

use crate::auth::User;
use crate::auth::password_hash::PasswordHash;
use crate::clock::Timestamp;
use crate::historian::block::{self, BlockError};
use crate::machine::event::MachineEvent;
use crate::machine::open_block::Row;
use crate::machine::record::MachineRecord;
use crate::model::{Counters, Report, Role, UserName};
use crate::store::{StoredBlock, Version};
use crate::stored::{encode, encode_second};

/// Hashing's cost: that of this installation's own hashes.
const COST: u32 = crate::auth::password_hash::COST;

/// A machine as it was kept.
pub struct EarlierMachine {
    /// Its latest report.
    pub latest: Report,
    /// When it was first heard.
    pub first_seen: Timestamp,
    /// When it was last heard.
    pub last_seen: Timestamp,
}

impl EarlierMachine {
    /// The document under the machine's id.
    #[must_use]
    pub fn document(&self) -> Bytes {
        let record = MachineRecord::imported(&self.latest, self.first_seen, self.last_seen);
        encode(&(Version::default(), record))
    }

    /// The first entry of its journal.
    #[must_use]
    pub fn journal_entry(&self) -> Bytes {
        encode(&MachineEvent::WentOffline { at: self.last_seen })
    }
}

/// A machine's history, row by row: makes rates of sums as a report does.
#[derive(Default)]
pub struct EarlierHistory {
    rows: Vec<Row>,
    before: Option<(Timestamp, Counters)>,
}

impl EarlierHistory {
    /// Adds the values of a moment.
    pub fn push(&mut self, taken_at: Timestamp, report: &Report) {
        let mut samples = report.samples.clone();
        if let Some((at, counters)) = &self.before {
            report
                .counters
                .fill_rates(counters, taken_at.since(*at), &mut samples);
        }
        self.before = Some((taken_at, report.counters));
        self.rows.push(Row { taken_at, samples });
    }

    /// How many rows wait for their block.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.rows.len()
    }

    /// The rows so far as a block; nothing when there are none. The same rows give the same block.
    ///
    /// # Errors
    /// When a column can't be compressed.
    pub fn take_block(&mut self) -> Result<Option<StoredBlock>, BlockError> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|row| row.taken_at);
        rows.dedup_by_key(|row| row.taken_at);
        if rows.is_empty() {
            return Ok(None);
        }
        block::encode(&rows).map(Some)
    }
}

/// A password as an earlier installation kept it.
#[derive(Clone, PartialEq, Eq)]
pub enum EarlierHash {
    /// bcrypt.
    Bcrypt(String),
    /// Hex SHA-256 of password and salt.
    Salted {
        /// The hash.
        sha256: String,
        /// The salt, appended to the password as text.
        salt: String,
    },
    /// Hex SHA-256 of the password.
    Unsalted(String),
}

impl std::fmt::Debug for EarlierHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EarlierHash")
    }
}

impl EarlierHash {
    /// Reads what was kept; nothing when it is none of these.
    #[must_use]
    pub fn parse(hash: &str, salt: &str) -> Option<Self> {
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_sha256 = hash.len() == 64 && is_hex(hash);
        if ["$2a$", "$2b$", "$2y$"].iter().any(|form| hash.starts_with(form)) {
            let is_whole = hash.parse::<bcrypt::HashParts>().is_ok();
            return is_whole.then(|| Self::Bcrypt(hash.to_owned()));
        }
        match salt {
            _ if !is_sha256 => None,
            "" => Some(Self::Unsalted(hash.to_lowercase())),
            salt if is_hex(salt) && salt.len() <= 128 => Some(Self::Salted {
                sha256: hash.to_lowercase(),
                salt: salt.to_owned(),
            }),
            _ => None,
        }
    }

    /// The hash to keep. A SHA-256 is wrapped in bcrypt at once, so that none rests on the disk; that
    /// takes a quarter of a second.
    ///
    /// # Errors
    /// When bcrypt fails.
    pub fn to_keep(&self) -> Result<String, bcrypt::BcryptError> {
        let wrap = |hex: &str| bcrypt::non_truncating_hash(hex, COST);
        match self {
            Self::Bcrypt(hash) => Ok(hash.clone()),
            Self::Salted { sha256, salt } => Ok(format!("$atlas-w1${salt}${}", wrap(sha256)?)),
            Self::Unsalted(sha256) => Ok(format!("$atlas-w0${}", wrap(sha256)?)),
        }
    }
}

/// A user as an earlier installation kept one.
#[derive(Clone, Debug)]
pub struct EarlierUser {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// The password.
    pub hash: EarlierHash,
    /// When they were made.
    pub created_at: Timestamp,
    /// Whether they may sign in.
    pub is_active: bool,
}

impl EarlierUser {
    /// The document under the user's name. Takes as long as [`EarlierHash::to_keep`].
    ///
    /// # Errors
    /// When bcrypt fails.
    pub fn document(&self) -> Result<Bytes, bcrypt::BcryptError> {
        let hash = PasswordHash::kept(self.hash.to_keep()?);
        Ok(encode_second(&User {
            is_active: self.is_active,
            ..User::new(self.name.clone(), self.role, hash, self.created_at)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_hashes_of_1_x_and_2_0_and_nothing_else() {
        let hex = "a".repeat(64);
        let bcrypt = bcrypt::hash("x", 4).unwrap();
        assert!(matches!(
            EarlierHash::parse(&bcrypt, ""),
            Some(EarlierHash::Bcrypt(_))
        ));
        assert!(matches!(
            EarlierHash::parse(&hex, ""),
            Some(EarlierHash::Unsalted(_))
        ));
        assert!(matches!(
            EarlierHash::parse(&hex, "0f"),
            Some(EarlierHash::Salted { .. })
        ));
        for (hash, salt) in [("", ""), ("$2b$12$short", ""), ("zz", ""), (hex.as_str(), "$x$")] {
            assert_eq!(EarlierHash::parse(hash, salt), None, "{hash}");
        }
    }

    #[test]
    fn no_sha_256_is_kept() {
        let sha256 = "0123456789abcdef".repeat(4);
        let salted = EarlierHash::parse(&sha256, "5a17").unwrap().to_keep().unwrap();
        let (form, hash) = salted
            .rsplit_once("$2b$12$")
            .map(|(form, _)| (form, &salted[form.len()..]))
            .unwrap();
        assert_eq!(form, "$atlas-w1$5a17$");
        assert!(bcrypt::verify(&sha256, hash).unwrap() && !salted.contains(&sha256));
        let unsalted = EarlierHash::parse(&sha256, "").unwrap().to_keep().unwrap();
        assert!(unsalted.starts_with("$atlas-w0$$2b$12$"));
    }
}
