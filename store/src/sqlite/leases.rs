//! Leases of the embedded engine. Only one process can have the data folder open, so a lease is always
//! granted; the fence still grows with each one that is given out, also over restarts, and a lease
//! that was given to somebody else since is lost.

use std::time::Duration;

use atlas_actors::store::{Lease, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{checksum, from_column, to_column};
use super::job::{Desk, Operation};

/// Takes a lease.
pub(super) struct Acquire {
    pub(super) name: String,
    pub(super) holder: String,
    pub(super) for_how_long: Duration,
}

impl Operation for Acquire {
    type Output = Option<Lease>;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Option<Lease>, StoreError>> {
        let fence = 1 + find(desk.connection, &self.name)?.map_or(0, |(_, fence)| fence);
        write(desk.connection, &self.name, &self.holder, fence)?;
        let until = desk.clock.now().plus(self.for_how_long);
        Ok(Ok(Some(Lease {
            name: self.name.clone(),
            holder: self.holder.clone(),
            fence,
            until,
        })))
    }
}

/// Prolongs a lease.
pub(super) struct Renew {
    pub(super) lease: Lease,
    pub(super) for_how_long: Duration,
}

impl Operation for Renew {
    type Output = Option<Lease>;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<Option<Lease>, StoreError>> {
        if !is_held(desk.connection, &self.lease)? {
            return Ok(Ok(None));
        }
        let until = desk.clock.now().plus(self.for_how_long);
        Ok(Ok(Some(Lease {
            until,
            ..self.lease.clone()
        })))
    }
}

/// Gives a lease back.
pub(super) struct Release(pub(super) Lease);

impl Operation for Release {
    type Output = ();
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<(), StoreError>> {
        if is_held(desk.connection, &self.0)? {
            // The row stays for the sake of its fence.
            write(desk.connection, &self.0.name, "", self.0.fence)?;
        }
        Ok(Ok(()))
    }
}

fn is_held(connection: &Connection, lease: &Lease) -> rusqlite::Result<bool> {
    let found = find(connection, &lease.name)?;
    Ok(found.is_some_and(|(holder, fence)| holder == lease.holder && fence == lease.fence))
}

fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<(String, u64)>> {
    connection
        .prepare_cached("SELECT holder, fence FROM leases WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, from_column(row.get(1)?))))
        .optional()
}

fn write(connection: &Connection, name: &str, holder: &str, fence: u64) -> rusqlite::Result<()> {
    let fence = to_column(fence);
    connection
        .prepare_cached("INSERT OR REPLACE INTO leases (name, holder, fence, crc) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![name, holder, fence, lease_checksum(name, holder, fence)])?;
    Ok(())
}

/// The checksum of a row of `leases`.
pub(super) fn lease_checksum(name: &str, holder: &str, fence: i64) -> u32 {
    checksum(&[name.as_bytes(), holder.as_bytes()], &fence.to_le_bytes())
}
