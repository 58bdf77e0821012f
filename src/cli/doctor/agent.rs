//! The agent's side: who it is, and the way to its server, step by step. What can't be tried because an
//! earlier step failed is left out.

use crate::agent::enrol::pinned_client;
use crate::agent::identity_file;
use crate::agent::probe::{Greeting, Opinion, Place, StepFailed, ask_opinion};
use crate::cli::agent::server_url;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::wire::enrolment::identity::AgentIdentity;

use super::finding::Finding;
use super::{clock, spool, tools};

/// Looks at everything.
pub(super) async fn look(config: &Config, data_dir: &DataDir) -> Vec<Finding> {
    let mut findings = Vec::new();
    match identity_file::load(&data_dir.agent()) {
        Ok(Some(identity)) => {
            let url = server_url(config, &identity);
            findings.push(Finding::ok(
                "enrolment",
                format!("this machine is {} at {url}", identity.machine_id),
            ));
            if let Err(failed) = way_to_the_server(&identity, &url, &mut findings).await {
                findings.push(Finding::fail(failed.0, failed.1.what, failed.1.advice));
            }
        }
        Ok(None) => findings.push(Finding::fail(
            "enrolment",
            format!("this machine is not enrolled in {}", data_dir.path().display()),
            "paste the line that the dashboard shows under 'Add a machine', or name another folder with --data-dir",
        )),
        Err(error) => findings.push(Finding::fail(
            "enrolment",
            error.to_string(),
            "enrol it again when the file is damaged",
        )),
    }
    findings.extend(spool::look(&data_dir.agent()));
    findings.extend(tools::look());
    findings
}

/// Each step that went well is a finding; the first that did not ends it.
async fn way_to_the_server(
    identity: &AgentIdentity,
    url: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), (&'static str, StepFailed)> {
    let place = Place::of(url).map_err(|failed| ("name", failed))?;
    let addresses = place.resolve().await.map_err(|failed| ("name", failed))?;
    let first = addresses.first().map(|address| address.ip().to_string());
    findings.push(Finding::ok(
        "name",
        format!("{} is {}", place.host, first.unwrap_or_default()),
    ));
    place
        .connect(&addresses)
        .await
        .map_err(|failed| ("port", failed))?;
    findings.push(Finding::ok("port", format!("port {} answers", place.port)));
    let client = pinned_client(identity).map_err(|error| ("pin", no_client(&error)))?;
    let greeting = place.greet(&client).await.map_err(|failed| ("pin", failed))?;
    findings.push(Finding::ok(
        "pin",
        "the server shows the TLS key that this agent knows",
    ));
    findings.push(clock::against_the_server(greeting.clock_ahead_ms));
    findings.push(version(&greeting, env!("CARGO_PKG_VERSION")));
    let opinion = ask_opinion(identity, url, &client).await;
    findings.push(credential(opinion.map_err(|failed| ("credential", failed))?));
    Ok(())
}

fn no_client(error: &dyn std::error::Error) -> StepFailed {
    StepFailed {
        what: error.to_string(),
        advice: "install this program again".to_owned(),
    }
}

/// Agents of other versions go on working; a whole number apart, one of the two is old.
fn version(greeting: &Greeting, own: &str) -> Finding {
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    match &greeting.version {
        None => Finding::warn(
            "version",
            "the server does not tell its version",
            "it may be older than this agent",
        ),
        Some(server) if major(server) == major(own) => {
            Finding::ok("version", format!("{own} here, {server} at the server"))
        }
        Some(server) => Finding::warn(
            "version",
            format!("{own} here, {server} at the server"),
            "bring the older of the two up to date",
        ),
    }
}

fn credential(opinion: Opinion) -> Finding {
    match opinion {
        Opinion::Accepted => Finding::ok("credential", "the server takes this agent's reports"),
        Opinion::NotNow(why) => Finding::warn(
            "credential",
            format!("the server takes no reports now: {why}"),
            "the agent keeps them and tries again",
        ),
        Opinion::Refused(why) => Finding::fail(
            "credential",
            format!("the server refuses this agent: {why}"),
            "an administrator's `atlas agents list` shows its state; `atlas agent enroll … --new-identity` enrols it anew",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn only_another_whole_number_is_worth_a_word() {
        let verdict = |server: Option<&str>| {
            let greeting = Greeting {
                version: server.map(ToOwned::to_owned),
                clock_ahead_ms: None,
            };
            version(&greeting, "3.1.0").verdict
        };
        assert_eq!(verdict(Some("3.0.2")), Verdict::Ok);
        assert_eq!(verdict(Some("4.0.0")), Verdict::Warn);
        assert_eq!(verdict(None), Verdict::Warn);
    }
}
