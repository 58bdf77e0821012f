//! History as its users have it: questions over HTTPS and on the command line, out of all tiers; what it
//! takes; and a server that is killed while it compacts.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::historian::block;
use atlas_actors::historian::buckets::Buckets;
use atlas_actors::machine::open_block::Row;
use atlas_actors::model::{MachineId, Metric, Samples};
use atlas_actors::store::{Store, Tier, TimeRange};
use atlas_store::SqliteStore;
use atlas_store::sqlite::SqliteOptions;
use running::{Server, atlas, code};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(86_400);
/// Rows that a machine has in a day.
const ROWS: i64 = 144;

fn store_of(home: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions {
        folder: home.join(".fleet_monitoring/data/store"),
        clock: Arc::new(SystemClock),
        on_fatal: Box::new(|reason| panic!("{reason}")),
        bytes_max: None,
    })
    .unwrap()
}

/// The beginning of the day so many days ago.
fn midnight(days_ago: u32) -> Timestamp {
    let now = SystemClock.now().as_secs();
    Timestamp::from_secs(now / 86_400 * 86_400).minus(DAY * days_ago)
}

/// A machine's day: every ten minutes, the hour of the day as percent.
fn day(days_ago: u32) -> Vec<Row> {
    let row = |n: i64| {
        let mut samples = Samples::default();
        samples.set(Metric::CpuPercent, Some(f64::from(u32::try_from(n / 6).unwrap())));
        samples.set(Metric::MemoryUsed, Some(8e9));
        Row {
            taken_at: Timestamp::from_millis(midnight(days_ago).as_millis() + n * 600_000),
            samples,
        }
    };
    (0..ROWS).map(row).collect()
}

/// Writes days of machines as closed blocks, six rows each, while no server runs.
fn fill(home: &Path, machines: &[String], days: std::ops::RangeInclusive<u32>) {
    actix_rt::System::new().block_on(async {
        let store = store_of(home);
        let mut writing = Vec::new();
        for machine in machines {
            for rows in days.clone().map(day) {
                for hour in rows.chunks(6) {
                    let block = block::encode(hour).unwrap();
                    let id = MachineId::parse(machine).unwrap();
                    writing.push(store.put_block(id, Tier::Raw, block));
                    if writing.len() >= 1_000 {
                        for written in writing.drain(..) {
                            written.await.unwrap();
                        }
                    }
                }
            }
        }
        for written in writing {
            written.await.unwrap();
        }
        store.close().await;
    });
}

/// A server whose machines have days of history, all of it compacted.
fn with_history(machines: &[&str], days: u32) -> Server {
    let mut server = Server::start();
    for machine in machines {
        let report = json!({"machine_id": machine, "metrics": {"cpu": {"percent": 3.0}}});
        assert_eq!(server.report(report.to_string()).status(), 200);
    }
    server.kill();
    let names: Vec<String> = machines.iter().map(|name| (*name).to_owned()).collect();
    fill(server.folder.path(), &names, 1..=days);
    let server = server.kill_and_restart();
    compacted(&server, machines.len() as u64, days);
    server
}

/// How many blocks a tier has by now.
fn blocks(home: &Path, tier: Tier) -> u64 {
    let file = home.join(".fleet_monitoring/data/store/atlas.db");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(file, flags).unwrap();
    let count = "SELECT count(*) FROM blocks WHERE tier = ?1";
    database
        .query_row(count, [tier.name()], |row| row.get::<_, i64>(0))
        .unwrap()
        .try_into()
        .unwrap()
}

/// Whether yesterday is due: days are compacted two hours after their end.
fn is_yesterday_due() -> bool {
    SystemClock.now().since(midnight(0)) > Duration::from_secs(7_200)
}

