//! What is on disk after the process or the disk fails under the embedded engine. The tests start this
//! very binary again as a child that appends and prints each acknowledgement; then they end it.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use atlas_actors::clock::SystemClock;
use atlas_actors::model::MachineId;
use atlas_actors::store::{Store, Stream, Version};
use atlas_store::sqlite::{SqliteOptions, SqliteStore};
use bytes::Bytes;
use futures_util::future::try_join_all;

type Failed = Box<dyn Error>;

const FOLDER: &str = "ATLAS_TEST_CHILD_FOLDER";
const JOURNALS: &str = "ATLAS_TEST_CHILD_JOURNALS";
const RECORDS: &str = "ATLAS_TEST_CHILD_RECORDS";
/// The status with which the server ends when its disk has failed (sysexits: EX_IOERR).
const EXIT_DISK_FAILED: i32 = 74;

fn open(folder: &Path) -> Result<SqliteStore, Failed> {
    Ok(SqliteStore::open(SqliteOptions {
        folder: folder.to_owned(),
        clock: Arc::new(SystemClock),
        on_fatal: Box::new(|reason| {
            say(&format!("fatal {reason}"));
            std::process::exit(EXIT_DISK_FAILED);
        }),
        bytes_max: None,
    })?)
}

/// One line, one write: a kill can't leave a line that looks whole and is not.
fn say(line: &str) {
    let _ = std::io::stdout().write_all(format!("\n{line};").as_bytes());
    let _ = std::io::stdout().flush();
}

fn journal(n: u64) -> Result<Stream, Failed> {
    Ok(Stream::Machine(MachineId::parse(&format!("machine-{n}"))?))
}

fn body(journal: u64, version: u64) -> Bytes {
    let mut text = format!("machine {journal} record {version} ").into_bytes();
    text.resize(1_200, b'.');
    Bytes::from(text)
}

/// Appends to one journal and says so each time it is acknowledged.
async fn append_and_say(store: &SqliteStore, n: u64, records: u64) -> Result<(), Failed> {
    let mut version = store.version(journal(n)?).await?;
    for _ in 0..records {
        let record = body(n, version.0 + 1);
        version = store.append(journal(n)?, version, vec![record]).await?;
        say(&format!("ack {n} {}", version.0));
        if version.0.is_multiple_of(16) {
            store.trim(journal(n)?, Version(version.0 - 4)).await?;
        }
    }
    Ok(())
}

#[actix_rt::test]
#[ignore = "the child that the tests here start and end"]
async fn child() -> Result<(), Failed> {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return Ok(());
    };
    let number = |name| -> Result<u64, Failed> { Ok(std::env::var(name)?.parse()?) };
    let (journals, records) = (number(JOURNALS)?, number(RECORDS)?);
    let store = open(Path::new(&folder))?;
    try_join_all((0..journals).map(|n| append_and_say(&store, n, records))).await?;
    store.close().await;
    Ok(())
}

