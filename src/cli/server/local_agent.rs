//! The agent that `atlas up` starts for this very machine: enrolled and reporting over HTTPS, as any
//! other.

use std::time::Duration;

use atlas_actors::Fleet;

use crate::agent::{self, AgentHandle, AgentSettings, enrol, identity_file};
use crate::cli::Failure;
use crate::cli::agent::outage_rule;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::enrolment::token::JoinToken;

/// A running agent of this machine.
pub(super) struct LocalAgent {
    pub(super) machine_id: String,
    pub(super) handle: AgentHandle,
}

/// Starts it; enrols it first unless the fleet knows it.
pub(super) async fn start(
    fleet: &Fleet,
    local_url: &str,
    token: &str,
    config: &Config,
    data_dir: &DataDir,
) -> Result<LocalAgent, Failure> {
    let earlier = identity_file::load(&data_dir.agent())?;
    let identity = match earlier {
        Some(identity) if is_known(fleet, &identity) => identity,
        earlier => {
            let configured = config.fleet.agent.machine_id.clone();
            let machine_id = configured.unwrap_or_else(enrol::default_machine_id);
            let token: JoinToken = token.parse()?;
            let enrolled = enrol::enrol(local_url, token.into(), &machine_id, earlier.as_ref()).await?;
            identity_file::save(&data_dir.agent(), &enrolled.identity)?;
            enrolled.identity
        }
    };
    let machine_id = identity.machine_id.clone();
    let handle = agent::start(AgentSettings {
        // The port may be another than it was when it was enrolled.
        server_url: Some(local_url.to_owned()),
        interval: Duration::from_secs(config.fleet.agent.report_interval),
        folder: data_dir.agent(),
        identity,
        spool_bytes_max: config.fleet.agent.spool_size,
        outage: outage_rule(&config.fleet.agent),
        measured: config.system.metrics,
        monitors: agent::monitors::planned_for(config, &data_dir.agent(), local_url),
        channel: config.fleet.agent.channel.enabled,
        diagnosis: agent::diagnosis::AnalystRule::of(config),
        can_restart: false,
        network_logs: agent::monitors::network_logs::NetworkLogs::of(config),
    })?;
    Ok(LocalAgent { machine_id, handle })
}

fn is_known(fleet: &Fleet, identity: &AgentIdentity) -> bool {
    let agent = fleet.credentials().agents().get(&identity.agent_id.to_string());
    agent.is_some_and(|agent| agent.machine.as_str() == identity.machine_id)
}
