//! Owns what a spool must remember beside its reports: who it is, which numbers may have been given
//! out, and how many reports it has lost. One small file, always replaced as a whole.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::durable::write_durably;

/// The file's name.
pub const LEDGER_FILE: &str = "ledger.json";

/// Numbers that are reserved at once. Reason: one write for each thousand reports; after a crash the
/// rest of a block is skipped, and the server's window of 2,048 spans that.
pub const RESERVED_AT_ONCE: u64 = 1_024;

/// When so few numbers are left, the next block is tried for. Reason: on a full disk the reservation
/// fails too; two hours of reports at 30 s can still be numbered then.
pub const RESERVE_AGAIN_AT: u64 = 256;

/// Numbers end here. Reason: JSON's numbers are exact up to this one; a larger one in a file's name was
/// not given out by any spool.
pub const SEQ_MAX: u64 = 1 << 53;

/// Seals that are written down at once, before they are made. Reason: one write in eight hours at 30 s;
/// after a crash the rest counts as made, a sixteen-thousandth of what a key may do.
pub const SEALS_AT_ONCE: u64 = 1_024;

/// A spool's memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The spool's random id, in 16 hex digits.
    #[serde(rename = "spool")]
    pub spool_hex: String,
    /// No number above this one was ever given out.
    pub reserved_until: u64,
    /// Reports dropped because the spool was full.
    pub dropped: u64,
    /// Reports found damaged and set aside.
    pub damaged: u64,
    /// How often the agent's key may have sealed.
    #[serde(default)]
    pub seals: Seals,
}

/// How often a key may have sealed in all its life, over all runs of the agent: a key ends by that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seals {
    /// The key's name; another key begins at nothing.
    pub key: String,
    /// It never sealed more often than this.
    pub reserved_until: u64,
}

impl Ledger {
    /// The ledger of a spool that is made now.
    #[must_use]
    pub fn new(spool: u64, reserved_until: u64) -> Self {
        Self {
            spool_hex: format!("{spool:016x}"),
            reserved_until,
            dropped: 0,
            damaged: 0,
            seals: Seals::default(),
        }
    }

    /// Reads the ledger. None when there is none, or none that can be trusted: then the spool gets a
    /// new identity, under which numbers can't collide with the old ones.
    ///
    /// # Errors
    /// When the file exists and can't be read.
    pub fn read(dir: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(dir.join(LEDGER_FILE)) {
            Ok(bytes) => Ok(Self::parse(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let ledger: Self = serde_json::from_slice(bytes).ok()?;
        let known = ledger.spool_hex.len() == 16 && u64::from_str_radix(&ledger.spool_hex, 16).is_ok();
        (known && ledger.reserved_until <= SEQ_MAX).then_some(ledger)
    }

    /// Writes the ledger.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        write_durably(dir, LEDGER_FILE, &serde_json::to_vec(self)?)
    }

    /// The spool's id.
    #[must_use]
    pub fn spool(&self) -> u64 {
        u64::from_str_radix(&self.spool_hex, 16).unwrap_or_default()
    }

    /// How often that key may have sealed so far.
    #[must_use]
    pub fn sealed_before(&self, key: &str) -> u64 {
        if self.seals.key == key {
            self.seals.reserved_until
        } else {
            0
        }
    }

    /// Reports that will never be sent.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.dropped.saturating_add(self.damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(0xfeed, 7);
        ledger.write(dir.path()).unwrap();
        assert_eq!(Ledger::read(dir.path()).unwrap(), Some(ledger.clone()));
        assert_eq!(ledger.spool(), 0xfeed);
    }

    #[test]
    fn trusts_no_damaged_ledger() {
        for text in [
            "",
            "{",
            "null",
            r#"{"spool":"zz","reserved_until":1,"dropped":0,"damaged":0}"#,
            r#"{"spool":"000000000000feed","reserved_until":18446744073709551615,"dropped":0,"damaged":0}"#,
            r#"{"spool":"000000000000feed","reserved_until":-1,"dropped":0,"damaged":0}"#,
        ] {
            assert_eq!(Ledger::parse(text.as_bytes()), None, "{text}");
        }
    }
}
