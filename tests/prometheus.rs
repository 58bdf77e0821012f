//! Prometheus's world: what a real Prometheus makes of the server's figures and of its list of machines.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use running::Server;
use serde_json::{Value, json};

fn report(server: &Server, machine: &str, cpu: f64) {
    let report = json!({
        "machine_id": machine,
        "machine_info": {"hostname": "h", "os": "Linux"},
        "metrics": {"cpu": {"percent": cpu, "load_avg": [0.5, 0.4, 0.3]}, "memory": {"percent": 61.0, "used": 4e9}},
    });
    assert_eq!(server.report(report.to_string()).status(), 200);
}

/// A server with two machines.
fn with_machines() -> Server {
    let server = Server::start();
    report(&server, "ci-1", 25.0);
    report(&server, "mac-2.local", 75.0);
    server.until("both are listed", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    server
}

fn text(server: &Server, path: &str) -> String {
    let answer = server.request("GET", path).send().unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    answer.text().unwrap()
}

#[test]
fn a_scrape_has_the_servers_figures_and_machines_only_when_asked_for() {
    let server = with_machines();
    let own = text(&server, "/metrics");
    assert!(own.contains("atlas_machines{presence=\"online\"} 2"), "{own}");
    assert!(
        own.contains(
            "atlas_http_requests_total{method=\"POST\",route=\"/api/fleet/report\",status=\"2xx\"} 2"
        )
    );
    assert!(!own.contains("ci-1"));
    let all = text(&server, "/metrics?machines=all");
    assert!(
        all.contains("atlas_machine_cpu_usage_ratio{machine=\"ci-1\"} 0.25"),
        "{all}"
    );
    assert!(all.contains("atlas_machine_up{machine=\"mac-2.local\",os=\"linux\",presence=\"online\"} 1"));
    assert_eq!(
        all.matches("# TYPE atlas_machine_cpu_usage_ratio gauge").count(),
        1
    );
    let tags = server.request("PUT", "/api/v2/machines/ci-1/tags");
    assert_eq!(
        tags.json(&json!({"tags": ["build"]})).send().unwrap().status(),
        200
    );
    server.until("it has its tag", |list| {
        list["machines"].to_string().contains("build")
    });
    let tagged = text(&server, "/metrics?tag=build");
    assert!(tagged.contains("ci-1") && !tagged.contains("mac-2"), "{tagged}");
    let nobody = server
        .client
        .get(format!("{}/metrics", server.url))
        .send()
        .unwrap();
    assert_eq!(nobody.status(), 401);
}

#[test]
fn promtool_has_nothing_to_say_of_a_scrape() {
    let server = with_machines();
    for path in ["/metrics?machines=all", "/api/v2/machines/ci-1/metrics"] {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let scraped = text(&server, path);
        promtool
            .stdin
            .take()
            .unwrap()
            .write_all(scraped.as_bytes())
            .unwrap();
        let said = promtool.wait_with_output().unwrap();
        let words = [said.stdout, said.stderr].concat();
        assert!(
            said.status.success() && words.is_empty(),
            "{}",
            String::from_utf8_lossy(&words)
        );
    }
}

/// A real Prometheus with a folder of its own; dies with this.
struct Prometheus(Child, u16, reqwest::blocking::Client);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Prometheus {
    fn start(folder: &std::path::Path, config: &str, client: reqwest::blocking::Client) -> Self {
        std::fs::write(folder.join("prometheus.yml"), config).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("prometheus")
            .arg(format!(
                "--config.file={}",
                folder.join("prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child, port, client)
    }

    /// The values of an expression by their label `machine`, once there are so many.
    fn until(&self, expression: &str, count: usize) -> Vec<(String, String)> {
        let started = Instant::now();
        loop {
            let url = format!("http://127.0.0.1:{}/api/v1/query", self.1);
            let url = reqwest::Url::parse_with_params(&url, [("query", expression)]).unwrap();
            let found: Value = self
                .2
                .get(url)
                .send()
                .and_then(reqwest::blocking::Response::json)
                .unwrap_or_default();
            let rows = found["data"]["result"].as_array().cloned().unwrap_or_default();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let mut values: Vec<_> = rows
                .iter()
                .map(|row| (text(&row["metric"]["machine"]), text(&row["value"][1])))
                .collect();
            values.sort();
            if values.len() == count {
                return values;
            }
            assert!(
                started.elapsed() < Duration::from_secs(90),
                "{expression}: {values:?}"
            );
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_real_prometheus_finds_the_machines_by_itself_and_reads_them() {
    let server = with_machines();
    let key = server
        .request("POST", "/api/v2/keys")
        .json(&json!({"name": "prometheus", "scopes": ["metrics:read", "machines:read"]}))
        .send()
        .unwrap();
    let key: Value = key.json().unwrap();
    let key = key["key"].as_str().unwrap();
    let key_file = server.folder.path().join("prometheus.key");
    std::fs::write(&key_file, key).unwrap();
    let host = server.url.trim_start_matches("https://");
    let access = format!(
        "authorization: {{type: Bearer, credentials_file: {}}}, tls_config: {{insecure_skip_verify: true}}",
        key_file.display()
    );
    // This machine's own name may not be known here: its address stands for it.
    let config = format!(
        r#"
global: {{scrape_interval: 1s}}
scrape_configs:
  - {{job_name: atlas, scheme: https, {access}, static_configs: [{{targets: ["{host}"]}}]}}
  - job_name: machines
    authorization: {{type: Bearer, credentials_file: {}}}
    tls_config: {{insecure_skip_verify: true}}
    relabel_configs: [{{target_label: __address__, replacement: "{host}"}}]
    http_sd_configs: [{{url: "https://{host}/api/v2/prometheus/targets", refresh_interval: 1s, {access}}}]
"#,
        key_file.display()
    );
    let prometheus = Prometheus::start(server.folder.path(), &config, server.client.clone());
    let cpu = prometheus.until("atlas_machine_cpu_usage_ratio", 2);
    let expected = [("ci-1", "0.25"), ("mac-2.local", "0.75")];
    assert_eq!(
        cpu,
        expected.map(|(machine, value)| (machine.to_owned(), value.to_owned()))
    );
    let online = prometheus.until("atlas_machines{presence=\"online\"}", 1);
    assert_eq!(online[0].1, "2");
}
