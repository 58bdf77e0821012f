//! Commands and scripts as people and programs see them.

use std::collections::BTreeMap;

use atlas_actors::clock::Timestamp;
use atlas_actors::command_queue::command::{Batch, Command};
use atlas_actors::messages::{BatchStanding, CommandInBatch, ScriptVersion};

use super::command_action::args_value;
use super::hex_id::{HexId, KeyId};
use super::views::{BatchCommandView, BatchView, ScriptView, WavesRequest};

fn text(moment: Option<Timestamp>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}

/// One command.
#[must_use]
pub fn command(command: &Command, batch: &Batch) -> BatchCommandView {
    let outcome = command.outcome.as_ref();
    let filled = |said: &String| Some(said.clone()).filter(|said| !said.is_empty());
    let signers = command.order.signatures.iter();
    BatchCommandView {
        command_id: command.id().to_string(),
        batch_id: command.batch.to_string(),
        machine_id: command.order.machine.to_string(),
        action: batch.action.name().to_owned(),
        args: args_value(&batch.action),
        class: batch.action.class().name().to_owned(),
        state: command.state.name().to_owned(),
        by: batch.by.to_string(),
        reason: batch.reason.clone(),
        created_at: batch.created_at.to_string(),
        not_after: batch.not_after.to_string(),
        deliveries: command.deliveries,
        started_at: text(command.started_at),
        settled_at: text(command.settled_at),
        cancelled_by: command.cancelled_by.as_ref().map(ToString::to_string),
        code: outcome.and_then(|outcome| filled(&outcome.code)),
        message: outcome.and_then(|outcome| filled(&outcome.message)),
        exit_code: outcome.and_then(|outcome| outcome.exit_code),
        output_bytes: command.output_bytes,
        is_cut: outcome.is_some_and(|outcome| outcome.is_cut),
        signed_by: signers.map(|one| KeyId::new(one.kid).to_string()).collect(),
        wave: command.order.wave,
        payload: None,
    }
}

/// Commands, in their order.
#[must_use]
pub fn commands(listed: &[CommandInBatch]) -> Vec<BatchCommandView> {
    listed.iter().map(|(one, batch)| command(one, batch)).collect()
}

/// A batch with its commands.
#[must_use]
pub fn batch(standing: &BatchStanding, listed: &[CommandInBatch]) -> BatchView {
    let batch = &standing.batch;
    let states: BTreeMap<String, usize> = standing
        .states
        .iter()
        .map(|(state, count)| (state.name().to_owned(), *count))
        .collect();
    BatchView {
        batch_id: batch.id.to_string(),
        action: batch.action.name().to_owned(),
        args: args_value(&batch.action),
        class: batch.action.class().name().to_owned(),
        by: batch.by.to_string(),
        reason: batch.reason.clone(),
        created_at: batch.created_at.to_string(),
        not_before: batch.not_before.to_string(),
        not_after: batch.not_after.to_string(),
        waves: batch.waves.map(|waves| WavesRequest {
            first: waves.first,
            step: waves.step,
            stop_after: waves.failures_max,
        }),
        signatures: batch.signatures,
        states,
        commands: commands(listed),
    }
}

/// A version of a script.
#[must_use]
pub fn script(version: &ScriptVersion, content: Option<String>) -> ScriptView {
    ScriptView {
        script_id: version.id.clone(),
        version: version.version,
        sha256: HexId::new(version.sha256).to_string(),
        bytes: version.bytes,
        description: version.description.clone(),
        by: version.by.to_string(),
        created_at: version.at.to_string(),
        content,
    }
}
