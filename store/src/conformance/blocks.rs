//! Blocks of history: overlap, replacement, dropping, and damage that costs one block only.

use atlas_actors::clock::Timestamp;
use atlas_actors::store::{Store, StoredBlock, Tier, TieredBlock, TimeRange};
use bytes::Bytes;

use super::{Failed, Place, hours, machine, reopened};

fn block(from: i64, to: i64, body: &str) -> StoredBlock {
    StoredBlock {
        range: hours(from, to),
        body: Bytes::from(body.to_owned()),
    }
}

async fn keep(store: &dyn Store, name: &str, blocks: &[StoredBlock]) -> Result<(), Failed> {
    for block in blocks {
        store.put_block(machine(name)?, Tier::Raw, block.clone()).await?;
    }
    Ok(())
}

async fn found(store: &dyn Store, name: &str, range: TimeRange) -> Result<Vec<StoredBlock>, Failed> {
    Ok(store.blocks(machine(name)?, Tier::Raw, range).await?)
}

/// A range finds the blocks that share a moment with it, both ends counted, by their first moment.
pub async fn finds_what_overlaps(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    let blocks = [block(0, 2, "a"), block(3, 5, "b"), block(6, 8, "c")];
    keep(
        &*store,
        "one",
        &[blocks[2].clone(), blocks[0].clone(), blocks[1].clone()],
    )
    .await?;
    keep(&*store, "other", &[block(0, 9, "x")]).await?;
    assert_eq!(found(&*store, "one", hours(0, 9)).await?, blocks);
    assert_eq!(found(&*store, "one", hours(2, 3)).await?, blocks[..2]);
    assert_eq!(found(&*store, "one", hours(4, 4)).await?, blocks[1..2]);
    assert_eq!(found(&*store, "one", hours(8, 99)).await?, blocks[2..]);
    assert!(found(&*store, "one", hours(9, 99)).await?.is_empty());
    assert!(found(&*store, "nobody", hours(0, 99)).await?.is_empty());
    place.close().await
}

/// A block with the same first moment takes the older one's place.
pub async fn replaces_a_block(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    keep(&*store, "one", &[block(0, 1, "short"), block(0, 3, "longer")]).await?;
    for _ in 0..2 {
        assert_eq!(found(&*store, "one", hours(2, 2)).await?, [block(0, 3, "longer")]);
        store = reopened(place).await?;
    }
    place.close().await
}

/// Old blocks go when they end before the moment; those of a machine go with it. Also in numbers.
pub async fn drops_blocks(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    keep(
        &*store,
        "one",
        &[block(0, 1, "a"), block(2, 3, "b"), block(4, 5, "c")],
    )
    .await?;
    let many: Vec<_> = (0..1_200).map(|hour| block(10 + hour, 10 + hour, "m")).collect();
    let asked: Result<Vec<_>, Failed> = many
        .iter()
        .map(|block| Ok(store.put_block(machine("many")?, Tier::Raw, block.clone())))
        .collect();
    for kept in asked? {
        kept.await?;
    }
    let moment = Timestamp::from_secs(3 * 3_600);
    assert_eq!(store.drop_blocks_before(Tier::Raw, moment).await?, 1);
    assert_eq!(found(&*store, "one", hours(0, 9)).await?.len(), 2);
    assert_eq!(store.drop_blocks_of(machine("many")?).await?, 1_200);
    assert_eq!(store.drop_blocks_of(machine("many")?).await?, 0);
    assert_eq!(found(&*store, "one", hours(0, 9)).await?.len(), 2);
    place.close().await
}

fn tiered(tier: Tier, block: StoredBlock) -> TieredBlock {
    TieredBlock { tier, block }
}

