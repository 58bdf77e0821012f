//! How many records a second the embedded engine makes durable: bodies of 400 and 1,200 bytes, spread
//! over 10,000 journals, with 64 and 512 callers that each wait for their answer before they go on.
//! Groups arise as they do in life. Also: the start with 160,000 records. The folder is
//! `ATLAS_BENCH_DIR`, or the system's temporary one; on a RAM disk the figures are the processor's share.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that can't go on has to stop"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_rt::System;
use atlas_actors::clock::SystemClock;
use atlas_actors::model::MachineId;
use atlas_actors::store::{Store, Stream, Version};
use atlas_store::sqlite::{SqliteOptions, SqliteStore};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::stream::{self, StreamExt};
use tempfile::TempDir;

const JOURNALS: usize = 10_000;
const RECORDS: u64 = 20_000;
const CHECKPOINT_EVERY: u64 = 16;

/// One journal as its owner sees it.
struct Owner {
    stream: Stream,
    version: Version,
}

fn folder() -> TempDir {
    match std::env::var_os("ATLAS_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions {
        folder: folder.to_owned(),
        clock: Arc::new(SystemClock),
        on_fatal: Box::new(|reason| panic!("{reason}")),
        bytes_max: None,
    })
    .unwrap()
}

fn owners(count: usize) -> Vec<Owner> {
    let machine = |n| MachineId::parse(&format!("mac-ffm-{n:05}")).unwrap();
    let owner = |n| Owner {
        stream: Stream::Machine(machine(n)),
        version: Version(0),
    };
    (0..count).map(owner).collect()
}

/// One caller: appends to each of its journals in turn, and trims now and then.
async fn append_in_turn(store: &SqliteStore, mine: &mut [Owner], records: u64, body: &Bytes) {
    let count = mine.len();
    for turn in 0..records {
        let owner = &mut mine[usize::try_from(turn).unwrap() % count];
        let appended = store.append(owner.stream.clone(), owner.version, vec![body.clone()]);
        owner.version = appended.await.unwrap();
        if owner.version.0.is_multiple_of(CHECKPOINT_EVERY) {
            store.trim(owner.stream.clone(), owner.version).await.unwrap();
        }
    }
}

async fn append_all(store: &SqliteStore, owners: &mut [Owner], callers: usize, records: u64, body: &Bytes) {
    let share = records.div_ceil(callers as u64);
    let parts = owners.chunks_mut(JOURNALS / callers).take(callers);
    stream::iter(parts)
        .for_each_concurrent(None, |mine| append_in_turn(store, mine, share, body))
        .await;
}

fn appends(criterion: &mut Criterion) {
    let system = System::new();
    let mut group = criterion.benchmark_group("append");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(RECORDS));
    for (bytes, callers) in [(400, 64), (400, 512), (1_200, 64), (1_200, 512)] {
        let folder = folder();
        let store = system.block_on(async { open(folder.path()) });
        let mut owners = owners(JOURNALS);
        let body = Bytes::from(vec![0x5a; bytes]);
        let id = BenchmarkId::new(format!("{bytes} bytes"), format!("{callers} callers"));
        group.bench_function(id, |bencher| {
            bencher.iter_custom(|rounds| {
                let begin = Instant::now();
                for _ in 0..rounds {
                    system.block_on(append_all(&store, &mut owners, callers, RECORDS, &body));
                }
                begin.elapsed()
            });
        });
        system.block_on(store.close());
    }
    group.finish();
}

fn start(criterion: &mut Criterion) {
    let system = System::new();
    let folder = folder();
    system.block_on(async {
        let (store, mut owners) = (open(folder.path()), owners(JOURNALS));
        let body = Bytes::from(vec![0x5a; 1_300]);
        for _ in 0..15 {
            append_all(&store, &mut owners, 500, 10_000, &body).await;
        }
        store.close().await;
    });
    let mut group = criterion.benchmark_group("start");
    group.sample_size(10);
    group.bench_function("150,000 records of 1,300 bytes", |bencher| {
        bencher.iter_custom(|rounds| {
            let open_and_close = async || {
                let begin = Instant::now();
                let store = black_box(open(folder.path()));
                let took = begin.elapsed();
                store.close().await;
                took
            };
            (0..rounds).map(|_| system.block_on(open_and_close())).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, appends, start);
criterion_main!(benches);
