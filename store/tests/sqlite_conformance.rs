//! The embedded engine passes the conformance suite.

use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use atlas_actors::clock::SystemClock;
use atlas_actors::store::Store;
use atlas_store::conformance::{self, Failed, Place};
use atlas_store::sqlite::{DATABASE_FILE, SqliteOptions, SqliteStore};
use tempfile::TempDir;

struct SqlitePlace {
    home: TempDir,
    open: RefCell<Option<Arc<SqliteStore>>>,
}

impl SqlitePlace {
    fn new() -> Result<Self, Failed> {
        Ok(Self {
            home: tempfile::tempdir()?,
            open: RefCell::default(),
        })
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("data")
    }
}

impl Place for SqlitePlace {
    async fn open(&self) -> Result<Arc<dyn Store>, Failed> {
        let store = Arc::new(SqliteStore::open(SqliteOptions {
            folder: self.folder(),
            clock: Arc::new(SystemClock),
            on_fatal: Box::new(|reason| eprintln!("fatal: {reason}")),
            bytes_max: None,
        })?);
        self.open.replace(Some(Arc::clone(&store)));
        Ok(store)
    }

    async fn close(&self) -> Result<(), Failed> {
        let open = self.open.take().ok_or("nothing is open")?;
        open.close().await;
        Ok(())
    }

    fn snapshot_file(&self) -> PathBuf {
        self.home.path().join("snapshot")
    }

    async fn restored(&self, snapshot: PathBuf) -> Result<Self, Failed> {
        let place = Self::new()?;
        fs::create_dir(place.folder())?;
        fs::copy(snapshot, place.folder().join(DATABASE_FILE))?;
        Ok(place)
    }

    fn damage(&self, mark: &[u8]) -> Result<(), Failed> {
        let path = self.folder().join(DATABASE_FILE);
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let at = bytes
            .windows(mark.len())
            .position(|part| part == mark)
            .ok_or("the mark is not there")?;
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(&[mark[0] ^ 0x20])?;
        Ok(())
    }
}

macro_rules! conforms {
    ($($noun:ident: $($claim:ident),+ $(,)?;)+) => {$(
        mod $noun {
            use super::*;
            $(
                #[actix_rt::test]
                async fn $claim() -> Result<(), Failed> {
                    conformance::$noun::$claim(&SqlitePlace::new()?).await
                }
            )+
        }
    )+};
}

conforms! {
    journals: reads_what_was_appended, appends_nothing, refuses_a_stale_writer,
        keeps_the_order_of_a_hurried_caller, trims, keeps_the_version_of_a_trimmed_journal, drops_a_journal, names_all_journals;
    documents: counts_revisions, keeps_kinds_apart, lists_in_pages, deletes, tells_watchers,
        names_a_damaged_document;
    blocks: finds_what_overlaps, replaces_a_block, swaps_blocks, measures_tiers, drops_blocks, skips_a_damaged_block;
    leases: fences_grow;
    concurrency: many_journals_at_once, one_of_many_rivals_wins, reads_see_what_was_acknowledged;
    upkeep: a_snapshot_opens_as_a_store, a_snapshot_stands_alone, verify_finds_a_flipped_record, a_closed_store_says_so;
}
