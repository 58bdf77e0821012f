//! What history takes on the disk, and which of its blocks are old enough for something; bodies are
//! not read.

use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use atlas_actors::store::{BlockName, StoreError, Tier, TierUse, TimeRange};
use rusqlite::{Connection, params};

use super::columns::{from_column, to_column};
use super::failure::store_error;

/// Names the first blocks of a tier that end after one moment and before another.
pub(super) fn ended(
    connection: &Connection,
    tier: Tier,
    after: Timestamp,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<BlockName>, StoreError> {
    let read = || {
        let mut select = connection.prepare_cached(
            "SELECT machine, first_ms, last_ms FROM blocks INDEXED BY blocks_by_end
             WHERE tier = ?1 AND last_ms > ?2 AND last_ms < ?3 ORDER BY last_ms LIMIT ?4",
        )?;
        let (after, before) = (after.as_millis(), before.as_millis());
        let rows = select.query_map(
            params![tier.name(), after, before, to_column(limit as u64)],
            |row| {
                let (machine, first, last): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                // A name that is none comes from damage, which verify names.
                Ok(MachineId::parse(&machine).ok().map(|machine| BlockName {
                    machine,
                    range: TimeRange {
                        from: Timestamp::from_millis(first),
                        to: Timestamp::from_millis(last),
                    },
                }))
            },
        )?;
        rows.filter_map(Result::transpose)
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|error| store_error(&error))
}

/// What each tier takes.
pub(super) fn tiers(connection: &Connection, recent_since: Timestamp) -> Result<Vec<TierUse>, StoreError> {
    let read = || {
        let mut select = connection.prepare_cached(
            "SELECT tier, count(*), sum(length(body)),
                sum(CASE WHEN last_ms >= ?1 THEN length(body) ELSE 0 END), min(first_ms), max(last_ms)
             FROM blocks GROUP BY tier",
        )?;
        let rows = select.query_map([recent_since.as_millis()], |row| {
            let number = |column: usize| row.get::<_, i64>(column).map(from_column);
            let moment = |column: usize| row.get(column).map(Timestamp::from_millis);
            let Some(tier) = Tier::named(&row.get::<_, String>(0)?) else {
                return Ok(None);
            };
            Ok(Some(TierUse {
                tier,
                blocks: number(1)?,
                bytes: number(2)?,
                recent_bytes: number(3)?,
                oldest: moment(4)?,
                newest: moment(5)?,
            }))
        })?;
        rows.filter_map(Result::transpose)
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|error| store_error(&error))
}

/// The last moment of the block up to which a tier's oldest blocks have so many bytes.
pub(super) fn end_of_oldest(
    connection: &Connection,
    tier: Tier,
    bytes: u64,
) -> Result<Option<Timestamp>, StoreError> {
    let read = || {
        let mut select = connection.prepare_cached(
            "SELECT last_ms, length(body) FROM blocks INDEXED BY blocks_by_end
             WHERE tier = ?1 ORDER BY last_ms",
        )?;
        let (mut rows, mut seen) = (select.query([tier.name()])?, 0);
        while let Some(row) = rows.next()? {
            seen += row.get::<_, i64>(1)?;
            if seen >= to_column(bytes) {
                return row.get(0).map(Timestamp::from_millis).map(Some);
            }
        }
        Ok(None)
    };
    read().map_err(|error: rusqlite::Error| store_error(&error))
}
