//! The writer: the one thread that changes the database. It takes everything that waits, does it in
//! one transaction, commits once, and only then answers. What can't be trusted ends it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use atlas_actors::clock::Clock;
use atlas_actors::store::{DocumentChanged, StoreError};
use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc};

use super::failure::{Verdict, engine, is_full, judge};
use super::folder::HeldFolder;
use super::index::JournalIndex;
use super::job::{Desk, Job};
use super::journal::INSERT_RECORD;
use super::log::Log;
use super::reserve::Reserve;
use crate::limits::{
    FREE_PAGES_MIN, GROUP_JOBS_MAX, SWEEP_ROWS_MIN, SWEEP_ROWS_PER_APPENDED, SWEEP_ROWS_WHEN_FULL,
};

/// Everything that the writer is given at start.
pub(super) struct WriterParts {
    pub(super) connection: Connection,
    pub(super) index: JournalIndex,
    pub(super) jobs: mpsc::Receiver<Box<dyn Job>>,
    pub(super) changes: broadcast::Sender<DocumentChanged>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) on_fatal: Box<dyn Fn(String) + Send>,
    pub(super) folder: HeldFolder,
    pub(super) reserve: Reserve,
}

/// The writer can't go on, and why.
struct Fatal(String);

/// The writer's whole life; returns when it was closed, was left by everybody, or can't go on.
pub(super) fn run(mut parts: WriterParts) {
    let ending = catch_unwind(AssertUnwindSafe(|| serve(&mut parts)));
    let WriterParts {
        connection,
        jobs,
        on_fatal,
        folder,
        ..
    } = parts;
    drop(connection);
    drop(folder);
    match ending {
        Ok(Ok(())) => {}
        Ok(Err(Fatal(reason))) => on_fatal(reason),
        Err(_) => on_fatal("the store's writer panicked".to_owned()),
    }
    // Last: whoever waits for the end of the queue may open the folder again, and has let a failure be
    // told first.
    drop(jobs);
}

fn serve(parts: &mut WriterParts) -> Result<(), Fatal> {
    let fatal = |error: rusqlite::Error| Fatal(error.to_string());
    let desk = Desk {
        connection: &parts.connection,
        insert_record: parts.connection.prepare(INSERT_RECORD).map_err(fatal)?,
        index: std::mem::take(&mut parts.index),
        clock: Arc::clone(&parts.clock),
        changed: Vec::new(),
        is_closing: false,
    };
    let mut writer = Writer {
        desk,
        changes: &parts.changes,
        log: Log::default(),
        reserve: &mut parts.reserve,
        is_short_of_room: false,
    };
    let mut group = Vec::with_capacity(GROUP_JOBS_MAX);
    while !writer.desk.is_closing && parts.jobs.blocking_recv_many(&mut group, GROUP_JOBS_MAX) > 0 {
        writer.serve_group(&mut group)?;
    }
    while let Ok(job) = parts.jobs.try_recv() {
        group.push(job);
        writer.serve_group(&mut group)?;
    }
    writer
        .log
        .finish(writer.desk.connection)
        .or_else(|error| tolerate(&error))
}

/// Tidying that fails for want of room can wait and loses nothing.
fn tolerate(error: &rusqlite::Error) -> Result<(), Fatal> {
    match judge(error) {
        Verdict::Refuse(reason) => {
            tracing::warn!(%reason, "the store could not tidy up");
            Ok(())
        }
        Verdict::Stop(reason) => Err(Fatal(reason)),
    }
}

/// Tells all but the essential jobs that the disk is full.
fn turn_away(group: &mut Vec<Box<dyn Job>>) {
    for job in group.extract_if(.., |job| !job.is_essential()) {
        job.answer(Err(StoreError::Full));
    }
}

struct Writer<'c> {
    desk: Desk<'c>,
    changes: &'c broadcast::Sender<DocumentChanged>,
    log: Log,
    reserve: &'c mut Reserve,
    /// The disk was full and nothing was added since: rows that nobody needs go first.
    is_short_of_room: bool,
}

