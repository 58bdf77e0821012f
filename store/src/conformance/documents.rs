//! Documents: revisions, paging, deleting and watching.

use atlas_actors::store::{Document, DocumentChanged, DocumentKind, PutError, Revision, Store, StoreError};
use bytes::Bytes;
use tokio::sync::broadcast::error::TryRecvError;

use super::{Failed, Place, reopened};

const KIND: DocumentKind = DocumentKind::User;

async fn put(store: &dyn Store, key: &str, expected: u64, body: &'static str) -> Result<Revision, PutError> {
    let body = Bytes::from_static(body.as_bytes());
    store.put(KIND, key.to_owned(), Revision(expected), body).await
}

fn document(key: &str, revision: u64, body: &'static str) -> Document {
    Document {
        key: key.to_owned(),
        revision: Revision(revision),
        body: Bytes::from_static(body.as_bytes()),
    }
}

/// Each write makes the next revision; who knows another one is refused and hears the right one.
pub async fn counts_revisions(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    assert_eq!(store.get(KIND, "ann".to_owned()).await?, None);
    assert_eq!(put(&*store, "ann", 0, "one").await?, Revision(1));
    assert_eq!(put(&*store, "ann", 1, "two").await?, Revision(2));
    for stale in [0, 1, 3] {
        let refused = put(&*store, "ann", stale, "x").await;
        assert!(matches!(
            refused,
            Err(PutError::Conflict {
                actual: Revision(2),
                ..
            })
        ));
    }
    let unknown = put(&*store, "bob", 1, "x").await;
    assert!(matches!(
        unknown,
        Err(PutError::Conflict {
            actual: Revision(0),
            ..
        })
    ));
    for _ in 0..2 {
        assert_eq!(
            store.get(KIND, "ann".to_owned()).await?,
            Some(document("ann", 2, "two"))
        );
        store = reopened(place).await?;
    }
    place.close().await
}

/// A document belongs to its kind: the same key elsewhere is another one.
pub async fn keeps_kinds_apart(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    for kind in DocumentKind::ALL {
        let body = Bytes::from_static(kind.name().as_bytes());
        store.put(kind, "key".to_owned(), Revision(0), body).await?;
    }
    for kind in DocumentKind::ALL {
        assert_eq!(
            store.list(kind, None, 10).await?,
            [document("key", 1, kind.name())]
        );
    }
    place.close().await
}

/// Pages follow each other in the order of the keys' bytes, without gaps or repeats.
pub async fn lists_in_pages(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    for key in ["b", "a", "ü", "B", "a\u{0}", "c"] {
        put(&*store, key, 0, "x").await?;
    }
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(KIND, after.clone(), 2).await?;
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        keys.extend(page.into_iter().map(|document| document.key));
    }
    assert_eq!(keys, ["B", "a", "a\u{0}", "b", "c", "ü"]);
    assert!(store.list(KIND, None, 0).await?.is_empty());
    assert_eq!(store.list(KIND, None, usize::MAX).await?.len(), 6);
    place.close().await
}

/// Deleting asks for the right revision; what does not exist is deleted already.
pub async fn deletes(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    put(&*store, "ann", 0, "one").await?;
    let stale = store.delete(KIND, "ann".to_owned(), Revision(7)).await;
    assert!(matches!(
        stale,
        Err(PutError::Conflict {
            actual: Revision(1),
            ..
        })
    ));
    store.delete(KIND, "ann".to_owned(), Revision(1)).await?;
    store.delete(KIND, "ann".to_owned(), Revision(1)).await?;
    store = reopened(place).await?;
    assert_eq!(store.get(KIND, "ann".to_owned()).await?, None);
    assert_eq!(put(&*store, "ann", 0, "again").await?, Revision(1));
    place.close().await
}

/// A watcher hears of each change after it is acknowledged, in order, and of nothing else.
pub async fn tells_watchers(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    put(&*store, "before", 0, "x").await?;
    let mut watcher = store.watch();
    put(&*store, "ann", 0, "one").await?;
    put(&*store, "ann", 1, "two").await?;
    assert!(put(&*store, "ann", 1, "stale").await.is_err());
    store.delete(KIND, "ann".to_owned(), Revision(2)).await?;
    for revision in [1, 2, 0] {
        let change = DocumentChanged {
            kind: KIND,
            key: "ann".to_owned(),
            revision: Revision(revision),
        };
        assert_eq!(watcher.recv().await?, change);
    }
    assert!(matches!(watcher.try_recv(), Err(TryRecvError::Empty)));
    place.close().await
}

/// A document whose bytes were damaged is never handed out as if it were sound.
pub async fn names_a_damaged_document(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    put(&*store, "ann", 0, "a body that will be damaged").await?;
    put(&*store, "bob", 0, "a body that stays").await?;
    place.close().await?;
    place.damage(b"will be damaged")?;
    store = place.open().await?;
    let read = store.get(KIND, "ann".to_owned()).await;
    assert!(matches!(read, Err(StoreError::Damaged(what)) if what.contains("ann")));
    assert!(store.get(KIND, "bob".to_owned()).await?.is_some());
    let damage = store.verify().await?.damage;
    assert!(
        damage.len() == 1 && damage[0].contains("user") && damage[0].contains("ann"),
        "{damage:?}"
    );
    place.close().await
}