/// Waits until so many days of machines are rolled up.
fn compacted(server: &Server, machines: u64, days: u32) {
    let due = machines * u64::from(days - u32::from(!is_yesterday_due()));
    let began = std::time::Instant::now();
    while blocks(server.folder.path(), Tier::FiveMinutes) < due {
        assert!(began.elapsed() < Duration::from_secs(60), "not compacted");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

fn text(server: &Server, path: &str) -> String {
    let answer = server.request("GET", path).send().unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().unwrap()
}

fn refusal(server: &Server, path: &str) -> (u16, String) {
    let answer = server.request("GET", path).send().unwrap();
    (answer.status().as_u16(), code(answer))
}

#[test]
fn questions_are_answered_out_of_the_tier_that_fits() {
    let server = with_history(&["mac-1", "-2+3", "studio"], 10);
    let tags = json!({"tags": ["north"]});
    for machine in ["mac-1", "studio"] {
        let tagging = server.request("PUT", &format!("/api/v2/machines/{machine}/tags"));
        assert_eq!(tagging.json(&tags).send().unwrap().status(), 200);
    }
    server.until("readers see the tags", |list| {
        let machines = list["machines"].as_array().unwrap();
        machines
            .iter()
            .filter(|machine| machine["tags"] == tags["tags"])
            .count()
            == 2
    });
    let span = format!(
        "from={}&to={}",
        midnight(5),
        Timestamp::from_millis(midnight(3).as_millis() - 1)
    );
    let raw = server.get(&format!(
        "/api/v2/query?metrics=cpu_percent&machines=mac-1&{span}&step=10m&aggregate=count"
    ));
    assert_eq!((&raw["tier"], &raw["machines"]), (&json!("5m"), &json!(1)));
    let counts = raw["series"][0]["values"].as_array().unwrap();
    assert_eq!(counts.len(), 288);
    assert!(counts.iter().all(|count| *count == json!(1.0)));
    let fine = server.get(&format!(
        "/api/v2/query?metrics=cpu_percent&machines=mac-1&{span}&step=200"
    ));
    assert_eq!(fine["tier"], "raw");
    let hours = server.get(&format!(
        "/api/v2/query?metrics=cpu_percent,memory_used_bytes&{span}&step=1h&aggregate=max"
    ));
    assert_eq!((&hours["tier"], &hours["step_s"]), (&json!("1h"), &json!(3_600)));
    let series = hours["series"].as_array().unwrap();
    assert_eq!(series.len(), 6);
    for line in series.iter().filter(|line| line["metric"] == "cpu_percent") {
        let values: Vec<f64> = line["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_f64().unwrap())
            .collect();
        let expected: Vec<f64> = (0..48).map(|hour| f64::from(hour % 24)).collect();
        assert_eq!(values, expected);
    }
    machines_are_put_together(&server, &span);
    let csv = tables_are_safe_to_open(&server, &span);
    let chart = server.get(&format!(
        "/api/v2/machines/mac-1/series?metrics=cpu_percent&{span}&points=48"
    ));
    assert_eq!((&chart["tier"], &chart["step_s"]), (&json!("1h"), &json!(3_600)));
    let recent = server.get("/api/fleet/history/mac-1?limit=10000");
    assert_eq!(recent["history"].as_array().unwrap().len(), 10 * 144 + 1);
    the_command_line_shows_the_same(&server, &span, &csv);
}

fn machines_are_put_together(server: &Server, span: &str) {
    let north = server.get(&format!(
        "/api/v2/query?metrics=cpu_percent&tags=north&{span}&step=12h&across=sum"
    ));
    assert_eq!(north["series"].as_array().unwrap().len(), 1);
    assert_eq!(north["series"][0]["values"], json!([11.0, 35.0, 11.0, 35.0]));
    assert!(north["series"][0].get("machine_id").is_none());
    let p95 = server.get(&format!(
        "/api/v2/query?metrics=cpu_percent&filter=STUDIO&{span}&step=1d&aggregate=p95"
    ));
    assert_eq!(
        (&p95["tier"], &p95["series"][0]["values"]),
        (&json!("raw"), &json!([22.0, 22.0]))
    );
    let top = server.get(&format!("/api/v2/query?metrics=cpu_percent&top=2&{span}"));
    assert_eq!(top["series"].as_array().unwrap().len(), 2);
}

fn tables_are_safe_to_open(server: &Server, span: &str) -> String {
    let csv = text(
        server,
        &format!("/api/v2/query?metrics=cpu_percent&machines=-2%2B3&{span}&step=1d&format=csv"),
    );
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "time,machine_id,metric,value");
    assert_eq!(lines[1], format!("{},'-2+3,cpu_percent,11.5", midnight(5)));
    assert_eq!(lines.len(), 3);
    let jsonl = text(
        server,
        &format!("/api/v2/query?metrics=cpu_percent&{span}&step=1d&format=jsonl"),
    );
    let first: Value = serde_json::from_str(jsonl.lines().next().unwrap()).unwrap();
    assert_eq!((jsonl.lines().count(), &first["value"]), (6, &json!(11.5)));
    csv
}

fn the_command_line_shows_the_same(server: &Server, span: &str, csv: &str) {
    let port = server.port().to_string();
    let (from, to) = span.trim_start_matches("from=").split_once("&to=").unwrap();
    let ask = |more: &[&str]| {
        let said = atlas(server.folder.path())
            .args(more)
            .args(["--port", &port])
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap()
    };
    let question = [
        "query",
        "cpu_percent",
        "--machine=-2+3",
        "--from",
        from,
        "--to",
        to,
    ];
    assert_eq!(ask(&[&question[..], &["--step", "1d", "--csv"]].concat()), csv);
    let table = ask(&question);
    assert!(
        table.contains("-2+3") && table.contains('█') && table.contains("from the tier"),
        "{table}"
    );
    let storage: Value = serde_json::from_str(&ask(&["storage", "--json"])).unwrap();
    assert_eq!(storage["tiers"][1]["tier"], "5m");
    assert!(storage["history_bytes"].as_u64().unwrap() > 0 && storage["free_bytes"].as_u64().unwrap() > 0);
    assert!(ask(&["storage"]).contains("disk"));
    assert_eq!(
        server.get("/api/fleet/storage")["tiers"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn what_can_not_be_answered_is_said_clearly() {
    let server = Server::start();
    let cases = [
        ("", (400, "invalid_query")),
        ("metrics=", (400, "invalid_query")),
        ("metrics=nonsense", (400, "unknown_metric")),
        ("metrics=load_1&machines=nobody", (404, "machine_not_found")),
        ("metrics=load_1&from=yesterday", (400, "invalid_time")),
        ("metrics=load_1&from=-1h&to=-2h", (400, "invalid_range")),
        ("metrics=load_1&step=0", (400, "invalid_query")),
        ("metrics=load_1&step=1s&from=-1d", (400, "query_too_large")),
        ("metrics=load_1&aggregate=median", (400, "invalid_query")),
        ("metrics=load_1&aggregate=p95&from=-90d", (400, "invalid_query")),
        ("metrics=load_1,load_5&top=3", (400, "invalid_query")),
        ("metrics=load_1&top=3&across=avg", (400, "invalid_query")),
        ("metrics=load_1&format=xlsx", (400, "invalid_query")),
        ("metrics=load_1&machine=typo", (400, "malformed_query")),
    ];
    for (query, (status, word)) in cases {
        let refused = refusal(&server, &format!("/api/v2/query?{query}"));
        assert_eq!(refused, (status, word.to_owned()), "{query}");
    }
    let empty = server.get("/api/v2/query?metrics=load_1");
    assert_eq!((&empty["series"], &empty["machines"]), (&json!([]), &json!(0)));
}

#[test]
fn what_is_no_longer_kept_raw_is_answered_by_the_five_minutes() {
    let mut server = with_history(&["mac-1"], 8);
    server.kill();
    let folder = server.folder.clone();
    drop(server);
    let few_days = [("ATLAS__FLEET__SERVER__HISTORY__RAW__DAYS", "3")];
    let server = Server::start_in(folder, "server", &few_days);
    let began = std::time::Instant::now();
    while blocks(server.folder.path(), Tier::RawDay) > 3 {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing was dropped");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let asked = format!(
        "/api/v2/query?metrics=cpu_percent&from={}&step=60&aggregate=max",
        midnight(7)
    );
    let answer = server.get(&asked);
    assert_eq!((&answer["tier"], &answer["step_s"]), (&json!("5m"), &json!(300)));
    let known = answer["series"][0]["values"].as_array().unwrap().iter();
    assert!(known.filter(|value| !value.is_null()).count() >= 6 * 144);
}

/// All that the store has of machines: it must be what was written, each row once.
fn check(home: &Path, machines: &[String], days: u32) -> usize {
    actix_rt::System::new().block_on(async {
        let store = store_of(home);
        let all = TimeRange {
            from: Timestamp::default(),
            to: SystemClock.now(),
        };
        let mut compacted = 0;
        for machine in machines {
            let id = MachineId::parse(machine).unwrap();
            let found = store.blocks_of_tiers(id, Tier::ALL.to_vec(), all).await.unwrap();
            let (mut times, mut of_day, mut of_five, mut of_hour) = (BTreeSet::new(), 0, 0, 0);
            for found in found {
                let count = |body: &[u8]| {
                    let buckets = Buckets::decode(body, &[Metric::CpuPercent]).unwrap();
                    buckets.columns[0].count.iter().sum::<u32>() as usize
                };
                match found.tier {
                    Tier::FiveMinutes => of_five += count(&found.block.body),
                    Tier::Hour => of_hour += count(&found.block.body),
                    Tier::Raw | Tier::RawDay => {
                        let rows = block::decode(&found.block.body).unwrap();
                        of_day += if found.tier == Tier::RawDay { rows.len() } else { 0 };
                        for row in rows {
                            assert!(times.insert(row.taken_at), "{machine} has {} twice", row.taken_at);
                        }
                    }
                }
            }
            assert_eq!(times.len() as i64, i64::from(days) * ROWS, "{machine}");
            assert_eq!((of_five, of_hour), (of_day, of_day), "{machine}");
            compacted += of_day;
        }
        store.close().await;
        compacted
    })
}

#[test]
fn nothing_is_lost_or_doubled_when_the_server_is_killed_while_it_compacts() {
    const DAYS: u32 = 3;
    let kills: u32 = std::env::var("ATLAS_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(4);
    let machines: Vec<String> = (0..60).map(|n| format!("m{n}")).collect();
    let mut server = Server::start();
    server.kill();
    fill(server.folder.path(), &machines, 1..=DAYS);
    let mut compacted = Vec::new();
    for _ in 0..kills {
        server = server.kill_and_restart();
        let before = blocks(server.folder.path(), Tier::RawDay);
        let began = std::time::Instant::now();
        // The kill must come while there is work under way.
        while blocks(server.folder.path(), Tier::RawDay) == before {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "compaction never began"
            );
            std::thread::park_timeout(Duration::from_millis(5));
        }
        std::thread::park_timeout(Duration::from_millis(u64::from(getrandom::u32().unwrap() % 150)));
        server.kill();
        compacted.push(check(server.folder.path(), &machines, DAYS));
    }
    println!("kills {kills}, rows compacted at each: {compacted:?}, lost 0, twice 0");
    assert!(compacted.is_sorted() && compacted[0] > 0, "{compacted:?}");
}
