//! The fleet of 2.0: machines and their history, in a database or in the dump of the store in memory.

use std::fs;
use std::path::{Path, PathBuf};

use atlas_actors::clock::Timestamp;
use atlas_actors::import::EarlierMachine;
use atlas_actors::model::Report;
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Value, json};

use super::{Counts, MigrateError, moment};
use crate::wire::incoming_report;

/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 2_000;

/// What one file has of the fleet.
pub(super) enum FleetData {
    /// A copy of a database.
    Database { path: PathBuf, connection: Connection },
    /// A dump.
    Dump { path: PathBuf, all: Value },
}

/// A machine as it was written down.
pub(super) struct WrittenMachine {
    pub(super) id: String,
    info: Value,
    metrics: Value,
    first_seen: String,
    last_seen: String,
}

/// A row of history.
pub(super) struct WrittenRow {
    pub(super) taken_at: Option<Timestamp>,
    pub(super) metrics: Value,
}

/// Opens a database in a copy, its log beside it: reading it where it is would touch its files.
pub(super) fn open_copy(path: &Path, copies: &Path) -> Result<Connection, MigrateError> {
    let name = path.file_name().unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let copies = copies.join(folder);
    crate::secret_file::make_folder(&copies).map_err(MigrateError::at(&copies))?;
    for end in ["", "-wal"] {
        let with_end = |path: PathBuf| {
            let mut name = path.into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        let (from, to) = (with_end(path.to_owned()), with_end(copies.join(name)));
        if from.is_file() {
            fs::copy(&from, &to).map_err(MigrateError::at(&from))?;
        }
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(copies.join(name), flags)
        .map_err(|error| MigrateError::unreadable(path, error))
}

pub(super) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let found = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
    connection
        .query_row(found, [name], |row| row.get::<_, i64>(0))
        .map(|count| count > 0)
}

impl FleetData {
    /// The fleet in a database, if there is one in it.
    pub(super) fn in_database(path: &Path, copies: &Path) -> Result<Option<Self>, MigrateError> {
        let connection = open_copy(path, copies)?;
        let has =
            has_table(&connection, "machines").map_err(|error| MigrateError::unreadable(path, error))?;
        Ok(has.then(|| Self::Database {
            path: path.to_owned(),
            connection,
        }))
    }

    /// The fleet in a dump.
    pub(super) fn in_dump(path: &Path) -> Result<Option<Self>, MigrateError> {
        let text = fs::read(path).map_err(MigrateError::at(path))?;
        let all =
            serde_json::from_slice(&text).map_err(|_| MigrateError::unreadable(path, "it is no JSON"))?;
        Ok(Some(Self::Dump {
            path: path.to_owned(),
            all,
        }))
    }

    /// Adds up what there is.
    pub(super) fn count(&self, counts: &mut Counts) -> Result<(), MigrateError> {
        match self {
            Self::Database { path, connection } => {
                let count = |table: &str| -> rusqlite::Result<u64> {
                    if !has_table(connection, table)? {
                        return Ok(0);
                    }
                    let rows = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                        row.get::<_, i64>(0)
                    })?;
                    Ok(u64::try_from(rows).unwrap_or(0))
                };
                let failed = |error| MigrateError::unreadable(path, error);
                counts.machines += count("machines").map_err(failed)?;
                counts.history += count("metrics_history").map_err(failed)?;
                counts.commands += count("commands").map_err(failed)?;
                counts.widget_logs += count("widget_logs").map_err(failed)?;
            }
            Self::Dump { .. } => {
                let machines = self.machines()?;
                counts.machines += machines.len() as u64;
                for machine in machines {
                    counts.history += self.dumped_history(&machine.id).map_or(0, Vec::len) as u64;
                }
            }
        }
        Ok(())
    }

    /// All machines.
    pub(super) fn machines(&self) -> Result<Vec<WrittenMachine>, MigrateError> {
        match self {
            Self::Database { path, connection } => {
                machines_of(connection).map_err(|error| MigrateError::unreadable(path, error))
            }
            Self::Dump { path, all } => {
                let records: Vec<(Option<&str>, &Value)> = match all.get("machines") {
                    Some(Value::Object(machines)) => machines
                        .iter()
                        .map(|(id, one)| (Some(id.as_str()), one))
                        .collect(),
                    Some(Value::Array(machines)) => machines.iter().map(|one| (None, one)).collect(),
                    _ => return Err(MigrateError::unreadable(path, "it has no machines")),
                };
                Ok(records
                    .into_iter()
                    .filter_map(|(id, one)| dumped_machine(id, one))
                    .collect())
            }
        }
    }

    /// The history of a machine in parts, oldest first; `each` is called for each row.
    pub(super) fn history(&self, id: &str, mut each: impl FnMut(WrittenRow)) -> Result<(), MigrateError> {
        match self {
            Self::Database { path, connection } => {
                rows_of(connection, id, &mut each).map_err(|error| MigrateError::unreadable(path, error))
            }
            Self::Dump { .. } => {
                for row in self.dumped_history(id).into_iter().flatten() {
                    each(WrittenRow {
                        taken_at: row.get("timestamp").and_then(Value::as_str).and_then(moment),
                        metrics: row.get("metrics").cloned().unwrap_or_default(),
                    });
                }
                Ok(())
            }
        }
    }

    fn dumped_history(&self, id: &str) -> Option<&Vec<Value>> {
        match self {
            Self::Dump { all, .. } => all.get("metrics_history")?.get(id)?.as_array(),
            Self::Database { .. } => None,
        }
    }
}

