//! History against a plain model: whatever order rows come in, however often they come, and whenever
//! blocks are compacted, each moment is there once, and the roll-ups are those of what is there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod test_fleet;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::{Actor, Addr};
use atlas_actors::clock::{Clock, Timestamp};
use atlas_actors::historian::codec::BlockCodec;
use atlas_actors::historian::retention::Retention;
use atlas_actors::historian::{Historian, block};
use atlas_actors::machine::open_block::Row;
use atlas_actors::messages::{
    CompactTick, MeasureStorage, ReadRows, ReadSeries, SamplesRecorded, Series, SeriesWanted,
};
use atlas_actors::model::{MachineId, Metric, Samples};
use atlas_actors::store::{Store, StoredBlock, Tier, TieredBlock, TimeRange};
use atlas_actors::supervision::Safety;
use bytes::Bytes;
use proptest::prelude::*;
use test_fleet::memory_store::MemoryStore;
use test_fleet::{TestFleet, machine, report};

/// Midnight; what is tested lies in the days before it.
const NOW: Timestamp = Timestamp::from_secs(1_764_115_200);
const DAYS: i64 = 3;

/// A clock that stands still, half a day after the last midnight.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        NOW.plus(std::time::Duration::from_secs(43_200))
    }
}

fn all() -> TimeRange {
    TimeRange {
        from: Timestamp::default(),
        to: StoppedClock.now(),
    }
}

fn start(store: &MemoryStore) -> Addr<Historian> {
    start_keeping(store, Retention::default())
}

fn start_keeping(store: &MemoryStore, retention: Retention) -> Addr<Historian> {
    let safety = Safety::of_the_quarantine(None, Arc::new(|actor| panic!("{actor} gave up")));
    let codec = BlockCodec::start_pool(&safety);
    let (store, clock) = (Arc::new(store.clone()), Arc::new(StoppedClock));
    Historian::new(store, clock, codec, safety, retention).start()
}

/// A row of the days before `NOW`: the slot says when, the number what.
fn row(slot: u16, number: u16) -> Row {
    let mut samples = Samples::default();
    samples.set(Metric::CpuPercent, Some(f64::from(number) / 10.0));
    samples.set(
        Metric::Load1,
        (!number.is_multiple_of(3)).then_some(f64::from(number)),
    );
    let slots = i64::from(u16::MAX);
    let taken_at = NOW.as_millis() - i64::from(slot) * DAYS * 86_400_000 / slots;
    Row {
        taken_at: Timestamp::from_millis(taken_at),
        samples,
    }
}

async fn compact_all(historian: &Addr<Historian>) {
    while historian.send(CompactTick).await.unwrap().unwrap().is_more_due {}
}

async fn rows(historian: &Addr<Historian>, open: Vec<Row>) -> Vec<Row> {
    let question = ReadRows {
        machine: machine("one"),
        range: all(),
        limit: usize::MAX,
        open,
    };
    historian.send(question).await.unwrap().unwrap()
}

async fn series(historian: &Addr<Historian>, tier: Tier, step_ms: i64, open: Vec<Row>) -> Series {
    let wanted = SeriesWanted {
        metrics: vec![Metric::CpuPercent, Metric::Load1],
        range: TimeRange {
            from: Timestamp::from_millis(NOW.as_millis() - (DAYS + 1) * 86_400_000),
            to: all().to,
        },
        step_ms,
        tier,
        with_p95: false,
    };
    let question = ReadSeries {
        machine: machine("one"),
        wanted,
        open,
    };
    historian.send(question).await.unwrap().unwrap()
}

/// Means are rounded once they are rolled up.
fn is_close(a: &Series, b: &Series) -> bool {
    let near = |a: &Option<f32>, b: &Option<f32>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= b.abs() / 8_000.0 + 0.000_1,
        (a, b) => a == b,
    };
    a.times == b.times
        && a.columns.iter().zip(&b.columns).all(|(a, b)| {
            (&a.min, &a.max, &a.count) == (&b.min, &b.max, &b.count)
                && a.avg.iter().zip(&b.avg).all(|(a, b)| near(a, b))
        })
}

async fn put(store: &MemoryStore, tier: Tier, block: StoredBlock) {
    store.put_block(machine("one"), tier, block).await.unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Record(Vec<(u16, u16)>),
    Compact,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few slots, so that moments come again and blocks overlap; some batches lie close together.
    let slot = prop_oneof![0..64_u16, (0..64_u16).prop_map(|slot| slot * 1_000), any::<u16>()];
    let batch = proptest::collection::vec((slot, 0..1_000_u16), 1..40);
    let step =
        prop_oneof![5 => batch.prop_map(Step::Record), 2 => Just(Step::Compact), 1 => Just(Step::Restart)];
    proptest::collection::vec(step, 1..24)
}