/// Blocks take the place of others all at once, or not at all.
pub async fn swaps_blocks(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    let (one, id) = ("one", machine("one")?);
    let hours_of_day = [block(0, 1, "a"), block(2, 3, "b")];
    keep(&*store, one, &hours_of_day).await?;
    let was = hours_of_day.map(|block| tiered(Tier::Raw, block)).to_vec();
    let now = vec![
        tiered(Tier::RawDay, block(0, 3, "ab")),
        tiered(Tier::Hour, block(0, 4, "h")),
    ];
    assert!(store.swap_blocks(id.clone(), was.clone(), now.clone()).await?);
    let all = Tier::ALL.to_vec();
    for _ in 0..2 {
        let found = store
            .blocks_of_tiers(id.clone(), all.clone(), hours(0, 9))
            .await?;
        assert_eq!(found, now);
        // What was is there no more, so that it is no base for anything.
        assert!(!store.swap_blocks(id.clone(), was.clone(), Vec::new()).await?);
        store = reopened(place).await?;
    }
    keep(&*store, one, &[block(5, 6, "late")]).await?;
    let other_body = vec![tiered(Tier::RawDay, block(0, 3, "other"))];
    let taken = vec![tiered(Tier::Raw, block(5, 7, "taken"))];
    assert!(!store.swap_blocks(id.clone(), other_body, Vec::new()).await?);
    assert!(!store.swap_blocks(id.clone(), now[..1].to_vec(), taken).await?);
    let replaced = vec![tiered(Tier::RawDay, block(0, 4, "abc"))];
    assert!(
        store
            .swap_blocks(id.clone(), now[..1].to_vec(), replaced.clone())
            .await?
    );
    let found = store
        .blocks_of_tiers(id, vec![Tier::RawDay, Tier::Raw], hours(0, 9))
        .await?;
    assert_eq!(
        found,
        [replaced[0].clone(), tiered(Tier::Raw, block(5, 6, "late"))]
    );
    place.close().await
}

/// Names the blocks that end within a span, and says what tiers take.
pub async fn measures_tiers(place: &impl Place) -> Result<(), Failed> {
    let store = place.open().await?;
    keep(&*store, "one", &[block(0, 1, "aa"), block(2, 9, "bbb")]).await?;
    keep(&*store, "two", &[block(3, 4, "cccc")]).await?;
    let hour = |hour: i64| Timestamp::from_secs(hour * 3_600);
    let ended = store.blocks_ended(Tier::Raw, hour(0), hour(9), 9).await?;
    let ranges: Vec<_> = ended
        .iter()
        .map(|name| (name.machine.as_str(), name.range))
        .collect();
    assert_eq!(ranges, [("one", hours(0, 1)), ("two", hours(3, 4))]);
    assert_eq!(
        store.blocks_ended(Tier::Raw, hour(1), hour(99), 1).await?,
        ended[1..]
    );
    assert!(
        store
            .blocks_ended(Tier::Hour, hour(0), hour(99), 9)
            .await?
            .is_empty()
    );
    let used = store.tier_use(hour(4)).await?;
    assert_eq!(used.len(), 1);
    assert_eq!(
        (used[0].tier, used[0].blocks, used[0].bytes, used[0].recent_bytes),
        (Tier::Raw, 3, 9, 7)
    );
    assert_eq!((used[0].oldest, used[0].newest), (hour(0), hour(9)));
    assert_eq!(store.end_of_oldest(Tier::Raw, 1).await?, Some(hour(1)));
    assert_eq!(store.end_of_oldest(Tier::Raw, 3).await?, Some(hour(4)));
    assert_eq!(store.end_of_oldest(Tier::Raw, 10).await?, None);
    place.close().await
}

/// A damaged block is left out and named by `verify`; its neighbours are still found.
pub async fn skips_a_damaged_block(place: &impl Place) -> Result<(), Failed> {
    let mut store = place.open().await?;
    keep(
        &*store,
        "one",
        &[
            block(0, 1, "sound"),
            block(2, 3, "to be damaged"),
            block(4, 5, "fine"),
        ],
    )
    .await?;
    place.close().await?;
    place.damage(b"to be damaged")?;
    store = place.open().await?;
    let left = found(&*store, "one", hours(0, 9)).await?;
    assert_eq!(left, [block(0, 1, "sound"), block(4, 5, "fine")]);
    assert_eq!(store.damaged_blocks_met(), 1);
    let damage = store.verify().await?.damage;
    assert!(damage.len() == 1 && damage[0].contains("one"), "{damage:?}");
    place.close().await
}
