//! The audit log in a running fleet: numbered without gaps, signed now and then, read in pages, and
//! refusing when the store does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod test_fleet;

use std::sync::Arc;

use atlas_actors::Fleet;
use atlas_actors::audit_log::chain::ChainCheck;
use atlas_actors::audit_log::{AuditAction, ChainedRecord, Checkpoint, Witness};
use atlas_actors::fleet::AuditQuestion;
use atlas_actors::limits::AUDIT_CHECKPOINT_EVERY;
use atlas_actors::store::{DocumentKind, Store, Stream, Version};
use atlas_actors::stored::decode;
use atlas_actors::supervision::ActorName;
use bytes::Bytes;
use futures_util::future::join_all;
use test_fleet::memory_store::MemoryStore;
use test_fleet::{PlainEncoder, TestFleet};

fn witness(n: u64) -> Witness {
    Witness {
        actor: format!("user{}", n % 3),
        address: "127.0.0.1".to_owned(),
        action: AuditAction::TagMachine,
        target: format!("m{n}"),
        result: Witness::OK.to_owned(),
        request_id: String::new(),
    }
}

async fn loaded(fleet: &TestFleet) {
    fleet
        .until("the log is read", async |fleet: &Fleet| {
            fleet.witness(witness(0)).await.ok()
        })
        .await;
}

#[actix::test]
async fn many_at_once_make_one_whole_chain_that_is_signed() {
    let store = MemoryStore::default();
    let fleet = TestFleet::start_with(Arc::new(store.clone()), Arc::new(PlainEncoder)).await;
    loaded(&fleet).await;
    for some in (1..=AUDIT_CHECKPOINT_EVERY).collect::<Vec<_>>().chunks(200) {
        let written = join_all(some.iter().map(|n| fleet.fleet.witness(witness(*n)))).await;
        assert!(written.iter().all(Result::is_ok));
    }
    let mut check = ChainCheck::default();
    for record in store.read(Stream::Audit, Version(0)).await.unwrap() {
        let chained: ChainedRecord = decode(&record.body).unwrap();
        assert_eq!(chained.record.seq, record.version.0);
        check.record(Some(&chained));
    }
    assert_eq!(
        check.finish(&[], &[], |_, _| true),
        Ok(**fleet.fleet.audit_head())
    );
    let signed = fleet
        .until("a checkpoint", async |_: &Fleet| {
            let kept = store.list(DocumentKind::Audit, None, 10).await.unwrap();
            kept.first()
                .map(|document| decode::<Checkpoint>(&document.body).unwrap())
        })
        .await;
    let bytes = Checkpoint::signed_bytes(&signed.head, signed.at);
    assert!(signed.head.seq >= AUDIT_CHECKPOINT_EVERY);
    assert_eq!(signed.signature, bytes);
}

#[actix::test]
async fn is_read_in_pages_and_by_who_and_what() {
    let fleet = TestFleet::start().await;
    loaded(&fleet).await;
    for n in 1..30 {
        fleet.fleet.witness(witness(n)).await.unwrap();
    }
    let read = async |before, limit, actor: Option<&str>| {
        let question = AuditQuestion {
            before,
            limit,
            actor: actor.map(ToOwned::to_owned),
            action: Some(AuditAction::TagMachine.name().to_owned()),
        };
        let found = fleet.fleet.audit(&question).await.unwrap();
        found.iter().map(|chained| chained.record.seq).collect::<Vec<_>>()
    };
    assert_eq!(read(None, 3, None).await, [30, 29, 28]);
    assert_eq!(read(Some(28), 2, None).await, [27, 26]);
    assert_eq!(read(Some(8), 9, Some("user1")).await, [5, 2]);
    assert!(read(Some(1), 9, None).await.is_empty());
}

#[actix::test]
async fn a_record_that_is_not_on_disk_is_refused_and_the_next_ones_go_on() {
    let store = MemoryStore::default();
    let fleet = TestFleet::start_with(Arc::new(store.clone()), Arc::new(PlainEncoder)).await;
    loaded(&fleet).await;
    // Somebody else writes to the journal: the log's own next record has no place.
    let stray = Bytes::from_static(b"stray");
    store
        .append(Stream::Audit, Version(1), vec![stray])
        .await
        .unwrap();
    assert!(fleet.fleet.witness(witness(1)).await.is_err());
    fleet
        .until("it goes on behind the stray", async |fleet: &Fleet| {
            fleet.witness(witness(2)).await.ok().filter(|head| head.seq == 3)
        })
        .await;
}

#[actix::test]
async fn survives_a_panic_and_goes_on_where_it_was() {
    let fleet = TestFleet::start().await;
    loaded(&fleet).await;
    fleet.panic_in(&[(ActorName::AuditLog, 1)]);
    assert!(fleet.fleet.witness(witness(1)).await.is_err());
    assert_eq!(fleet.quarantined(&ActorName::AuditLog).await.reason, "on purpose");
    loaded(&fleet).await;
    assert_eq!(fleet.fleet.audit_head().seq, 2);
}

#[actix::test]
async fn what_anybody_can_try_for_nothing_is_written_down_once_a_minute() {
    let fleet = TestFleet::start().await;
    loaded(&fleet).await;
    let locked = |actor: &str| Witness {
        actor: actor.to_owned(),
        action: AuditAction::SignIn,
        result: Witness::LOCKED.to_owned(),
        ..witness(1)
    };
    for _ in 0..50 {
        fleet.fleet.witness(locked("ann")).await.unwrap();
    }
    assert_eq!(fleet.fleet.audit_head().seq, 2);
    fleet.fleet.witness(locked("bob")).await.unwrap();
    assert_eq!(fleet.fleet.audit_head().seq, 3);
}
