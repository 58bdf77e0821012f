//! An agent with keys of its own, as the tests enrol it, let it speak, and kill it between any two of
//! its steps: what it has persisted is its identity, all else can be dropped.

use atlas::wire::enrolment::agent::{AgentEnrolment, AgentSeeds};
use atlas::wire::enrolment::identity::AgentIdentity;
use atlas::wire::enrolment::rekey::{AgentRekey, RekeyAnswerV2};
use atlas::wire::enrolment::token::{JoinToken, TokenHash};
use atlas::wire::enrolment::{EnrolmentAnswerV2, MachineFactsV2};
use atlas::wire::envelope_v2::{Compression, Context, Outgoing};
use atlas::wire::secret::Secret;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use super::Server;

/// An enrolled agent.
#[derive(Clone)]
pub struct Enrolled {
    /// What it has on disk.
    pub identity: AgentIdentity,
    /// The name of its spool.
    pub spool: u64,
    /// The number that it gave out last.
    pub seq: u64,
    /// Its clock at the beginning; each report is a moment later than the one before.
    pub began: Timestamp,
}

/// A token that so many machines may use.
pub fn token(server: &Server, uses: u32) -> String {
    let asked = json!({"max_uses": uses});
    let answer = server.request("POST", "/api/v2/tokens").json(&asked).send();
    let answer: Value = answer.unwrap().json().unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// The words by which an answer says what is wrong.
pub fn code(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let said: Value = answer.json().unwrap_or_default();
    let code = said.pointer("/error/code").or(said.get("code"));
    (
        status,
        code.and_then(Value::as_str).unwrap_or_default().to_owned(),
    )
}

fn facts(machine: &str) -> MachineFactsV2 {
    MachineFactsV2 {
        machine_id: machine.to_owned(),
        ..MachineFactsV2::default()
    }
}

fn finish(server: &Server, enrolment: &AgentEnrolment) -> Result<(u16, Enrolled), (u16, String)> {
    let url = format!("{}/api/v2/enroll", server.url);
    let answer = server.client.post(url).json(enrolment.request()).send().unwrap();
    if !answer.status().is_success() {
        return Err(code(answer));
    }
    let status = answer.status().as_u16();
    let answer = EnrolmentAnswerV2::parse(&answer.bytes().unwrap()).unwrap();
    let identity = enrolment.finish(&answer).unwrap();
    let spool = getrandom::u64().unwrap();
    Ok((
        status,
        Enrolled {
            identity,
            spool,
            seq: 0,
            began: SystemClock.now(),
        },
    ))
}

/// Enrols a machine with a token; answers with the status too.
pub fn enrol(server: &Server, token: &str, machine: &str) -> Result<(u16, Enrolled), (u16, String)> {
    enrol_as(server, token, machine, AgentSeeds::random().unwrap())
}

/// The same with an identity of its own choice.
pub fn enrol_as(
    server: &Server,
    token: &str,
    machine: &str,
    seeds: AgentSeeds,
) -> Result<(u16, Enrolled), (u16, String)> {
    let token: JoinToken = token.parse().unwrap();
    let enrolment = AgentEnrolment::begin(&token, &server.url, facts(machine), seeds).unwrap();
    finish(server, &enrolment)
}

/// Asks with the cluster's secret in place of a token.
pub fn enrol_shared(server: &Server, secret: &str, machine: &str) -> Result<(u16, Enrolled), (u16, String)> {
    let hash = TokenHash::of_shared_secret(secret).unwrap();
    let seeds = AgentSeeds::random().unwrap();
    let enrolment = AgentEnrolment::begin_shared(hash, &server.url, facts(machine), seeds).unwrap();
    finish(server, &enrolment)
}

impl Enrolled {
    /// A report under a new number, sealed and ready to be sent.
    pub fn seal_next(&mut self) -> Vec<u8> {
        self.seq += 1;
        self.seal(self.seq, &json!({"uptime_seconds": self.seq}))
    }

    /// A report with these metrics under that number.
    pub fn seal(&self, seq: u64, metrics: &Value) -> Vec<u8> {
        let report = json!({
            "machine_id": self.identity.machine_id,
            "delivery": {"spool": format!("{:016x}", self.spool), "seq": seq},
            "taken_at": self.began.plus(std::time::Duration::from_millis(seq)).to_string(),
            "agent": {"kind": "atlas", "version": "3.0.0"},
            "metrics": metrics,
        });
        self.seal_body(seq, &report.to_string(), SystemClock.now())
    }

    /// Any content.
    pub fn seal_body(&self, seq: u64, body: &str, sent_at: Timestamp) -> Vec<u8> {
        let envelope = self.identity.seal_key(0).seal(&Outgoing {
            seq,
            sent_at,
            context: Context {
                method: "POST",
                route: "/api/fleet/report",
            },
            compression: Compression::Allowed,
            plaintext: body.as_bytes(),
        });
        serde_json::to_vec(&envelope.unwrap()).unwrap()
    }

    /// Sends a new report.
    pub fn report(&mut self, server: &Server) -> Response {
        let sealed = self.seal_next();
        send(server, sealed)
    }

    /// Asks for another key; what comes back is to be persisted before it is used.
    pub fn rekey(&self, server: &Server) -> Result<AgentIdentity, (u16, String)> {
        let rekey = AgentRekey::begin(&self.identity, Secret::random().unwrap(), SystemClock.now());
        let answer = ask_for_key(&server.client, &server.url, &rekey);
        if !answer.status().is_success() {
            return Err(code(answer));
        }
        let answer = RekeyAnswerV2::parse(&answer.bytes().unwrap()).unwrap();
        Ok(rekey.finish(&self.identity, &answer).unwrap())
    }
}

/// Sends a request for a key.
pub fn ask_for_key(client: &Client, url: &str, rekey: &AgentRekey) -> Response {
    let request = client.post(format!("{url}/api/v2/agents/rekey"));
    request.json(rekey.request()).send().unwrap()
}

/// Sends a sealed body.
pub fn send(server: &Server, sealed: Vec<u8>) -> Response {
    let request = server.client.post(format!("{}/api/fleet/report", server.url));
    request
        .header("content-type", "application/json")
        .body(sealed)
        .send()
        .unwrap()
}

/// The agents as the API shows them, by machine and name.
pub fn agents(server: &Server) -> Vec<Value> {
    server.get("/api/v2/agents")["agents"].as_array().unwrap().clone()
}