fn machines_of(connection: &Connection) -> rusqlite::Result<Vec<WrittenMachine>> {
    let mut statement = connection.prepare(
        "SELECT machine_id, info_json, first_seen, last_seen, latest_metrics_json FROM machines ORDER BY machine_id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(WrittenMachine {
            id: row.get(0)?,
            info: object(row.get(1)?),
            first_seen: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            last_seen: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            metrics: object(row.get(4)?),
        })
    })?;
    rows.collect()
}

fn rows_of(connection: &Connection, id: &str, each: &mut impl FnMut(WrittenRow)) -> rusqlite::Result<()> {
    if !has_table(connection, "metrics_history")? {
        return Ok(());
    }
    let mut statement = connection.prepare(
        "SELECT id, timestamp, metrics_json FROM metrics_history WHERE machine_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut after = i64::MIN;
    loop {
        let mut rows = statement.query(params![id, after, ROWS_AT_ONCE])?;
        let mut is_last = true;
        while let Some(row) = rows.next()? {
            (after, is_last) = (row.get(0)?, false);
            each(WrittenRow {
                taken_at: moment(&row.get::<_, Option<String>>(1)?.unwrap_or_default()),
                metrics: object(row.get(2)?),
            });
        }
        if is_last {
            return Ok(());
        }
    }
}

/// What can't be read counts as empty: the machine is worth having without it.
fn object(text: Option<String>) -> Value {
    let read = text.and_then(|text| serde_json::from_str(&text).ok());
    read.filter(Value::is_object).unwrap_or_else(|| json!({}))
}

fn dumped_machine(id: Option<&str>, one: &Value) -> Option<WrittenMachine> {
    let text = |name: &str| {
        one.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let section = |name: &str| {
        one.get(name)
            .filter(|value| value.is_object())
            .cloned()
            .unwrap_or_else(|| json!({}))
    };
    let id = id.or_else(|| one.get("machine_id").and_then(Value::as_str))?;
    Some(WrittenMachine {
        id: id.to_owned(),
        info: section("info"),
        metrics: section("latest_metrics"),
        first_seen: text("first_seen"),
        last_seen: text("last_seen"),
    })
}

impl WrittenMachine {
    /// The machine as this release keeps one.
    ///
    /// # Errors
    /// Why it can't be.
    pub(super) fn read(&self, now: Timestamp) -> Result<EarlierMachine, String> {
        let latest = self.report(&self.info, &self.metrics)?;
        let last_seen = moment(&self.last_seen).unwrap_or(now).min(now);
        Ok(EarlierMachine {
            latest,
            first_seen: moment(&self.first_seen).unwrap_or(last_seen).min(last_seen),
            last_seen,
        })
    }

    /// A row of its history as a report.
    pub(super) fn report_of(&self, row: &WrittenRow) -> Option<Report> {
        self.report(&json!({}), &row.metrics).ok()
    }

    fn report(&self, info: &Value, metrics: &Value) -> Result<Report, String> {
        let body = json!({"machine_id": self.id, "machine_info": info, "metrics": metrics}).to_string();
        incoming_report::read(body.as_bytes(), None).map_err(|error| error.to_string())
    }
}
