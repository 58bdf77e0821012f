//! Follows a batch: a bar on a terminal, a line for each machine that has ended elsewhere.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::views::{BatchCommandView, BatchView};

/// How often it asks. Reason: people see no faster, and a batch of 10,000 is a megabyte.
const PERIOD: Duration = Duration::from_millis(700);
/// States in which something is still to happen.
const OPEN: [&str; 3] = ["queued", "leased", "started"];

fn is_open(command: &BatchCommandView) -> bool {
    OPEN.contains(&command.state.as_str())
}

/// Follows it to its end.
///
/// # Errors
/// When not all of its commands succeed.
pub(super) async fn follow(global: &Global, server: &LocalServer, id: &str) -> Result<(), Failure> {
    let path = format!("/api/v2/batches/{id}");
    let mut batch: BatchView = server.get(&path).await?;
    let bar = bar(global, batch.commands.len());
    let mut told = BTreeSet::new();
    loop {
        let ended = batch.commands.iter().filter(|command| !is_open(command));
        for command in ended.filter(|command| told.insert(command.command_id.clone())) {
            if !global.json && !global.quiet {
                bar.suspend(|| line(command));
            }
        }
        bar.set_position(told.len() as u64);
        bar.set_message(standing(&batch));
        if told.len() == batch.commands.len() {
            break;
        }
        tokio::time::sleep(PERIOD).await;
        batch = server.get(&path).await?;
    }
    bar.finish_and_clear();
    if global.json {
        println!("{}", serde_json::to_string(&batch)?);
    } else if !global.quiet {
        println!("batch {}: {}", batch.batch_id, standing(&batch));
    }
    let failed = batch
        .commands
        .iter()
        .filter(|command| command.state != "succeeded")
        .count();
    match failed {
        0 => Ok(()),
        failed => Err(Failure::new(format!(
            "{failed} of {} did not succeed: `atlas command show ID` says why",
            batch.commands.len()
        ))),
    }
}

fn bar(global: &Global, commands: usize) -> ProgressBar {
    if global.json || global.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(commands as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn line(command: &BatchCommandView) {
    let said = command
        .message
        .as_deref()
        .or(command.code.as_deref())
        .unwrap_or_default();
    println!(
        "{:<9}  {}  {}  {said}",
        command.state, command.machine_id, command.command_id
    );
}

fn standing(batch: &BatchView) -> String {
    let counts = batch.states.iter();
    counts
        .map(|(state, count)| format!("{count} {state}"))
        .collect::<Vec<_>>()
        .join(", ")
}
