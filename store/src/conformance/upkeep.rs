//! Snapshots, self-checks and the end of an engine.

use atlas_actors::store::{
    AppendError, DocumentKind, Revision, Store, StoreError, StoredBlock, Tier, Version,
};
use bytes::Bytes;

use super::{Failed, Place, bodies, expected, hours, machine, records, stream};

async fn fill(store: &dyn Store) -> Result<(), Failed> {
    store
        .append(stream("one")?, Version(0), bodies(&["a", "b", "c"]))
        .await?;
    store.trim(stream("one")?, Version(1)).await?;
    let body = Bytes::from_static(b"ann's document");
    store
        .put(DocumentKind::User, "ann".to_owned(), Revision(0), body)
        .await?;
    let range = hours(0, 1);
    let body = Bytes::from_static(b"an hour");
    store
        .put_block(machine("one")?, Tier::Raw, StoredBlock { range, body })
        .await?;
    Ok(())
}

/// A snapshot holds what was acknowledged before it was asked for, and opens as a sound store.
pub async fn a_snapshot_opens_as_a_store<P: Place>(place: &P) -> Result<(), Failed> {
    let store = place.open().await?;
    fill(&*store).await?;
    store.snapshot(place.snapshot_file()).await?;
    let copy = place.restored(place.snapshot_file()).await?;
    let restored = copy.open().await?;
    assert_eq!(
        records(&*restored, &stream("one")?, 0).await?,
        expected(2, &["b", "c"])
    );
    assert_eq!(restored.list(DocumentKind::User, None, 9).await?.len(), 1);
    assert_eq!(
        restored
            .blocks(machine("one")?, Tier::Raw, hours(0, 9))
            .await?
            .len(),
        1
    );
    assert!(restored.verify().await?.damage.is_empty());
    copy.close().await?;
    place.close().await
}

/// A snapshot and its original go their own ways, and a snapshot overwrites nothing.
pub async fn a_snapshot_stands_alone<P: Place>(place: &P) -> Result<(), Failed> {
    let store = place.open().await?;
    fill(&*store).await?;
    let file = place.snapshot_file();
    store.snapshot(file.clone()).await?;
    store
        .append(stream("one")?, Version(3), bodies(&["later"]))
        .await?;
    assert!(
        store.snapshot(file.clone()).await.is_err(),
        "a snapshot was overwritten"
    );
    let copy = place.restored(file).await?;
    let restored = copy.open().await?;
    restored
        .append(stream("one")?, Version(3), bodies(&["elsewhere"]))
        .await?;
    assert_eq!(
        records(&*restored, &stream("one")?, 3).await?,
        expected(4, &["elsewhere"])
    );
    copy.close().await?;
    assert_eq!(
        records(&*store, &stream("one")?, 3).await?,
        expected(4, &["later"])
    );
    place.close().await
}

/// A sound store is found sound; a record whose bytes were flipped is found and named, is not handed
/// out, and hurts no other journal.
pub async fn verify_finds_a_flipped_record(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    fill(&*store).await?;
    store
        .append(
            stream("two")?,
            Version(0),
            bodies(&["fine", "a record to be flipped"]),
        )
        .await?;
    let report = store.verify().await?;
    assert!(report.damage.is_empty(), "{:?}", report.damage);
    assert!(report.checked >= 6);
    place.close().await?;
    place.damage(b"to be flipped")?;
    store = place.open().await?;
    let damage = store.verify().await?.damage;
    assert!(
        damage.len() == 1 && damage[0].contains("machine/two"),
        "{damage:?}"
    );
    let read = store.read(stream("two")?, Version(0)).await;
    assert!(matches!(read, Err(StoreError::Damaged(what)) if what.contains("machine/two")));
    assert_eq!(records(&*store, &stream("one")?, 0).await?.len(), 2);
    place.close().await
}

/// A closed store says so, whatever it is asked.
pub async fn a_closed_store_says_so(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    fill(&*store).await?;
    place.close().await?;
    let append = store.append(stream("one")?, Version(3), bodies(&["x"])).await;
    assert!(matches!(append, Err(AppendError::Store(StoreError::Closed))));
    let read = store.read(stream("one")?, Version(0)).await;
    assert!(matches!(read, Err(StoreError::Closed)));
    let list = store.list(DocumentKind::User, None, 1).await;
    assert!(matches!(list, Err(StoreError::Closed)));
    assert!(matches!(store.verify().await, Err(StoreError::Closed)));
    Ok(())
}
