//! Blocks of history: keeping, finding and dropping them. A damaged block costs only itself.

use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use atlas_actors::store::{StoreError, StoredBlock, Tier, TieredBlock, TimeRange};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::{checksum, sound_body};
use super::failure::store_error;
use super::job::{Desk, Operation};
use crate::limits::BLOCKS_DROPPED_AT_ONCE;

const AT_ONCE: i64 = BLOCKS_DROPPED_AT_ONCE as i64;

/// Keeps a block.
pub(super) struct PutBlock {
    pub(super) machine: MachineId,
    pub(super) tier: Tier,
    pub(super) block: StoredBlock,
}

impl Operation for PutBlock {
    type Output = ();
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<(), StoreError>> {
        put(desk.connection, &self.machine, self.tier, &self.block).map(Ok)
    }

    fn is_essential(&self) -> bool {
        false
    }
}

fn put(
    connection: &Connection,
    machine: &MachineId,
    tier: Tier,
    block: &StoredBlock,
) -> rusqlite::Result<()> {
    let (machine, tier) = (machine.as_str(), tier.name());
    let StoredBlock { range, body } = block;
    let (first, last) = (range.from.as_millis(), range.to.as_millis());
    let crc = block_checksum(machine, tier, first, last, body);
    connection
        .prepare_cached(
            "INSERT INTO blocks (machine, tier, first_ms, last_ms, crc, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (machine, tier, first_ms)
             DO UPDATE SET last_ms = excluded.last_ms, crc = excluded.crc, body = excluded.body",
        )?
        .execute(params![machine, tier, first, last, crc, &body[..]])
        .map(drop)
}

/// Puts blocks in the place of others.
pub(super) struct SwapBlocks {
    pub(super) machine: MachineId,
    pub(super) was: Vec<TieredBlock>,
    pub(super) now: Vec<TieredBlock>,
}

impl Operation for SwapBlocks {
    type Output = bool;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<bool, StoreError>> {
        let connection = desk.connection;
        // All is looked at before anything is changed: a refusal leaves nothing to take back.
        for was in &self.was {
            if self.stored(connection, was)?.as_ref() != Some(&was.block) {
                return Ok(Ok(false));
            }
        }
        for now in &self.now {
            let is_replaced =
                |was: &TieredBlock| was.tier == now.tier && was.block.range.from == now.block.range.from;
            if !self.was.iter().any(is_replaced) && self.is_taken(connection, now)? {
                return Ok(Ok(false));
            }
        }
        for TieredBlock { tier, block } in &self.was {
            connection
                .prepare_cached("DELETE FROM blocks WHERE machine = ?1 AND tier = ?2 AND first_ms = ?3")?
                .execute(params![
                    self.machine.as_str(),
                    tier.name(),
                    block.range.from.as_millis()
                ])?;
        }
        for TieredBlock { tier, block } in &self.now {
            put(connection, &self.machine, *tier, block)?;
        }
        Ok(Ok(true))
    }

    fn is_essential(&self) -> bool {
        false
    }
}

impl SwapBlocks {
    /// The block that is in that place now, unless it is damaged.
    fn stored(&self, connection: &Connection, of: &TieredBlock) -> rusqlite::Result<Option<StoredBlock>> {
        let (machine, tier) = (self.machine.as_str(), of.tier.name());
        let found = connection
            .prepare_cached(
                "SELECT first_ms, last_ms, crc, body FROM blocks
                 WHERE machine = ?1 AND tier = ?2 AND first_ms = ?3",
            )?
            .query_row(params![machine, tier, of.block.range.from.as_millis()], |row| {
                Ok(block(machine, tier, row))
            })
            .optional()?;
        Ok(found.flatten())
    }

    /// Whether that place has a block that can be read; a damaged one gives way.
    fn is_taken(&self, connection: &Connection, of: &TieredBlock) -> rusqlite::Result<bool> {
        self.stored(connection, of).map(|stored| stored.is_some())
    }
}

