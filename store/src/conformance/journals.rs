//! Journals: versions, conflicts, trimming and what is found again.

use atlas_actors::store::{AppendError, Stream, Version};
use bytes::Bytes;

use super::{Failed, Place, bodies, expected, records, reopened, stream};

/// Records come back in their order with the versions they made, whole or after a version.
pub async fn reads_what_was_appended(place: &impl Place) -> Result<(), Failed> {
    let (store, journal) = (place.open().await?, stream("reads")?);
    assert_eq!(store.version(journal.clone()).await?, Version(0));
    assert!(records(&*store, &journal, 0).await?.is_empty());
    let made = store
        .append(journal.clone(), Version(0), bodies(&["a", "b"]))
        .await?;
    assert_eq!(made, Version(2));
    let made = store.append(journal.clone(), made, bodies(&["", "d"])).await?;
    assert_eq!(made, Version(4));
    assert_eq!(
        records(&*store, &journal, 0).await?,
        expected(1, &["a", "b", "", "d"])
    );
    assert_eq!(records(&*store, &journal, 3).await?, expected(4, &["d"]));
    assert!(records(&*store, &journal, 4).await?.is_empty());
    assert!(records(&*store, &journal, u64::MAX).await?.is_empty());
    place.close().await
}

/// An append of nothing changes nothing, but still sees who is stale.
pub async fn appends_nothing(place: &impl Place) -> Result<(), Failed> {
    let (store, journal) = (place.open().await?, stream("nothing")?);
    assert_eq!(
        store.append(journal.clone(), Version(0), Vec::new()).await?,
        Version(0)
    );
    let stale = store.append(journal.clone(), Version(3), Vec::new()).await;
    assert!(matches!(stale, Err(AppendError::Conflict { .. })));
    assert!(store.streams().await?.is_empty());
    place.close().await
}

/// Who expects another version is refused, hears the right one, and nobody else is hurt.
pub async fn refuses_a_stale_writer(place: &impl Place) -> Result<(), Failed> {
    let (store, journal, other) = (place.open().await?, stream("contested")?, stream("bystander")?);
    store.append(journal.clone(), Version(0), bodies(&["a"])).await?;
    let stale = store.append(journal.clone(), Version(0), bodies(&["x"]));
    let early = store.append(journal.clone(), Version(2), bodies(&["y"]));
    let fine = store.append(other.clone(), Version(0), bodies(&["z"]));
    for refused in [stale.await, early.await] {
        assert!(matches!(
            refused,
            Err(AppendError::Conflict {
                actual: Version(1),
                ..
            })
        ));
    }
    assert_eq!(fine.await?, Version(1));
    assert_eq!(records(&*store, &journal, 0).await?, expected(1, &["a"]));
    place.close().await
}

/// Appends of one caller that does not wait take effect in the order in which they were asked, also
/// when their futures are polled the other way round.
pub async fn keeps_the_order_of_a_hurried_caller(place: &impl Place) -> Result<(), Failed> {
    let (store, journal) = (place.open().await?, stream("hurried")?);
    let ask = |n: u64| store.append(journal.clone(), Version(n), vec![Bytes::from(n.to_string())]);
    let asked: Vec<_> = (0..50).map(ask).collect();
    for (n, answer) in asked.into_iter().enumerate().rev() {
        assert_eq!(answer.await?, Version(n as u64 + 1));
    }
    let read = records(&*store, &journal, 0).await?;
    assert!(
        read.iter()
            .all(|(version, body)| body == &(version - 1).to_string())
    );
    assert_eq!(read.len(), 50);
    place.close().await
}

/// Trimmed records are gone, the others stay; trimming less than before or what is unknown is nothing.
pub async fn trims(place: &impl Place) -> Result<(), Failed> {
    let (store, journal) = (place.open().await?, stream("trimmed")?);
    store
        .append(journal.clone(), Version(0), bodies(&["a", "b", "c"]))
        .await?;
    for up_to in [2, 1, 0] {
        store.trim(journal.clone(), Version(up_to)).await?;
        assert_eq!(records(&*store, &journal, 0).await?, expected(3, &["c"]));
    }
    store.trim(stream("unknown")?, Version(1)).await?;
    place.close().await
}

/// The version outlives the records, also over a reopening, and the next append goes on from it.
pub async fn keeps_the_version_of_a_trimmed_journal(place: &impl Place) -> Result<(), Failed> {
    let (mut store, journal) = (place.open().await?, stream("trimmed")?);
    store
        .append(journal.clone(), Version(0), bodies(&["a", "b", "c"]))
        .await?;
    store.trim(journal.clone(), Version(99)).await?;
    for _ in 0..2 {
        assert_eq!(store.version(journal.clone()).await?, Version(3));
        assert!(records(&*store, &journal, 0).await?.is_empty());
        store = reopened(place).await?;
    }
    store.append(journal.clone(), Version(3), bodies(&["d"])).await?;
    store = reopened(place).await?;
    assert_eq!(records(&*store, &journal, 0).await?, expected(4, &["d"]));
    place.close().await
}

/// A dropped journal starts from nothing, and what it held never comes back.
pub async fn drops_a_journal(place: &impl Place) -> Result<(), Failed> {
    let (mut store, journal) = (place.open().await?, stream("dropped")?);
    store
        .append(journal.clone(), Version(0), bodies(&["a", "b"]))
        .await?;
    store.drop_stream(journal.clone()).await?;
    store.drop_stream(stream("unknown")?).await?;
    for _ in 0..2 {
        assert_eq!(store.version(journal.clone()).await?, Version(0));
        assert!(store.streams().await?.is_empty());
        store = reopened(place).await?;
    }
    store.append(journal.clone(), Version(0), bodies(&["c"])).await?;
    store = reopened(place).await?;
    assert_eq!(records(&*store, &journal, 0).await?, expected(1, &["c"]));
    place.close().await
}

/// All journals are named in their order, also those that have nothing left.
pub async fn names_all_journals(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    let journals = [stream("a")?, stream("Tom's Mac")?, stream("b")?, Stream::Commands];
    for journal in &journals {
        store.append(journal.clone(), Version(0), bodies(&["x"])).await?;
    }
    store.trim(stream("b")?, Version(1)).await?;
    let mut sorted = journals.to_vec();
    sorted.sort();
    assert_eq!(store.streams().await?, sorted);
    store = reopened(place).await?;
    assert_eq!(store.streams().await?, sorted);
    place.close().await
}