impl Writer<'_> {
    /// Does what waits, and empties `group`.
    fn serve_group(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<(), Fatal> {
        if self.is_short_of_room {
            self.make_room()?;
        }
        if !self.reserve.is_whole() && !self.reserve.refill() && !self.has_free_pages() {
            turn_away(group);
        }
        let mut done = self.commit(group);
        while matches!(&done, Err(error) if is_full(error)) && self.reserve.give_part() {
            self.is_short_of_room = true;
            self.roll_back().map_err(Fatal)?;
            turn_away(group);
            done = self.commit(group);
        }
        match done {
            Ok(()) => self.acknowledge(group),
            Err(error) => self.refuse(group, &error)?,
        }
        self.log
            .keep_short(self.desk.connection)
            .or_else(|error| tolerate(&error))
    }

    /// Whether the database file has so much room inside that it can do without the disk's.
    fn has_free_pages(&self) -> bool {
        let free = self
            .desk
            .connection
            .pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
        free.is_ok_and(|pages| pages >= FREE_PAGES_MIN)
    }

    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let connection = self.desk.connection;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for job in group {
            job.run(&mut self.desk)?;
        }
        let appended = self.desk.index.appended_rows();
        self.is_short_of_room &= appended == 0;
        self.sweep_and_commit(SWEEP_ROWS_MIN + SWEEP_ROWS_PER_APPENDED * appended)
    }

    /// Ends the transaction, and removes some rows in it that nobody needs.
    fn sweep_and_commit(&mut self, rows_max: usize) -> rusqlite::Result<()> {
        let connection = self.desk.connection;
        let gone = self.desk.index.sweepable(rows_max);
        for range in &gone {
            connection
                .prepare_cached("DELETE FROM journal WHERE id BETWEEN ?1 AND ?2")?
                .execute([range.start(), range.end()])?;
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        self.desk.index.keep(&gone);
        Ok(())
    }

    /// Removes waste without adding anything, and begins the log anew. What fails for want of room is
    /// tried again with the next group.
    fn make_room(&mut self) -> Result<(), Fatal> {
        self.desk.index.ripen();
        let begun = self.desk.connection.execute_batch("BEGIN IMMEDIATE");
        if let Err(error) = begun.and_then(|()| self.sweep_and_commit(SWEEP_ROWS_WHEN_FULL)) {
            tolerate(&error)?;
            self.roll_back().map_err(Fatal)?;
        }
        self.log
            .restart(self.desk.connection)
            .or_else(|error| tolerate(&error))
    }

    fn acknowledge(&mut self, group: &mut Vec<Box<dyn Job>>) {
        for change in self.desk.changed.drain(..) {
            // Nobody watches: that is no failure.
            let _ = self.changes.send(change);
        }
        group.drain(..).for_each(|job| job.answer(Ok(())));
    }

    /// Takes the group back. Every job of it fails, none of them has left a trace.
    fn refuse(&mut self, group: &mut Vec<Box<dyn Job>>, error: &rusqlite::Error) -> Result<(), Fatal> {
        let (answer, fatal) = match judge(error) {
            Verdict::Refuse(answer) => {
                self.is_short_of_room |= matches!(answer, StoreError::Full);
                (answer, None)
            }
            Verdict::Stop(reason) => (engine(&reason), Some(reason)),
        };
        let fatal = fatal.or_else(|| self.roll_back().err());
        group.drain(..).for_each(|job| job.answer(Err(answer.clone())));
        match fatal {
            Some(reason) => Err(Fatal(reason)),
            None => Ok(()),
        }
    }

    fn roll_back(&mut self) -> Result<(), String> {
        self.desk.changed.clear();
        self.desk.index.take_back();
        // SQLite has often done it by itself, on a full disk for example.
        if !self.desk.connection.is_autocommit() {
            let done = self.desk.connection.execute_batch("ROLLBACK");
            done.map_err(|error| format!("a transaction could not be rolled back: {error}"))?;
        }
        Ok(())
    }
}

/// What a caller hears whose body no engine would take.
pub(super) fn too_large(bytes: usize) -> StoreError {
    engine(format!("a body of {bytes} bytes is more than the store takes"))
}
