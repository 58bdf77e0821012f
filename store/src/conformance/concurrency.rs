//! Many at once: everything that was acknowledged is there and in order, after a reopening too.

use std::sync::Arc;

use atlas_actors::store::{AppendError, Store, Stream, Version};
use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};

use super::{Failed, Place, records, reopened, stream};

const JOURNALS: usize = 200;
const RECORDS: u64 = 30;

async fn fill(store: Arc<dyn Store>, journal: Stream) -> Result<(), AppendError> {
    for n in 0..RECORDS {
        let body = Bytes::from(format!("{journal} {}", n + 1));
        store.append(journal.clone(), Version(n), vec![body]).await?;
        if n % 16 == 15 {
            store.trim(journal.clone(), Version(n - 4)).await?;
        }
    }
    Ok(())
}

/// Writers of many journals go on side by side; each journal is whole, ordered and trimmed as asked.
pub async fn many_journals_at_once(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    let journals: Result<Vec<_>, Failed> = (0..JOURNALS).map(|n| stream(&format!("machine-{n}"))).collect();
    let journals = journals?;
    try_join_all(
        journals
            .iter()
            .map(|journal| fill(Arc::clone(&store), journal.clone())),
    )
    .await?;
    for _ in 0..2 {
        for journal in &journals {
            let expected = 12..=RECORDS;
            let expected: Vec<_> = expected
                .map(|n| (n, Bytes::from(format!("{journal} {n}"))))
                .collect();
            assert_eq!(records(&*store, journal, 0).await?, expected);
        }
        store = reopened(place).await?;
    }
    place.close().await
}

/// Of many writers that expect the same version exactly one gets it.
pub async fn one_of_many_rivals_wins(place: &impl Place) -> Result<(), Failed> {
    let (store, journal) = (place.open().await?, stream("contested")?);
    for round in 0..20 {
        let rival = |n: u64| store.append(journal.clone(), Version(round), vec![Bytes::from(n.to_string())]);
        let answers = join_all((0..50).map(rival)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    }
    assert_eq!(records(&*store, &journal, 0).await?.len(), 20);
    place.close().await
}

/// Readers beside the writer see everything acknowledged, and never a record twice or out of order.
pub async fn reads_see_what_was_acknowledged(place: &impl Place) -> Result<(), Failed> {
    let (store, journal) = (place.open().await?, stream("read-while-written")?);
    let write_and_read = |n: u64| {
        let (store, journal) = (Arc::clone(&store), journal.clone());
        async move {
            store
                .append(journal.clone(), Version(n), vec![Bytes::from(n.to_string())])
                .await?;
            if n % 10 == 9 {
                store.trim(journal.clone(), Version(n - 3)).await?;
            }
            let read = records(&*store, &journal, 0).await?;
            assert_eq!(read.last().map(|(version, _)| *version), Some(n + 1));
            assert!(read.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0));
            Ok::<(), Failed>(())
        }
    };
    for n in 0..200 {
        write_and_read(n).await?;
    }
    place.close().await
}
