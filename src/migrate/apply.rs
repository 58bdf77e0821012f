//! Takes what was found. What is there already stays as it is, so each step can be made again; a
//! machine counts as taken once its journal has begun, which is its last step.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::import::{EarlierHistory, EarlierMachine};
use atlas_actors::limits::{BLOCK_ROWS_MAX, SAMPLE_AGE_MAX};
use atlas_actors::model::MachineId;
use atlas_actors::store::{DocumentKind, PutError, Revision, Store, Stream, Tier, Version};
use atlas_store::SqliteStore;
use atlas_store::sqlite::{DATABASE_FILE, OpenError, SqliteOptions};

use super::fleet::{FleetData, WrittenMachine};
use super::{Journal, MigrateError, Survey};
use crate::backup::{self, Outside};
use crate::data_dir::DataDir;
use crate::secret_file;

/// Told of each user and machine that is done.
pub type Progress<'a> = &'a dyn Fn(&str);

/// Where it all goes.
pub struct Target<'a> {
    /// The data folder.
    pub data_dir: &'a DataDir,
    /// Where the config file belongs.
    pub config: PathBuf,
    /// Where the cluster secret belongs.
    pub cluster_secret: PathBuf,
}

/// What was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Users that are new here.
    pub users: u64,
    /// Machines that are new here.
    pub machines: u64,
    /// Rows of their history.
    pub history: u64,
    /// Rows that are older than history is kept, or can't be read.
    pub history_left: u64,
    /// Files that were made.
    pub made: Vec<PathBuf>,
    /// What was left, and why.
    pub left: Vec<String>,
}

/// Takes it. Has to be called inside an actix system.
///
/// # Errors
/// See [`MigrateError`]; run again, it goes on.
pub async fn apply(
    survey: &Survey,
    target: &Target<'_>,
    progress: Progress<'_>,
) -> Result<Applied, MigrateError> {
    let now = SystemClock.now();
    let folder = target.data_dir.path();
    if let Some(Journal {
        finished_at: Some(at),
        ..
    }) = Journal::read(folder)?
    {
        return Err(MigrateError::Done(at));
    }
    let had_store = target.data_dir.store().join(DATABASE_FILE).is_file();
    let store = open(target.data_dir)?;
    let mut journal = begin(survey, target, had_store, now)?;
    let mut applied = Applied::default();
    take_files(survey, target, &mut journal, &mut applied)?;
    let taken = take_all(survey, &store, now, &mut applied, progress).await;
    store.close().await;
    taken?;
    journal.finished_at = Some(SystemClock.now().to_string());
    journal.write(folder)?;
    applied.made = journal.made;
    Ok(applied)
}

/// Holds the data folder, so that no server runs meanwhile.
pub(super) fn open(data_dir: &DataDir) -> Result<Arc<SqliteStore>, MigrateError> {
    let options = SqliteOptions {
        folder: data_dir.store(),
        clock: Arc::new(SystemClock),
        on_fatal: Box::new(|reason| {
            eprintln!("atlas: the disk failed: {reason}; look at it, and run this again");
            std::process::exit(74);
        }),
        bytes_max: None,
    };
    match SqliteStore::open(options) {
        Ok(store) => Ok(Arc::new(store)),
        Err(error @ OpenError::InUse { .. }) => Err(MigrateError::InUse(error)),
        Err(error) => Err(MigrateError::Store(error.to_string())),
    }
}

/// Before anything changes, what was there is backed up, and the journal says where.
fn begin(
    survey: &Survey,
    target: &Target<'_>,
    had_store: bool,
    now: Timestamp,
) -> Result<Journal, MigrateError> {
    let folder = target.data_dir.path();
    if let Some(journal) = Journal::read(folder)? {
        return Ok(journal);
    }
    let before = if had_store {
        Some(back_up(target, now)?)
    } else {
        None
    };
    let journal = Journal {
        from: survey.sources.home.clone(),
        began_at: now.to_string(),
        finished_at: None,
        before,
        made: Vec::new(),
    };
    journal.write(folder)?;
    Ok(journal)
}

fn back_up(target: &Target<'_>, now: Timestamp) -> Result<PathBuf, MigrateError> {
    let mut name = OsString::from(target.data_dir.path());
    name.push(format!(".before-migration-{}", now.as_secs()));
    let before = PathBuf::from(name);
    backup::back_up(target.data_dir, &Outside::default(), &before, now)?;
    Ok(before)
}

