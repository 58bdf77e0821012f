//! The store that the actors' tests use keeps the port's promises, as far as memory can.

use std::path::PathBuf;
use std::sync::Arc;

use atlas_actors::store::Store;
use atlas_store::conformance::{self, Failed, Place};

#[path = "../../actors/tests/test_fleet/memory_store.rs"]
#[allow(unreachable_pub, reason = "it belongs to the actors' tests")]
mod memory_store;

use memory_store::MemoryStore;

/// Closing and opening again finds the same memory.
#[derive(Default)]
struct MemoryPlace(MemoryStore);

impl Place for MemoryPlace {
    async fn open(&self) -> Result<Arc<dyn Store>, Failed> {
        Ok(Arc::new(self.0.clone()))
    }

    async fn close(&self) -> Result<(), Failed> {
        Ok(())
    }

    fn snapshot_file(&self) -> PathBuf {
        PathBuf::from("nowhere")
    }

    async fn restored(&self, _: PathBuf) -> Result<Self, Failed> {
        Err("memory has no snapshots".into())
    }

    fn damage(&self, _: &[u8]) -> Result<(), Failed> {
        Err("memory does not rot".into())
    }
}

macro_rules! conforms {
    ($($noun:ident: $($claim:ident),+ $(,)?;)+) => {$(
        mod $noun {
            use super::*;
            $(
                #[actix_rt::test]
                async fn $claim() -> Result<(), Failed> {
                    conformance::$noun::$claim(&MemoryPlace::default()).await
                }
            )+
        }
    )+};
}

conforms! {
    journals: reads_what_was_appended, appends_nothing, refuses_a_stale_writer,
        keeps_the_order_of_a_hurried_caller, trims, keeps_the_version_of_a_trimmed_journal, drops_a_journal, names_all_journals;
    documents: counts_revisions, keeps_kinds_apart, lists_in_pages, deletes, tells_watchers;
    blocks: finds_what_overlaps, replaces_a_block, swaps_blocks, measures_tiers, drops_blocks;
    leases: fences_grow;
    concurrency: many_journals_at_once, one_of_many_rivals_wins, reads_see_what_was_acknowledged;
}
