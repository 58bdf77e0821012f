//! Commands as the tests ask for them: previewed, signed with an operator's key, queued and followed.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use atlas::wire::agent_commands::{COMMANDS_ROUTE, RESULTS_ROUTE};
use atlas::wire::base64;
use atlas::wire::enrolment::identity::AgentIdentity;
use atlas::wire::envelope_v2::{Compression, Context, EnvelopeV2, Outgoing};
use atlas::wire::operator_key::OperatorKey;
use atlas::wire::signed_command::sign_as_operator;
use atlas_actors::clock::{Clock, SystemClock};
use reqwest::blocking::Response;
use serde_json::{Value, json};

use super::Server;

/// What a machine allows whose root trusts its operators with everything that tests do.
pub const LOOSE: &str =
    "monitor_only: false\nallow: [run_script, kill_process, clear_dns_cache, upgrade_agent]\n";

/// An operator whose public key the server knows.
pub fn operator(server: &Server) -> OperatorKey {
    let key = OperatorKey::random().unwrap();
    let asked = json!({"name": "tests", "public_key": key.public().to_string()});
    let answer = server
        .request("POST", "/api/v2/me/operator-keys")
        .json(&asked)
        .send()
        .unwrap();
    assert_eq!(answer.status(), 201, "{:?}", answer.text());
    key
}

/// Writes a machine's policy.
pub fn allow(folder: &Path, policy: &str) {
    let path = folder.join("policy.yaml");
    std::fs::write(&path, policy).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Keeps a script; its id.
pub fn script(server: &Server, id: &str, content: &str) -> String {
    let asked = json!({"script_id": id, "content": content});
    let answer = server
        .request("POST", "/api/v2/scripts")
        .json(&asked)
        .send()
        .unwrap();
    assert_eq!(answer.status(), 201, "{:?}", answer.text());
    id.to_owned()
}

/// Asks for commands, whatever comes of it.
pub fn ask(server: &Server, asked: &Value) -> Response {
    server
        .request("POST", "/api/v2/commands")
        .json(asked)
        .send()
        .unwrap()
}

/// Queues commands; the batch.
pub fn queue(server: &Server, asked: &Value) -> Value {
    let answer = ask(server, asked);
    let status = answer.status();
    let text = answer.text().unwrap();
    assert_eq!(status, 201, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The same with a preview that an operator signs.
pub fn queue_signed(server: &Server, key: &OperatorKey, asked: &Value) -> Value {
    queue(server, &sign(server, key, asked))
}

/// What is to be sent of a preview that an operator has signed.
pub fn sign(server: &Server, key: &OperatorKey, asked: &Value) -> Value {
    let mut asked = asked.clone();
    asked["dry_run"] = true.into();
    let preview: Value = ask(server, &asked).json().unwrap();
    let targets = preview["targets"]
        .as_array()
        .unwrap_or_else(|| panic!("{preview}"));
    let signed = targets.iter().map(|target| {
        let payload = target["payload"].as_str().unwrap();
        let signature = sign_as_operator(key, &base64::decode(payload).unwrap());
        json!({"payload": payload, "kid": signature.kid, "sig": signature.sig})
    });
    asked["signed"] = signed.collect();
    asked["batch_id"] = preview["batch_id"].clone();
    asked["dry_run"] = false.into();
    asked
}

/// A run of a script on a machine.
pub fn run_script(machine: &str, script: &str, argv: &[&str]) -> Value {
    json!({
        "targets": {"machines": [machine]},
        "action": "run_script",
        "args": {"script_id": script, "argv": argv},
        "reason": "a test",
    })
}

/// The id of a batch's only command.
pub fn only(batch: &Value) -> String {
    batch["commands"][0]["command_id"].as_str().unwrap().to_owned()
}

/// A command.
pub fn command(server: &Server, id: &str) -> Value {
    server.get(&format!("/api/v2/commands/{id}"))
}

/// Waits until a command is in one of these states.
pub fn until(server: &Server, id: &str, states: &[&str]) -> Value {
    let began = Instant::now();
    loop {
        let command = command(server, id);
        if states.contains(&command["state"].as_str().unwrap()) {
            return command;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "waited for {states:?}: {command}"
        );
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Waits until a command has come to its end.
pub fn ended(server: &Server, id: &str) -> Value {
    until(
        server,
        id,
        &[
            "succeeded",
            "failed",
            "timed_out",
            "expired",
            "cancelled",
            "unknown",
        ],
    )
}

/// All that a command wrote.
pub fn output(server: &Server, id: &str) -> String {
    let (mut output, mut offset) = (Vec::new(), 0);
    loop {
        let piece = server.get(&format!("/api/v2/commands/{id}/output?offset={offset}"));
        let bytes = base64::decode(piece["bytes"].as_str().unwrap()).unwrap();
        if bytes.is_empty() {
            return String::from_utf8(output).unwrap();
        }
        output.extend(bytes);
        offset = piece["next_offset"].as_u64().unwrap();
    }
}

/// Waits until a file has so many lines.
pub fn lines(path: &Path, wanted: usize) -> usize {
    let began = Instant::now();
    loop {
        let lines = std::fs::read_to_string(path).map_or(0, |text| text.lines().count());
        if lines >= wanted {
            return lines;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "waited for {}",
            path.display()
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The number under which the tests' agents ask; an answer bears it.
const NUMBER: u64 = 77;

fn context(route: &'static str) -> Context<'static> {
    Context {
        method: "POST",
        route,
    }
}

/// Asks as an enrolled agent, sealed for `route`, and sends it to that path.
pub fn ask_sealed(
    server: &Server,
    agent: &AgentIdentity,
    route: &'static str,
    path: &str,
    question: &Value,
) -> Response {
    let envelope = agent.seal_key(0).seal(&Outgoing {
        seq: NUMBER,
        sent_at: SystemClock.now(),
        context: context(route),
        compression: Compression::Never,
        plaintext: question.to_string().as_bytes(),
    });
    let request = server.client.post(format!("{}{path}", server.url));
    request.json(&envelope.unwrap()).send().unwrap()
}

/// Opens an answer to that.
pub fn opened(agent: &AgentIdentity, route: &'static str, answer: Response) -> Value {
    let status = answer.status();
    let body = answer.bytes().unwrap();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    let envelope = EnvelopeV2::parse(&body).unwrap();
    let opened = envelope.open(&agent.open_key(), &context(route)).unwrap();
    assert_eq!(opened.seq, NUMBER);
    serde_json::from_slice(&opened.plaintext).unwrap()
}

/// Fetches as an enrolled agent.
pub fn fetch(server: &Server, agent: &AgentIdentity) -> Value {
    let answer = ask_sealed(server, agent, COMMANDS_ROUTE, COMMANDS_ROUTE, &json!({}));
    opened(agent, COMMANDS_ROUTE, answer)
}

/// The id within a command that was fetched.
pub fn id_of(delivered: &Value) -> String {
    let payload = base64::decode(delivered["command"]["p"].as_str().unwrap()).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    payload["command_id"].as_str().unwrap().to_owned()
}

/// Tells how a command goes, as an enrolled agent.
pub fn tell(server: &Server, agent: &AgentIdentity, told: &Value) -> Value {
    let answer = ask_sealed(server, agent, RESULTS_ROUTE, RESULTS_ROUTE, told);
    opened(agent, RESULTS_ROUTE, answer)
}
