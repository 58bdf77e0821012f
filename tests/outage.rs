//! The server is gone for a day, and the agent dies in between: every report arrives, in order, none
//! twice. The day passes in the reports, not in the test: they are put into the agent's real spool by the
//! agent's own code, and the agent that is killed, and brings them, is the real program.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atlas::agent::spool::backlog::{Backlog, Kept};
use atlas::wire::report_v1::{AgentV1, MachineInfoV1, MetricsV1, ReportV1};
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::model::MachineId;
use atlas_actors::store::{Store, Stream};
use atlas_store::SqliteStore;
use atlas_store::sqlite::SqliteOptions;
use running::Server;
use running::agent::{Agent, waiting};

/// A day of reports at 30 s.
const REPORTS: u64 = 2_880;
const INTERVAL: Duration = Duration::from_secs(30);
/// Its own reports come once an hour, so that they don't get between those of the day.
const CONFIG: &str = "report_interval: 3600, retry: {backoff: 0.2}, circuit_breaker: {timeout: 1}";

/// What the agent measured in that part of the day; then it dies as by kill -9, with nothing closed.
fn measure(spool: &Path, limit_bytes: u64, began: Timestamp, numbers: std::ops::RangeInclusive<u64>) {
    let disk = atlas::agent::spool::open(spool, limit_bytes).unwrap();
    let mut backlog = Backlog::new(disk, VecDeque::new());
    for number in numbers {
        let taken_at = began.plus(INTERVAL * u32::try_from(number).unwrap());
        let kept = backlog.keep(ReportV1 {
            machine_id: "m".to_owned(),
            taken_at,
            interval_s: 30,
            agent: AgentV1::this_one(),
            machine_info: MachineInfoV1::default(),
            metrics: MetricsV1 {
                uptime_seconds: Some(number),
                ..MetricsV1::default()
            },
            ..blank()
        });
        assert_eq!(kept, Kept::OnDisk);
    }
}

fn blank() -> ReportV1 {
    serde_json::from_str(
        r#"{"machine_id":"","taken_at":"2026-01-01T00:00:00Z","interval_s":1,"dropped":0,
            "agent":{"kind":"","version":""},"machine_info":{},"metrics":{}}"#,
    )
    .unwrap()
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "waited in vain: {what}"
        );
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// The numbers of the reports that the server has, in the order of their moments.
fn numbers(server: &Server) -> Vec<u64> {
    let history = server.get("/api/fleet/history/m?limit=10000");
    let rows = history["history"].as_array().unwrap().iter();
    rows.filter_map(|row| row["metrics"]["uptime_seconds"].as_f64())
        .map(|number| number as u64)
        .collect()
}

/// How many records the machine's journal ever got.
fn journalled(home: &Path) -> u64 {
    let folder = home.join(".fleet_monitoring/data/store");
    actix_rt::System::new().block_on(async move {
        let options = SqliteOptions {
            folder,
            clock: Arc::new(SystemClock),
            on_fatal: Box::new(|reason| panic!("{reason}")),
            bytes_max: None,
        };
        let store = SqliteStore::open(options).unwrap();
        let version = store.version(Stream::Machine(MachineId::parse("m").unwrap()));
        let version = version.await.unwrap();
        store.close().await;
        version.0
    })
}

#[test]
fn of_a_day_without_a_server_and_with_a_killed_agent_every_report_arrives_in_order_and_none_twice() {
    let mut server = Server::start();
    let mut agent = Agent::enrol(&server, "m", CONFIG);
    server.kill();
    let spool = agent.folder().join("spool");
    let began = SystemClock
        .now()
        .minus(INTERVAL * u32::try_from(REPORTS + 1).unwrap());
    measure(&spool, 16 << 20, began, 1..=REPORTS / 2);
    // The real program in the middle of the outage, killed before it has measured anything.
    let ledger = std::fs::metadata(spool.join("ledger.json"))
        .unwrap()
        .modified()
        .unwrap();
    agent.run();
    until("the agent has its spool", || {
        let file = std::fs::metadata(spool.join("ledger.json"));
        file.is_ok_and(|file| file.modified().unwrap() > ledger)
    });
    agent.kill();
    assert_eq!(waiting(&spool) as u64, REPORTS / 2);
    measure(&spool, 16 << 20, began, REPORTS / 2 + 1..=REPORTS);

    server.restart_at_its_address("server");
    agent.run();
    until("a part has arrived", || waiting(&spool) < 2_000);
    agent.kill();
    let left = waiting(&spool);
    assert!(left > 100, "{left} were left when it was killed");
    agent.run();
    until("all have arrived", || waiting(&spool) == 0);
    server.until("the newest is shown", |list| {
        list["machines"][0]["interval_s"] == 3_600
    });

    let arrived = numbers(&server);
    let of_the_day: Vec<_> = (1..=REPORTS).collect();
    assert_eq!(arrived[..REPORTS as usize], of_the_day);
    let own = arrived.len() as u64 - REPORTS;
    assert!((1..=2).contains(&own), "{own} reports of the program's own runs");
    let machine = server.get("/api/fleet/machine/m");
    assert_eq!(machine["agent"]["dropped_reports"], 0);
    assert_eq!(
        machine["agent"]["late_reports"], 0,
        "each came after the one before"
    );
    agent.kill();
    server.signal("TERM");
    assert!(server.wait().success());
    let journalled = journalled(server.folder.path());
    // Beside the reports, what the program's own ones explain.
    assert!(
        (REPORTS + own..=REPORTS + 3 * own).contains(&journalled),
        "{journalled} records"
    );
    println!("{REPORTS} of {REPORTS} reports in order, {left} of them after the second kill");
}

#[test]
fn a_spool_that_is_full_drops_the_oldest_first_and_the_machines_page_says_how_many() {
    let mut server = Server::start();
    let mut agent = Agent::enrol(&server, "m", &format!("spool_size: 131072, {CONFIG}"));
    server.kill();
    let spool = agent.folder().join("spool");
    let began = SystemClock.now().minus(INTERVAL * 101);
    // A report takes a block of 4 KiB: 32 fit.
    measure(&spool, 128 << 10, began, 1..=100);
    assert_eq!(waiting(&spool), 32);
    server.restart_at_its_address("server");
    agent.run();
    server.until("the machine is there", |list| {
        list["machines"].as_array().unwrap().len() == 1
    });
    until("all have arrived", || {
        waiting(&spool) == 0 && numbers(&server).len() > 31
    });
    let arrived = numbers(&server);
    // The agent's own report may have cost the place of one more.
    assert_eq!(arrived[1..32], (70..=100).collect::<Vec<_>>(), "{arrived:?}");
    // The last of them was made before the one that it pushed out was counted: the next one tells.
    until("the machine's page says how many were dropped", || {
        let machine = server.get("/api/fleet/machine/m");
        (68..=69).contains(&machine["agent"]["dropped_reports"].as_u64().unwrap())
    });
}
