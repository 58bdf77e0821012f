//! Leases: only what holds for an engine with one process as well as for one with many.

use std::time::Duration;

use atlas_actors::store::{Lease, Store};

use super::{Failed, Place, reopened};

const MINUTE: Duration = Duration::from_secs(60);

async fn acquire(store: &dyn Store, holder: &str) -> Result<Lease, Failed> {
    let lease = store
        .acquire("partition".to_owned(), holder.to_owned(), MINUTE)
        .await?;
    lease.ok_or_else(|| format!("{holder} did not get a lease that was free").into())
}

/// A lease that changes hands carries a larger fence, also after reopening, and is lost to who had it.
pub async fn fences_grow(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    let first = acquire(&*store, "ann").await?;
    let renewed = store.renew(first.clone(), MINUTE).await?;
    assert_eq!(
        renewed.map(|lease| (lease.fence, lease.holder)),
        Some((first.fence, "ann".to_owned()))
    );
    store.release(first.clone()).await?;
    let second = acquire(&*store, "bob").await?;
    assert!(second.fence > first.fence);
    assert_eq!(store.renew(first.clone(), MINUTE).await?, None);
    store.release(first).await?;
    assert!(store.renew(second.clone(), MINUTE).await?.is_some());
    store.release(second.clone()).await?;
    store = reopened(place).await?;
    assert!(acquire(&*store, "ann").await?.fence > second.fence);
    place.close().await
}
