//! Enrols the simulated agents, many at a time over few connections.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the server that it was told to, as an agent does"
)]

use std::sync::Arc;
use std::time::Duration;

use atlas_actors::clock::{Clock, SystemClock};
use futures_util::StreamExt;
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};

use super::agent::SimulatedAgent;
use super::machine::SimulatedMachine;
use super::{Plan, SimulateError};
use crate::tls::pinned::{BesidePin, FirstContact, PinnedVerifier, client_config};
use crate::wire::enrolment::agent::{AgentEnrolment, AgentSeeds};
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::enrolment::token::JoinToken;
use crate::wire::enrolment::{EnrolmentAnswerV2, MachineFactsV2};
use crate::wire::secret::Secret;

/// Enrolments under way at once.
const AT_ONCE: usize = 32;
/// As agents wait (contract, section 2).
const TIMEOUT: Duration = Duration::from_secs(10);
/// Tries for one agent, since a server may be busy.
const TRIES: u32 = 5;

pub(super) async fn all(plan: &Arc<Plan>, bar: &ProgressBar) -> Result<Vec<SimulatedAgent>, SimulateError> {
    let token: JoinToken = plan.token.parse()?;
    let tls = client_config(FirstContact::new())?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(TIMEOUT)
        .build()?;
    let mut spool = [0; 8];
    getrandom::fill(&mut spool).map_err(|_| SimulateError::NoRandomness)?;
    let spool = format!("{:016x}", u64::from_le_bytes(spool));
    let enrolled = futures_util::stream::iter(0..plan.agents)
        .map(|number| one(plan, &client, &token, number, &spool))
        .buffered(AT_ONCE);
    let mut enrolled = std::pin::pin!(enrolled);
    let mut agents = Vec::new();
    while let Some(agent) = enrolled.next().await {
        agents.push(agent?);
        bar.inc(1);
    }
    Ok(agents)
}

async fn one(
    plan: &Plan,
    client: &reqwest::Client,
    token: &JoinToken,
    number: u32,
    spool: &str,
) -> Result<SimulatedAgent, SimulateError> {
    let machine = SimulatedMachine::new(number, SystemClock.now());
    let failed = |reason: String| SimulateError::Enrol {
        machine: machine.id.clone(),
        reason,
    };
    // The same machine has the same identity in each run, so that it may enrol again.
    let identity = Sha256::digest(format!("atlas simulate {}", machine.id)).into();
    let seeds = AgentSeeds::again(Secret::new(identity)).map_err(|_| SimulateError::NoRandomness)?;
    let facts = MachineFactsV2 {
        machine_id: machine.id.clone(),
        ..MachineFactsV2::default()
    };
    let enrolment = AgentEnrolment::begin(token, &plan.server_url, facts, seeds)
        .map_err(|error| failed(error.to_string()))?;
    let answer = ask(plan, client, &enrolment).await.map_err(failed)?;
    let identity = enrolment
        .finish(&answer)
        .map_err(|error| failed(error.to_string()))?;
    Ok(SimulatedAgent {
        client: own_client(&identity)?,
        key: identity.seal_key(0),
        report_url: report_url(plan),
        spool: spool.to_owned(),
        seq: 0,
        pending: None,
        machine,
    })
}

async fn ask(
    plan: &Plan,
    client: &reqwest::Client,
    enrolment: &AgentEnrolment,
) -> Result<EnrolmentAnswerV2, String> {
    let url = format!("{}/api/v2/enroll", plan.server_url);
    let mut reason = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let answer = match client.post(&url).json(enrolment.request()).send().await {
            Ok(answer) => answer,
            Err(error) => {
                reason = error.to_string();
                continue;
            }
        };
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| error.to_string())?;
        if status.is_success() {
            return EnrolmentAnswerV2::parse(&body).map_err(|error| error.to_string());
        }
        reason = format!("{status}: {}", String::from_utf8_lossy(&body));
        if !status.is_server_error() {
            break;
        }
    }
    Err(reason)
}

/// Each agent has a connection of its own, as real ones do.
fn own_client(identity: &AgentIdentity) -> Result<reqwest::Client, SimulateError> {
    let tls = client_config(PinnedVerifier::new(identity.tls_pins.clone(), BesidePin::Nothing))?;
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(None)
        .timeout(TIMEOUT)
        .build()?)
}

fn report_url(plan: &Plan) -> String {
    let route = if plan.yardstick {
        "/api/v2/yardstick"
    } else {
        "/api/fleet/report"
    };
    format!("{}{route}", plan.server_url)
}
