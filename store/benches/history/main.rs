//! What history takes on the disk and how long questions take, on two traces: a noisy one that is made
//! up (20 metrics each 30 s, for some machines and days), and what this very machine does, looked at
//! quickly (`ATLAS_BENCH_OWN=1`, two and a half minutes). Rows go the whole way: filed hour by hour,
//! compacted, rolled up; all bytes of the database's file count. Prints figures, asserts nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that can't go on has to stop"
)]

mod own_machine;
mod trace;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, Addr};
use atlas_actors::clock::{Clock, Timestamp};
use atlas_actors::historian::Historian;
use atlas_actors::historian::codec::BlockCodec;
use atlas_actors::historian::retention::Retention;
use atlas_actors::machine::open_block::Row;
use atlas_actors::messages::{CompactTick, ReadSeries, SamplesRecorded, SeriesWanted};
use atlas_actors::model::{MachineId, Metric};
use atlas_actors::store::{Store, Tier, TimeRange};
use atlas_actors::supervision::Safety;
use atlas_store::SqliteStore;
use atlas_store::sqlite::SqliteOptions;

/// Midnight; the traces end here.
const END: Timestamp = Timestamp::from_secs(1_764_115_200);

/// Half a day later, so that all days are due.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        END.plus(std::time::Duration::from_secs(43_200))
    }
}

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

fn open(folder: &Path) -> Arc<SqliteStore> {
    let options = SqliteOptions {
        folder: folder.to_owned(),
        clock: Arc::new(StoppedClock),
        on_fatal: Box::new(|reason| panic!("{reason}")),
        bytes_max: None,
    };
    Arc::new(SqliteStore::open(options).unwrap())
}

fn historian(store: &Arc<SqliteStore>) -> Addr<Historian> {
    let safety = Safety::of_the_quarantine(None, Arc::new(|actor| panic!("{actor}")));
    let codec = BlockCodec::start_pool(&safety);
    let (store, clock) = (store.clone(), Arc::new(StoppedClock));
    Historian::new(store, clock, codec, safety, Retention::default()).start()
}

fn machine(n: u32) -> MachineId {
    MachineId::parse(&format!("mac-ffm-{n:05}")).unwrap()
}

fn samples(rows: &[Row]) -> u64 {
    let of_row = |row: &Row| {
        Metric::ALL
            .iter()
            .filter(|metric| row.samples.get(**metric).is_some())
            .count()
    };
    rows.iter().map(|row| of_row(row) as u64).sum()
}

/// Files rows hour by hour, as a machine does.
async fn file(historian: &Addr<Historian>, n: u32, rows: &[Row]) {
    for hour in rows.chunk_by(|a, b| a.taken_at.as_secs() / 3_600 == b.taken_at.as_secs() / 3_600) {
        let recorded = SamplesRecorded {
            machine: machine(n),
            rows: hour.to_vec(),
        };
        historian.send(recorded).await.unwrap().unwrap();
    }
}

async fn bytes(store: &SqliteStore, tiers: &[Tier]) -> u64 {
    let used = store.tier_use(END).await.unwrap();
    used.iter()
        .filter(|used| tiers.contains(&used.tier))
        .map(|used| used.bytes)
        .sum()
}

fn file_bytes(folder: &Path) -> u64 {
    std::fs::metadata(folder.join("atlas.db")).unwrap().len()
}