/// Drops some of a tier's blocks that end before a moment, the oldest first.
pub(super) struct DropBlocksBefore {
    pub(super) tier: Tier,
    pub(super) moment: Timestamp,
}

impl Operation for DropBlocksBefore {
    type Output = usize;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<usize, StoreError>> {
        desk.connection
            .prepare_cached(
                "DELETE FROM blocks WHERE id IN (SELECT id FROM blocks INDEXED BY blocks_by_end
                 WHERE tier = ?1 AND last_ms < ?2 ORDER BY last_ms LIMIT ?3)",
            )?
            .execute(params![self.tier.name(), self.moment.as_millis(), AT_ONCE])
            .map(Ok)
    }
}

/// Drops some of a machine's blocks.
pub(super) struct DropBlocksOf(pub(super) MachineId);

impl Operation for DropBlocksOf {
    type Output = usize;
    type Error = StoreError;

    fn run(&self, desk: &mut Desk<'_>) -> rusqlite::Result<Result<usize, StoreError>> {
        desk.connection
            .prepare_cached(
                "DELETE FROM blocks WHERE id IN (SELECT id FROM blocks WHERE machine = ?1 LIMIT ?2)",
            )?
            .execute(params![self.0.as_str(), AT_ONCE])
            .map(Ok)
    }
}

/// Blocks that were looked for.
#[derive(Default)]
pub(super) struct Found {
    /// Those that are as they were written.
    pub(super) blocks: Vec<TieredBlock>,
    /// How many are damaged.
    pub(super) damaged: u64,
}

/// The blocks of tiers that overlap a range, as they were at one moment; by tier, then by their first
/// moment. A damaged one is left out and named in the log: a gap in a chart is better than no chart.
pub(super) fn overlapping_of_tiers(
    connection: &Connection,
    machine: &MachineId,
    tiers: &[Tier],
    range: TimeRange,
) -> Result<Found, StoreError> {
    let read = || {
        let moment = connection.unchecked_transaction()?;
        let mut found = Found::default();
        for tier in tiers {
            overlapping(&mut found, &moment, machine, *tier, range)?;
        }
        Ok(found)
    };
    read().map_err(|error: rusqlite::Error| store_error(&error))
}

fn overlapping(
    found: &mut Found,
    connection: &Connection,
    machine: &MachineId,
    tier: Tier,
    range: TimeRange,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT first_ms, last_ms, crc, body FROM blocks
         WHERE machine = ?1 AND tier = ?2 AND first_ms <= ?3 AND last_ms >= ?4 ORDER BY first_ms",
    )?;
    let (from, to) = (range.from.as_millis(), range.to.as_millis());
    let mut rows = select.query(params![machine.as_str(), tier.name(), to, from])?;
    while let Some(row) = rows.next()? {
        if let Some(block) = block(machine.as_str(), tier.name(), row) {
            found.blocks.push(TieredBlock { tier, block });
            continue;
        }
        found.damaged += 1;
        let first_ms: i64 = row.get(0).unwrap_or(-1);
        tracing::warn!(
            machine = machine.as_str(),
            tier = tier.name(),
            first_ms,
            "a block of history is damaged and left out"
        );
    }
    Ok(())
}

/// Reads a block out of the columns first_ms, last_ms, crc, body. `None` = it is damaged.
pub(super) fn block(machine: &str, tier: &str, row: &Row<'_>) -> Option<StoredBlock> {
    let (first, last): (i64, i64) = (row.get(0).ok()?, row.get(1).ok()?);
    let body: Bytes = sound_body(row, 3, 2, |body| block_checksum(machine, tier, first, last, body))?;
    let range = TimeRange {
        from: Timestamp::from_millis(first),
        to: Timestamp::from_millis(last),
    };
    Some(StoredBlock { range, body })
}

fn block_checksum(machine: &str, tier: &str, first: i64, last: i64, body: &[u8]) -> u32 {
    let identity: [&[u8]; 4] = [
        machine.as_bytes(),
        tier.as_bytes(),
        &first.to_le_bytes(),
        &last.to_le_bytes(),
    ];
    checksum(&identity, body)
}
