//! `atlas agent --test`: collects one report, shows it, tries the server step by step, and says what
//! is wrong if something is.

#![expect(
    clippy::disallowed_types,
    reason = "talks to the agent's server, whose key it pins"
)]

mod shown;

use std::io::Write;
use std::time::Duration;

use super::collect::Measuring;
use super::enrol::pinned_client;
use super::monitors;
use super::probe::{self, Place, REINSTALL, StepFailed};
use crate::config::Config;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::report_v1::ReportV1;
use shown::{number, size};

/// All monitors together may take so long; what takes longer is missing from this one report.
const LOOKS: Duration = Duration::from_secs(20);
/// Processor use is measured over this long.
const LOOK: Duration = Duration::from_millis(500);

/// Collects a report as the agent would, with a look of every monitor.
pub async fn collect(machine_id: String, config: &Config) -> Option<ReportV1> {
    let mut measuring = Measuring::new(machine_id, Duration::from_secs(30), config.system.metrics).ok()?;
    let (gathered, ()) = tokio::join!(
        monitors::look_once(monitors::planned(config), LOOKS),
        tokio::time::sleep(LOOK)
    );
    let measured = tokio::task::spawn_blocking(move || measuring.collect());
    let mut report = measured.await.ok()?;
    gathered.ride_along(&mut report);
    Some(report)
}

/// Shows a report to a person.
///
/// # Errors
/// When the output is closed.
pub fn show(report: &ReportV1, out: &mut impl Write) -> std::io::Result<()> {
    let (info, metrics) = (&report.machine_info, &report.metrics);
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    writeln!(out, "{}", report.machine_id)?;
    writeln!(
        out,
        "  system       {} ({})",
        text(&info.os_version),
        text(&info.kernel)
    )?;
    writeln!(out, "  model        {}", text(&info.model))?;
    writeln!(
        out,
        "  processor    {} × {}",
        info.cpu_threads.unwrap_or(0),
        text(&info.processor)
    )?;
    if let Some(cpu) = &metrics.cpu {
        writeln!(
            out,
            "  CPU          {} %, load {:?}",
            number(cpu.percent),
            cpu.load_avg.unwrap_or_default()
        )?;
    }
    if let Some(memory) = &metrics.memory {
        writeln!(
            out,
            "  memory       {} % of {}",
            number(memory.percent),
            size(memory.total.unwrap_or(0))
        )?;
    }
    for disk in metrics.disks.iter().flatten() {
        writeln!(
            out,
            "  disk         {} % of {} at {}",
            disk.percent,
            size(disk.total),
            disk.mountpoint
        )?;
    }
    for interface in metrics.interfaces.iter().flatten() {
        writeln!(
            out,
            "  network      {}: {} received, {} sent",
            interface.name,
            size(interface.bytes_recv),
            size(interface.bytes_sent)
        )?;
    }
    if let Some(processes) = &metrics.processes {
        let top: Vec<_> = processes
            .top_cpu
            .iter()
            .map(|one| format!("{} {} %", one.name, one.cpu))
            .collect();
        writeln!(
            out,
            "  processes    {}, most CPU: {}",
            processes.total,
            top.join(", ")
        )?;
    }
    shown::monitors(report, out)
}

/// Tries the server step by step; says each step that went well.
///
/// # Errors
/// The first step that failed.
pub async fn try_server(
    identity: &AgentIdentity,
    server_url: &str,
    report: &ReportV1,
    out: &mut impl Write,
) -> Result<(), StepFailed> {
    let mut done = |what: String| {
        // Who closed the output does not want to hear.
        let _ = writeln!(out, "  ok  {what}");
    };
    let place = Place::of(server_url)?;
    let addresses = place.resolve().await?;
    done(format!(
        "{} is {}",
        place.host,
        addresses.first().map(ToString::to_string).unwrap_or_default()
    ));
    place.connect(&addresses).await?;
    done(format!("port {} answers", place.port));
    let client = pinned_client(identity).map_err(|error| StepFailed::new(error.to_string(), REINSTALL))?;
    place.greet(&client).await?;
    done("the server has the key that this agent knows".to_owned());
    send(identity, server_url, report, &client).await?;
    done("the report was accepted and is on the server's disk".to_owned());
    Ok(())
}

async fn send(
    identity: &AgentIdentity,
    server_url: &str,
    report: &ReportV1,
    client: &reqwest::Client,
) -> Result<(), StepFailed> {
    let failed = |why: String| StepFailed::new(format!("the report was not accepted: {why}"), "");
    let plaintext = report.to_json().map_err(|error| failed(error.to_string()))?;
    let answer = probe::post_sealed(identity, server_url, client, &plaintext).await;
    let answer = answer.map_err(failed)?;
    if answer.status == reqwest::StatusCode::OK {
        return Ok(());
    }
    let said = answer.message;
    Err(failed(
        said.unwrap_or_else(|| "the server gave no reason".to_owned()),
    ))
}
