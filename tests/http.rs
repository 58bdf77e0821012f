//! The server over real HTTPS: what agents of 2.0 and scripts rely on, and what bad input gets.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod running;

use running::{KEY, Server};
use serde_json::{Value, json};

fn legacy(machine: &str, cpu: f64) -> String {
    json!({
        "machine_id": machine,
        "machine_info": {"hostname": machine, "os": "Darwin", "serial_number": format!("S-{machine}")},
        "metrics": {"cpu": {"percent": cpu}, "memory": {"percent": 61.0}, "disk": {"percent": 12.0}, "odd": {"kept": true}},
    })
    .to_string()
}

#[test]
fn takes_a_report_of_a_2_0_agent_and_gives_it_back() {
    let server = Server::start();
    let answer: Value = server.report(legacy("mac-1", 95.0)).json().unwrap();
    assert_eq!(
        (
            &answer["status"],
            &answer["e2ee_verified"],
            &answer["db_key_stored"]
        ),
        (&json!("ok"), &json!(false), &json!(false))
    );
    server.until("mac-1 is listed", |list| {
        list["machines"][0]["machine_id"] == "mac-1"
    });
    let machine = server.get("/api/fleet/machine/S-mac-1");
    assert_eq!(machine["status"], "online");
    assert_eq!(machine["latest_metrics"]["odd"]["kept"], true);
    let summary = server.get("/api/fleet/summary");
    assert_eq!(
        (&summary["total_machines"], &summary["alerts"][0]["type"]),
        (&json!(1), &json!("cpu"))
    );
    assert_eq!(
        server.get("/api/fleet/history/mac-1")["history"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let series = server.get("/api/v2/machines/mac-1/series?metrics=cpu_percent");
    assert_eq!(series["series"]["cpu_percent"]["avg"], json!([95.0]));
    assert_eq!(
        series["step_s"], 30,
        "steps finer than the interval would look like gaps"
    );
    let health: Value = server
        .client
        .get(format!("{}/api/fleet/health", server.url))
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!((&health["status"], &health["agents"]), (&json!("ok"), &json!(1)));
}

#[test]
fn refuses_bad_input_with_a_sentence_and_stores_nothing() {
    let server = Server::start();
    let deep = format!(
        r#"{{"machine_id":"a","metrics":{{"a":{}1{}}}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let cases: Vec<(String, u16)> = vec![
        ("nonsense <script>secret</script>".into(), 400),
        ("{}".into(), 400),
        (
            r#"{"machine_id":"a","metrics":{"cpu":{"percent":"secret"}}}"#.into(),
            400,
        ),
        (
            r#"{"machine_id":"a","metrics":{"cpu":{"percent":NaN}}}"#.into(),
            400,
        ),
        (r#"{"machine_id":"a","metrics":{"x":1e999}}"#.into(), 400),
        (r#"{"machine_id":"<img src=x>"}"#.into(), 400),
        (r#"{"machine_id":"a\u0007b"}"#.into(), 400),
        (
            r#"{"machine_id":"a","machine_info":{"hostname":"<b>x</b>"}}"#.into(),
            400,
        ),
        (
            r#"{"machine_id":"a","sent_at":"2020-01-01T00:00:00Z"}"#.into(),
            409,
        ),
        (
            r#"{"machine_id":"a","metrics":{"timestamp":"2020-01-01T00:00:00"}}"#.into(),
            409,
        ),
        (deep, 400),
        (" ".repeat(2 << 20), 413),
    ];
    for (body, status) in cases {
        let shown: String = body.chars().take(60).collect();
        let answer = server.report(body);
        assert_eq!(answer.status(), status, "{shown}");
        let text = answer.text().unwrap();
        let said: Value = serde_json::from_str(&text).unwrap();
        let error = if said["error"].is_object() {
            &said["error"]
        } else {
            &said
        };
        assert!(
            !error["code"].as_str().unwrap().is_empty() && !error["request_id"].as_str().unwrap().is_empty()
        );
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{text}");
        assert!(!text.contains("secret") && !text.contains("/src/"), "{text}");
    }
    assert_eq!(server.get("/api/fleet/machines"), json!({"machines": []}));
}

#[test]
fn keeps_the_texts_that_2_0_clients_read() {
    let server = Server::start();
    assert_eq!(
        server.report("{}").json::<Value>().unwrap()["error"],
        "Missing machine_id"
    );
    let wrong = server
        .client
        .post(format!("{}/api/fleet/report", server.url))
        .header("x-api-key", "wrong")
        .body("{}");
    let answer = wrong.send().unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.json::<Value>().unwrap()["error"].clone()
        ),
        (401, json!("Unauthorized"))
    );
    let unknown = server.request("GET", "/api/fleet/machine/none").send().unwrap();
    assert_eq!(
        (
            unknown.status().as_u16(),
            unknown.json::<Value>().unwrap()["error"].clone()
        ),
        (404, json!("Machine not found"))
    );
}

#[test]
fn tags_forgets_and_hands_commands_only_to_their_machine() {
    let server = Server::start();
    server.report(legacy("mac-1", 5.0));
    server.report(legacy("mac-2", 5.0));
    server.until("both are listed", |list| {
        list["machines"].as_array().unwrap().len() == 2
    });
    let tagged = server
        .request("PUT", "/api/v2/machines/mac-1/tags")
        .json(&json!({"tags": ["studio"]}))
        .send()
        .unwrap();
    assert_eq!(tagged.json::<Value>().unwrap(), json!({"tags": ["studio"]}));
    let queued = server
        .request("POST", "/api/fleet/command/mac-1")
        .json(&json!({"action": "restart_agent", "params": {}}))
        .send()
        .unwrap();
    assert_eq!(queued.status(), 200);
    let poll = |machine: &str, key: &str| {
        let request = server
            .client
            .get(format!("{}/api/fleet/commands/{machine}", server.url))
            .header("x-api-key", key);
        request.send().unwrap()
    };
    assert_eq!(poll("mac-1", "wrong").status(), 401);
    assert_eq!(
        poll("mac-2", KEY).json::<Value>().unwrap(),
        json!({"commands": []})
    );
    assert_eq!(
        poll("mac-1", KEY).json::<Value>().unwrap()["commands"][0]["action"],
        "restart_agent"
    );
    assert_eq!(
        poll("mac-1", KEY).json::<Value>().unwrap(),
        json!({"commands": []})
    );
    assert_eq!(
        server
            .request("DELETE", "/api/v2/machines/mac-1")
            .send()
            .unwrap()
            .status(),
        204
    );
    assert_eq!(
        server
            .request("GET", "/api/fleet/machine/mac-1")
            .send()
            .unwrap()
            .status(),
        404
    );
}

#[test]
fn the_openapi_document_is_the_promised_one() {
    let promised = include_str!("../snapshots/openapi.json");
    let now = atlas::http::openapi::text();
    assert_eq!(
        now.trim(),
        promised.trim(),
        "run `atlas openapi > snapshots/openapi.json` and read the difference"
    );
}
