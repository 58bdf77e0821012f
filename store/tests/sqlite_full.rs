//! A full disk under the embedded engine: refused with the right word, nothing acknowledged is lost,
//! reads go on, and it heals by itself.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use atlas_actors::clock::SystemClock;
use atlas_actors::store::{
    AppendError, DocumentKind, PutError, Revision, Store, StoreError, Stream, Version,
};
use atlas_store::sqlite::{SqliteOptions, SqliteStore};
use bytes::Bytes;
use futures_util::future::join_all;

type Failed = Box<dyn Error>;

const RECORD_BYTES: usize = 10_000;

fn open(folder: &Path, bytes_max: Option<u64>) -> Result<SqliteStore, Failed> {
    Ok(SqliteStore::open(SqliteOptions {
        folder: folder.to_owned(),
        clock: Arc::new(SystemClock),
        on_fatal: Box::new(|reason| eprintln!("fatal: {reason}")),
        bytes_max,
    })?)
}

fn record(version: u64) -> Bytes {
    let mut text = format!("record {version} ").into_bytes();
    text.resize(RECORD_BYTES, b'.');
    Bytes::from(text)
}

async fn append(store: &SqliteStore, at: Version) -> Result<Version, AppendError> {
    store.append(Stream::Commands, at, vec![record(at.0 + 1)]).await
}

/// Appends until the disk is full; answers with the version that was reached.
async fn fill(store: &SqliteStore, mut at: Version) -> Result<Version, Failed> {
    loop {
        match append(store, at).await {
            Ok(made) => at = made,
            Err(AppendError::Store(StoreError::Full)) => return Ok(at),
            Err(other) => return Err(other.into()),
        }
    }
}

/// Everything up to `version` is there and right.
async fn check(store: &SqliteStore, after: Version, version: Version) -> Result<(), Failed> {
    assert_eq!(store.version(Stream::Commands).await?, version);
    let records = store.read(Stream::Commands, after).await?;
    assert_eq!(records.len() as u64, version.0 - after.0);
    assert!(records.iter().all(|found| found.body == record(found.version.0)));
    Ok(())
}

/// While it is full: every job of a group hears it, stale writers too, and nothing changes.
async fn check_refusals(store: &SqliteStore, at: Version) -> Result<(), Failed> {
    let appends = join_all((0..20).map(|_| append(store, at))).await;
    let is_refused = |answer: &Result<_, _>| {
        matches!(
            answer,
            Err(AppendError::Store(StoreError::Full) | AppendError::Conflict { .. })
        )
    };
    assert!(appends.iter().all(is_refused), "{appends:?}");
    let large = Bytes::from(vec![0; 400_000]);
    let put = store
        .put(DocumentKind::User, "large".to_owned(), Revision(0), large)
        .await;
    assert!(matches!(put, Err(PutError::Store(StoreError::Full))), "{put:?}");
    assert_eq!(store.get(DocumentKind::User, "large".to_owned()).await?, None);
    Ok(())
}

#[actix_rt::test]
async fn trimming_makes_room_again() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut store = open(folder.path(), Some(4 * 1024 * 1024))?;
    let full_at = fill(&store, Version(0)).await?;
    assert!(full_at.0 > 200);
    check_refusals(&store, full_at).await?;
    check(&store, Version(0), full_at).await?;
    store.trim(Stream::Commands, full_at).await?;
    let healed = fill(&store, full_at).await?;
    assert!(
        healed.0 > full_at.0 + 200,
        "full at {full_at:?}, again at {healed:?}"
    );
    store.close().await;
    store = open(folder.path(), None)?;
    check(&store, full_at, healed).await?;
    assert_eq!(append(&store, healed).await?.0, healed.0 + 1);
    store.close().await;
    Ok(())
}

/// A small file system of its own, taken away at the end.
struct SmallDisk<'p>(&'p Path);

impl<'p> SmallDisk<'p> {
    fn mount(at: &'p Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(at);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[actix_rt::test]
async fn a_full_disk_heals_when_there_is_room_again() -> Result<(), Failed> {
    let home = tempfile::tempdir()?;
    let Some(disk) = SmallDisk::mount(home.path()) else {
        eprintln!("SKIPPED: a small file system can't be mounted here, so nothing was tested");
        return Ok(());
    };
    let (folder, ballast) = (disk.0.join("data"), disk.0.join("ballast"));
    fs::write(&ballast, vec![1; 4 * 1024 * 1024])?;
    let store = open(&folder, None)?;
    let full_at = fill(&store, Version(0)).await?;
    assert!(full_at.0 > 100);
    check_refusals(&store, full_at).await?;
    check(&store, Version(0), full_at).await?;
    fs::remove_file(ballast)?;
    let healed = fill(&store, full_at).await?;
    assert!(
        healed.0 > full_at.0 + 50,
        "full at {full_at:?}, again at {healed:?}"
    );
    check(&store, Version(0), healed).await?;
    store.close().await;
    let reopened = open(&folder, None)?;
    check(&reopened, Version(0), healed).await?;
    reopened.close().await;
    Ok(())
}