async fn agrees_with_a_plain_model(steps: Vec<Step>) {
    let store = MemoryStore::default();
    let mut historian = start(&store);
    let mut model = BTreeMap::new();
    for step in steps {
        match step {
            Step::Record(batch) => {
                let rows: Vec<Row> = batch.iter().map(|(slot, number)| row(*slot, *number)).collect();
                model.extend(rows.iter().map(|row| (row.taken_at, row.clone())));
                let mut rows = rows;
                rows.sort_by_key(|row| row.taken_at);
                let recorded = SamplesRecorded {
                    machine: machine("one"),
                    rows,
                };
                historian.send(recorded).await.unwrap().unwrap();
            }
            Step::Compact => drop(historian.send(CompactTick).await.unwrap().unwrap()),
            Step::Restart => historian = start(&store),
        }
    }
    // The newest rows are still with the machine, and one of them is there twice.
    let open = vec![row(7, 1), row(9, 2), row(7, 3)];
    model.extend(open.iter().map(|row| (row.taken_at, row.clone())));
    let expected: Vec<Row> = model.into_values().collect();
    let bits = |rows: &[Row]| format!("{rows:?}");
    assert_eq!(bits(&rows(&historian, open.clone()).await), bits(&expected));
    compact_all(&historian).await;
    assert_eq!(bits(&rows(&historian, open.clone()).await), bits(&expected));
    // The open ones are written down before the roll-ups are looked at, since those can't take a
    // moment back that is in both.
    let recorded = SamplesRecorded {
        machine: machine("one"),
        rows: open,
    };
    historian.send(recorded).await.unwrap().unwrap();
    compact_all(&historian).await;
    for (tier, step_ms) in [(Tier::FiveMinutes, 300_000), (Tier::Hour, 3_600_000)] {
        let (raw, rolled_up) = (
            series(&historian, Tier::Raw, step_ms, Vec::new()).await,
            series(&historian, tier, step_ms, Vec::new()).await,
        );
        assert!(is_close(&rolled_up, &raw), "{rolled_up:?}\n{raw:?}");
    }
    let left = store.blocks(machine("one"), Tier::Raw, all()).await.unwrap();
    assert!(left.iter().all(|block| block.range.to >= NOW), "{left:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn history_agrees_with_a_plain_model(steps in steps()) {
        actix_rt::System::new().block_on(agrees_with_a_plain_model(steps));
    }
}