/// Files, compacts and measures; leaves the store closed.
async fn measure(name: &str, folder: &Path, rows_of: impl Fn(u32) -> Vec<Row>, machines: u32) {
    let store = open(folder);
    let historian = historian(&store);
    let mut all = 0;
    let began = Instant::now();
    for n in 0..machines {
        let rows = rows_of(n);
        all += samples(&rows);
        file(&historian, n, &rows).await;
    }
    let filing = began.elapsed();
    let each = |bytes: u64| bytes as f64 / all as f64;
    println!("{name}: {all} samples of {machines} machines");
    println!(
        "  hour blocks          {:.3} bytes a sample",
        each(bytes(&store, &[Tier::Raw]).await)
    );
    let (began, mut days) = (Instant::now(), 0);
    loop {
        let compacted = historian.send(CompactTick).await.unwrap().unwrap();
        days += compacted.days;
        if !compacted.is_more_due {
            break;
        }
    }
    let compacting = began.elapsed();
    println!(
        "  day blocks           {:.3}",
        each(bytes(&store, &[Tier::RawDay, Tier::Raw]).await)
    );
    println!(
        "  + five minutes       {:.3}",
        each(bytes(&store, &[Tier::FiveMinutes]).await)
    );
    println!(
        "  + hours              {:.3}",
        each(bytes(&store, &[Tier::Hour]).await)
    );
    println!(
        "  filing {filing:.1?}, compacting {days} days {compacting:.1?} ({:.2?} a day)",
        compacting / days.max(1) as u32
    );
    store.close().await;
    compact_file(folder);
    println!(
        "  file after VACUUM    {:.3} with both roll-ups",
        each(file_bytes(folder))
    );
    drop_roll_ups(folder);
    println!(
        "  file, raw tier alone {:.3} (P5: at most 1.2)",
        each(file_bytes(folder))
    );
}

fn compact_file(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("atlas.db")).unwrap();
    database
        .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
}

fn drop_roll_ups(folder: &Path) {
    let copy = rusqlite::Connection::open(folder.join("atlas.db")).unwrap();
    copy.execute_batch(
        "DELETE FROM blocks WHERE tier IN ('5m', '1h'); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)",
    )
    .unwrap();
}

/// How long questions take, the store just opened.
async fn ask(folder: &Path, rows_of: impl Fn(u32) -> Vec<Row>, machines: u32) {
    let store = open(folder);
    let historian = historian(&store);
    for n in 0..machines {
        file(&historian, n, &rows_of(n)).await;
    }
    while historian.send(CompactTick).await.unwrap().unwrap().is_more_due {}
    store.close().await;
    let store = open(folder);
    let historian = self::historian(&store);
    let question = |n: u32, days: i64, step_ms: i64, tier: Tier| ReadSeries {
        machine: machine(n),
        wanted: SeriesWanted {
            metrics: vec![Metric::CpuPercent],
            range: TimeRange {
                from: Timestamp::from_secs(END.as_secs() - days * 86_400),
                to: Timestamp::from_millis(END.as_millis() - 1),
            },
            step_ms,
            tier,
            with_p95: false,
        },
        open: Vec::new(),
    };
    let began = Instant::now();
    let day = historian
        .send(question(0, 1, 30_000, Tier::Raw))
        .await
        .unwrap()
        .unwrap();
    println!(
        "24 h of one machine, one metric, cold: {:.2?}, {} steps",
        began.elapsed(),
        day.times.len()
    );
    let began = Instant::now();
    for n in 0..machines {
        let _ = historian
            .send(question(n, 7, 300_000, Tier::FiveMinutes))
            .await
            .unwrap()
            .unwrap();
    }
    println!(
        "7 days at 5 minutes, {machines} machines one by one: {:.1?}",
        began.elapsed()
    );
    store.close().await;
}

fn main() {
    let (machines, days) = (number("ATLAS_BENCH_MACHINES", 50), number("ATLAS_BENCH_DAYS", 7));
    let own = std::env::var_os("ATLAS_BENCH_OWN").map(|_| own_machine::rows(END));
    actix_rt::System::new().block_on(async {
        let rows = |n: u32| trace::rows(n, days, END);
        let folder = tempfile::tempdir().unwrap();
        measure("the noisy trace", folder.path(), rows, machines).await;
        let folder = tempfile::tempdir().unwrap();
        ask(folder.path(), rows, machines).await;
        if let Some(own) = own {
            let folder = tempfile::tempdir().unwrap();
            measure(
                "this machine, looked at quickly",
                folder.path(),
                |_| own.clone(),
                50,
            )
            .await;
        }
    });
}