/// The config and the cluster secret, where none is. Each is noted in the journal before it is made.
fn take_files(
    survey: &Survey,
    target: &Target<'_>,
    journal: &mut Journal,
    applied: &mut Applied,
) -> Result<(), MigrateError> {
    let secret = survey.sources.cluster_secret.as_deref();
    let secret = secret
        .map(|path| std::fs::read(path).map_err(MigrateError::at(path)))
        .transpose()?;
    let settings = survey
        .settings
        .as_ref()
        .map(|(text, _)| text.clone().into_bytes());
    for (content, place) in [(secret, &target.cluster_secret), (settings, &target.config)] {
        let Some(content) = content else { continue };
        let is_source = place.starts_with(&survey.sources.home) && place.exists();
        match std::fs::read(place) {
            Ok(there) if there == content || is_source => {}
            Ok(_) => applied.left.push(format!("{} stays as it is", place.display())),
            Err(_) => {
                journal.made.push(place.clone());
                journal.write(target.data_dir.path())?;
                let folder = place.parent().unwrap_or(Path::new("."));
                secret_file::make_folder(folder)
                    .and_then(|()| secret_file::write(place, &content))
                    .map_err(MigrateError::at(place))?;
            }
        }
    }
    Ok(())
}

async fn take_all(
    survey: &Survey,
    store: &Arc<SqliteStore>,
    now: Timestamp,
    applied: &mut Applied,
    progress: Progress<'_>,
) -> Result<(), MigrateError> {
    for found in &survey.users {
        let key = found.user.name.to_string();
        if store
            .get(DocumentKind::User, key.clone())
            .await
            .map_err(failed)?
            .is_some()
        {
            continue;
        }
        let body = found.user.document().map_err(failed)?;
        put(store, DocumentKind::User, key.clone(), body).await?;
        applied.users += 1;
        progress(&key);
    }
    for data in &survey.fleet {
        for written in data.machines()? {
            match written.read(now) {
                Ok(machine) => {
                    if take_machine(data, &written, &machine, store, now, applied).await? {
                        progress(&written.id);
                    }
                }
                Err(why) => applied.left.push(format!("the machine {:?}: {why}", written.id)),
            }
        }
    }
    Ok(())
}

/// History first, then the record, then the journal; true when it is new here.
async fn take_machine(
    data: &FleetData,
    written: &WrittenMachine,
    machine: &EarlierMachine,
    store: &Arc<SqliteStore>,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<bool, MigrateError> {
    let id = machine.latest.machine.clone();
    let stream = Stream::Machine(id.clone());
    if store.version(stream.clone()).await.map_err(failed)? != Version::default() {
        return Ok(false);
    }
    take_history(data, written, &id, store, now, applied).await?;
    put(store, DocumentKind::Machine, id.to_string(), machine.document()).await?;
    store
        .append(stream, Version::default(), vec![machine.journal_entry()])
        .await
        .map_err(failed)?;
    applied.machines += 1;
    Ok(true)
}

async fn take_history(
    data: &FleetData,
    written: &WrittenMachine,
    id: &MachineId,
    store: &Arc<SqliteStore>,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<(), MigrateError> {
    let (mut history, mut blocks, mut broken) = (EarlierHistory::default(), Vec::new(), None);
    data.history(&written.id, |row| {
        let taken_at = row
            .taken_at
            .filter(|at| *at <= now && now.since(*at) < SAMPLE_AGE_MAX);
        let (Some(taken_at), Some(report)) = (taken_at, written.report_of(&row)) else {
            applied.history_left += 1;
            return;
        };
        applied.history += 1;
        history.push(taken_at, &report);
        if history.waiting() >= BLOCK_ROWS_MAX {
            match history.take_block() {
                Ok(block) => blocks.extend(block),
                Err(error) => broken = Some(error),
            }
        }
    })?;
    if let Some(error) = broken {
        return Err(failed(error));
    }
    blocks.extend(history.take_block().map_err(failed)?);
    for block in blocks {
        store
            .put_block(id.clone(), Tier::Raw, block)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// Writes a document in the place of one that an earlier run left without its journal.
async fn put(
    store: &Arc<SqliteStore>,
    kind: DocumentKind,
    key: String,
    body: bytes::Bytes,
) -> Result<(), MigrateError> {
    let put = |revision| store.put(kind, key.clone(), revision, body.clone());
    match put(Revision::default()).await {
        Ok(_) => Ok(()),
        Err(PutError::Conflict { actual, .. }) => put(actual).await.map(|_| ()).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: impl std::fmt::Display) -> MigrateError {
    MigrateError::Store(error.to_string())
}