#[actix_rt::test]
async fn a_broken_block_costs_only_itself_and_stays_where_it_is() {
    let store = MemoryStore::default();
    let historian = start(&store);
    for hour in 0..3_u16 {
        let rows = (0..20)
            .rev()
            .map(|n| row(2_000 + hour * 900 + n * 40, n))
            .collect();
        let recorded = SamplesRecorded {
            machine: machine("one"),
            rows,
        };
        historian.send(recorded).await.unwrap().unwrap();
    }
    let blocks = store.blocks(machine("one"), Tier::Raw, all()).await.unwrap();
    assert_eq!(blocks.len(), 3);
    let broken = StoredBlock {
        body: Bytes::from_static(b"\x02nonsense"),
        ..blocks[1].clone()
    };
    put(&store, Tier::Raw, broken.clone()).await;
    assert_eq!(rows(&historian, Vec::new()).await.len(), 40);
    compact_all(&historian).await;
    assert_eq!(rows(&historian, Vec::new()).await.len(), 40);
    let left = store.blocks(machine("one"), Tier::Raw, all()).await.unwrap();
    assert_eq!(left, [broken]);
    assert_eq!(
        store
            .blocks(machine("one"), Tier::RawDay, all())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[actix_rt::test]
async fn a_block_of_old_that_reaches_over_midnight_is_parted() {
    let store = MemoryStore::default();
    let historian = start(&store);
    let midnight = NOW.as_millis() - 86_400_000;
    let rows_over: Vec<Row> = (-30..30)
        .map(|n| Row {
            taken_at: Timestamp::from_millis(midnight + n * 60_000),
            ..row(0, 5)
        })
        .collect();
    let block = block::encode(&rows_over).unwrap();
    put(&store, Tier::Raw, block).await;
    compact_all(&historian).await;
    let days = store.blocks(machine("one"), Tier::RawDay, all()).await.unwrap();
    assert_eq!(days.len(), 2);
    assert_eq!(days[1].range.from.as_millis(), midnight);
    assert_eq!(rows(&historian, Vec::new()).await.len(), 60);
}

#[actix_rt::test]
async fn late_rows_add_to_roll_ups_whose_day_is_gone() {
    let store = MemoryStore::default();
    let historian = start(&store);
    let record = |rows: Vec<Row>| SamplesRecorded {
        machine: machine("one"),
        rows,
    };
    let rows = vec![row(40_000, 100), row(39_900, 300)];
    historian.send(record(rows.clone())).await.unwrap().unwrap();
    compact_all(&historian).await;
    let gone = rows[1].taken_at.plus(std::time::Duration::from_secs(86_400));
    assert_eq!(store.drop_blocks_before(Tier::RawDay, gone).await.unwrap(), 1);
    historian
        .send(record(vec![row(39_850, 500)]))
        .await
        .unwrap()
        .unwrap();
    compact_all(&historian).await;
    let hours = series(&historian, Tier::Hour, 86_400_000, Vec::new()).await;
    assert_eq!(hours.columns[0].count.iter().sum::<u32>(), 3);
    assert_eq!(
        hours.columns[0].max.iter().flatten().copied().fold(0.0, f32::max),
        50.0
    );
}

#[actix_rt::test]
async fn a_tier_that_has_too_many_bytes_loses_the_oldest_days_of_all_machines() {
    let store = MemoryStore::default();
    let day = |days_ago: u32| {
        let from = NOW.minus(std::time::Duration::from_secs(86_400) * days_ago);
        StoredBlock {
            range: TimeRange { from, to: from },
            body: Bytes::from(vec![0; 1_000]),
        }
    };
    for name in ["one", "two"] {
        for days_ago in 1..=4 {
            store
                .put_block(machine(name), Tier::RawDay, day(days_ago))
                .await
                .unwrap();
            store
                .put_block(machine(name), Tier::FiveMinutes, day(days_ago))
                .await
                .unwrap();
        }
    }
    let mut retention = Retention::default();
    retention.raw.bytes_max = Some(5_000);
    retention.five_minutes.days = 2;
    let historian = start_keeping(&store, retention);
    let began = std::time::Instant::now();
    loop {
        let used = store.tier_use(NOW).await.unwrap();
        if used.iter().all(|used| used.blocks <= 4) {
            break;
        }
        assert!(began.elapsed().as_secs() < 20, "{used:?}");
        actix_rt::task::yield_now().await;
    }
    let used = historian.send(MeasureStorage).await.unwrap().unwrap();
    assert_eq!((used.tiers[0].bytes, used.tiers[1].blocks), (4_000, 4));
    for name in ["one", "two"] {
        let kept = store.blocks(machine(name), Tier::RawDay, all()).await.unwrap();
        let expected: Vec<_> = (1..=2).rev().map(day).collect();
        assert_eq!(kept, expected, "{name}");
    }
}

/// What one machine measured in four days, every ten minutes.
fn samples(n: u32) -> Samples {
    let mut samples = Samples::default();
    samples.set(Metric::CpuPercent, Some(f64::from(n * 37 % 1_000) / 10.0));
    samples.set(Metric::NetReceived, Some(f64::from(n * 7_919 % 1_000_003)));
    samples
}

async fn stored(store: &MemoryStore, machine: &MachineId) -> Vec<TieredBlock> {
    let tiers = vec![Tier::RawDay, Tier::FiveMinutes, Tier::Hour];
    let all = TimeRange {
        from: Timestamp::default(),
        to: Timestamp::from_millis(i64::MAX),
    };
    store.blocks_of_tiers(machine.clone(), tiers, all).await.unwrap()
}

/// The rows of a machine that are in day blocks.
async fn settled_rows(store: &MemoryStore, machine: &MachineId) -> usize {
    let found = stored(store, machine).await.into_iter();
    let days = found.filter(|found| found.tier == Tier::RawDay);
    days.map(|day| block::decode(&day.block.body).unwrap().len())
        .sum()
}

#[actix_rt::test]
async fn with_and_without_an_outage_the_stored_series_are_byte_equal() {
    const REPORTS: u32 = 4 * 144;
    let store = MemoryStore::default();
    let test = TestFleet::start_with(Arc::new(store.clone()), Arc::new(test_fleet::PlainEncoder)).await;
    let midnight = test.fleet.now().as_secs() / 86_400 * 86_400;
    let begun = midnight - 5 * 86_400;
    // The second machine's reports of 72 hours come after all others, and again a part of them before.
    let (early, late) = ((0..100), (100..100 + 72 * 6));
    let outage = early
        .chain(532..REPORTS)
        .chain(late.clone())
        .chain(late.rev().step_by(7));
    let orders = [
        ("steady", (0..REPORTS).collect::<Vec<_>>()),
        ("cut-off", outage.collect()),
    ];
    for (name, order) in &orders {
        for (seq, n) in (1..).zip(order) {
            let mut report = report(name, seq);
            report.taken_at = Some(Timestamp::from_secs(begun + i64::from(*n) * 600));
            report.samples = samples(*n);
            test.fleet.record(report).await.unwrap();
            if n % 200 == 0 {
                let _ = test.fleet.compact_history().await.unwrap();
            }
        }
        // Closes the last hour.
        test.record(name, 10_000).await;
    }
    let open = |name: &str| test.fleet.rows(machine(name), all_of(midnight), 9_999);
    test.until("everything is compacted", async |fleet| {
        let _ = fleet.compact_history().await;
        let mut settled = Vec::new();
        for (name, _) in &orders {
            settled.push(settled_rows(&store, &machine(name)).await);
        }
        (settled == [REPORTS as usize; 2]).then_some(())
    })
    .await;
    assert_eq!(open("cut-off").await.unwrap().len(), REPORTS as usize);
    let (steady, cut_off) = (
        stored(&store, &machine("steady")).await,
        stored(&store, &machine("cut-off")).await,
    );
    assert_eq!(steady, cut_off);
}

fn all_of(midnight: i64) -> TimeRange {
    TimeRange {
        from: Timestamp::default(),
        to: Timestamp::from_secs(midnight - 1),
    }
}