/// The child's command, behind the words of another one.
fn child_command(before: &[&str], folder: &Path, journals: u64, records: u64) -> Result<Command, Failed> {
    let exe = std::env::current_exe()?;
    let mut command = match before.split_first() {
        Some((program, arguments)) => {
            let mut command = Command::new(program);
            command.args(arguments).arg(exe);
            command
        }
        None => Command::new(exe),
    };
    command
        .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(JOURNALS, journals.to_string())
        .env(RECORDS, records.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    Ok(command)
}

/// The highest version of each journal that was acknowledged.
#[derive(Default)]
struct Acknowledged(BTreeMap<u64, u64>);

impl Acknowledged {
    /// Listens until the child has ended; kills it once it has acknowledged `acks_max` records.
    fn listen(&mut self, mut child: Child, acks_max: u64) -> Result<ExitStatus, Failed> {
        let mut acks = 0;
        let output = child.stdout.take().ok_or("the child says nothing")?;
        for line in BufReader::new(output).lines() {
            if self.hear(&line?).is_some() {
                acks += 1;
                if acks == acks_max {
                    child.kill()?;
                }
            }
        }
        Ok(child.wait()?)
    }

    fn hear(&mut self, line: &str) -> Option<()> {
        let (journal, version) = line.strip_prefix("ack ")?.strip_suffix(';')?.split_once(' ')?;
        let version = version.parse().ok()?;
        self.0.insert(journal.parse().ok()?, version);
        Some(())
    }

    /// Every acknowledged record is there, unless it was trimmed, and says what it should.
    async fn check(&self, folder: &Path) -> Result<(), Failed> {
        let store = open(folder)?;
        for (n, acknowledged) in &self.0 {
            let version = store.version(journal(*n)?).await?.0;
            assert!(
                version >= *acknowledged,
                "machine {n}: {acknowledged} was acknowledged, {version} is there"
            );
            let records = store.read(journal(*n)?, Version(0)).await?;
            assert_eq!(records.last().map_or(version, |record| record.version.0), version);
            let first = version - records.len() as u64 + 1;
            assert!(
                first <= version.saturating_sub(4).max(1),
                "machine {n} has lost old records"
            );
            for (record, expected) in records.iter().zip(first..) {
                assert_eq!((record.version.0, &record.body), (expected, &body(*n, expected)));
            }
        }
        assert!(store.verify().await?.damage.is_empty());
        store.close().await;
        Ok(())
    }
}

#[actix_rt::test]
async fn kill_9_loses_nothing_that_was_acknowledged() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut acknowledged = Acknowledged::default();
    for round in 0..12_u64 {
        let acks_max = 1 + RandomState::new().hash_one(round) % 1_500;
        let child = child_command(&[], folder.path(), 20, u64::MAX)?.spawn()?;
        let status = acknowledged.listen(child, acks_max)?;
        assert!(
            !status.success(),
            "the child was to be killed after {acks_max} records"
        );
        acknowledged.check(folder.path()).await?;
    }
    Ok(())
}

/// Whether system calls can be watched and made to fail here.
fn can_trace() -> bool {
    let can = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    let can = can.is_ok_and(|status| status.success());
    if !can {
        eprintln!("SKIPPED: strace is not there or may not trace, so nothing was tested");
    }
    can
}

#[actix_rt::test]
async fn answers_only_after_the_disk_has_it() -> Result<(), Failed> {
    if !can_trace() {
        return Ok(());
    }
    let home = tempfile::tempdir()?;
    let (folder, trace) = (home.path().join("data"), home.path().join("trace"));
    let trace_name = trace.to_string_lossy();
    let before = [
        "strace",
        "-f",
        "-e",
        "trace=fsync,fdatasync,write",
        "-o",
        &trace_name,
    ];
    let child = child_command(&before, &folder, 1, 30)?.spawn()?;
    let mut acknowledged = Acknowledged::default();
    assert!(acknowledged.listen(child, u64::MAX)?.success());
    assert_eq!(acknowledged.0, BTreeMap::from([(0, 30)]));
    let (mut syncs, mut acks) = (0, 0);
    for line in std::fs::read_to_string(trace)?.lines() {
        if line.contains("ack 0 ") {
            assert!(syncs > 0, "an acknowledgement without an fsync before it: {line}");
            (syncs, acks) = (0, acks + 1);
        } else if line.contains("sync") && line.ends_with("= 0") {
            syncs += 1;
        }
    }
    assert_eq!(acks, 30);
    Ok(())
}

#[actix_rt::test]
async fn a_failed_fsync_ends_the_store_and_is_not_tried_again() -> Result<(), Failed> {
    if !can_trace() {
        return Ok(());
    }
    let mut reached = HashMap::new();
    for nth in [1, 2, 3, 7, 20, 50] {
        let folder = tempfile::tempdir()?;
        open(folder.path())?.close().await;
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={nth}");
        let before = [
            "strace",
            "-f",
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            &inject,
            "-o",
            "/dev/null",
        ];
        let child = child_command(&before, folder.path(), 3, 2_000)?.spawn()?;
        let mut acknowledged = Acknowledged::default();
        let status = acknowledged.listen(child, u64::MAX)?;
        assert_eq!(status.code(), Some(EXIT_DISK_FAILED), "at fsync {nth}");
        acknowledged.check(folder.path()).await?;
        reached.insert(nth, acknowledged.0.values().sum::<u64>());
    }
    assert!(reached[&50] > 40, "acknowledged until the failure: {reached:?}");
    Ok(())
}
