//! Commands of enrolled agents: fetched one at a time, signed for that very agent, and answered until
//! their end is on disk.

use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::auth::LOCAL_ADMIN;
use atlas_actors::command_queue::action::{Action, ActionClass};
use atlas_actors::command_queue::command::{Batch, Command, CommandState, Outcome};
use atlas_actors::messages::{
    Heard, KeepOutput, LeaseCommands, ReadScript, SettleCommand, SettleError, Told,
};
use atlas_actors::model::Scope;

use super::body::LimitedBody;
use super::error::ApiError;
use super::sealed::{Sealed, open_fresh};
use super::sealed_answer::{answer, read};
use super::{Edge, audit};
use crate::wire::agent_commands::{
    COMMANDS_ROUTE, DeliveredCommand, FetchV2, FetchedV2, HeardV2, RESULTS_ROUTE, ResultV2, command_id,
    told_state,
};
use crate::wire::base64::{Base64Array, Base64Bytes};
use crate::wire::hex_id::KeyId;
use crate::wire::signed_command::{CommandPayload, SignatureV1, SignedCommand};

/// An agent fetches its next command.
///
/// # Errors
/// 400 when the request can't be opened, 401 from nobody known, 409 when a clock is off, 503 when the
/// server is busy.
#[utoipa::path(post, path = "/api/v2/agents/commands", tag = "agents",
    request_body(content = Object, description = "A sealed request; docs/protocol.md gives its fields"),
    responses((status = 200, description = "A sealed answer: the next command, and those that were called off", body = Object)))]
pub async fn fetch(edge: web::Data<Edge>, LimitedBody(body): LimitedBody) -> Result<HttpResponse, ApiError> {
    let sealed = open_fresh(&edge, &body, COMMANDS_ROUTE).await?;
    let asked: FetchV2 = read(&sealed)?;
    let agent = &sealed.agent;
    let lease = edge.fleet.lease(LeaseCommands {
        machine: agent.machine.clone(),
        agent_id: Some(agent.agent_id.clone()),
        limit: 1,
    });
    let lease = lease.await?;
    let mut fetched = FetchedV2 {
        cancelled: lease.cancelled.iter().map(ToString::to_string).collect(),
        keys: asked.needs_keys.then(|| edge.desk.command_keys(agent)).flatten(),
        ..FetchedV2::default()
    };
    for (command, batch) in lease.commands {
        match deliver(&edge, &command, &batch).await? {
            Ok(delivered) => fetched.commands.push(delivered),
            Err(outcome) => {
                tracing::warn!(command = %command.id(), code = %outcome.code, "a command is not handed out");
                edge.fleet.settle(settled(&command, Told::Ended(outcome))).await?;
            }
        }
    }
    answer(&edge, &sealed, COMMANDS_ROUTE, &fetched)
}

fn settled(command: &Command, told: Told) -> SettleCommand {
    SettleCommand {
        machine: command.order.machine.clone(),
        agent_id: command.order.agent_id.clone(),
        id: command.id(),
        told,
    }
}

/// What is sent, or why it is not handed out after all.
async fn deliver(
    edge: &Edge,
    command: &Command,
    batch: &Batch,
) -> Result<Result<DeliveredCommand, Outcome>, ApiError> {
    if !may_still(edge, batch).await? {
        return Ok(Err(refused(
            "issuer_lost_right",
            "Whoever asked for this may not do so any more.",
        )));
    }
    let script = match &batch.action {
        Action::RunScript(run) => {
            let asked = ReadScript {
                id: run.script_id.clone(),
                version: Some(run.version),
            };
            match edge.fleet.read_script(asked).await {
                Ok((_, content)) => Some(Base64Bytes(content.to_vec())),
                Err(error) => return Ok(Err(refused("script_not_found", &error.to_string()))),
            }
        }
        _ => None,
    };
    let Some(payload) = payload(command, batch) else {
        return Ok(Err(refused("agent_not_found", "The agent's record is damaged.")));
    };
    let bytes = payload.to_bytes();
    let operators = command.order.signatures.iter().filter_map(|one| {
        Some(SignatureV1 {
            kid: KeyId::new(one.kid),
            sig: Base64Array(one.signature.as_slice().try_into().ok()?),
        })
    });
    let sigs = std::iter::once(edge.desk.sign_command(&bytes))
        .chain(operators)
        .collect();
    Ok(Ok(DeliveredCommand {
        command: SignedCommand {
            p: Base64Bytes(bytes),
            sigs,
        },
        script,
    }))
}

/// A command's bytes, the same as when it was drafted.
pub(super) fn payload(command: &Command, batch: &Batch) -> Option<CommandPayload> {
    Some(CommandPayload {
        command_id: command.id(),
        agent_id: command.order.agent_id.as_ref()?.parse().ok()?,
        action: batch.action.clone(),
        not_before: batch.not_before,
        not_after: batch.not_after,
        seq: command.order.seq,
        issued_by: batch.by.to_string(),
        policy_rev: command.order.policy_rev.clone(),
    })
}

/// Whether whoever asked may still do so: a person who was let go must not act from the queue.
async fn may_still(edge: &Edge, batch: &Batch) -> Result<bool, ApiError> {
    if batch.by.as_str() == LOCAL_ADMIN {
        return Ok(true);
    }
    let needed = scope_of(batch.action.class());
    let user = edge.fleet.user(batch.by.clone()).await?;
    Ok(user.is_some_and(|user| user.is_active && user.role.scopes().contains(needed)))
}

/// What somebody needs to ask for a command of that class.
pub(super) const fn scope_of(class: ActionClass) -> Scope {
    match class {
        ActionClass::Safe => Scope::CommandsRunSafe,
        ActionClass::Dangerous => Scope::CommandsRunDangerous,
    }
}

fn refused(code: &str, message: &str) -> Outcome {
    Outcome {
        state: CommandState::Cancelled,
        code: code.to_owned(),
        message: message.to_owned(),
        exit_code: None,
        is_cut: false,
    }
}

/// An agent tells how its command goes, and sends what it wrote.
///
/// # Errors
/// As for [`fetch`]; 404 when the agent has no such command, 413 when it wrote too much.
#[utoipa::path(post, path = "/api/v2/agents/commands/results", tag = "agents",
    request_body(content = Object, description = "A sealed request; docs/protocol.md gives its fields"),
    responses((status = 200, description = "A sealed answer: how much of the output is here, whether it was called off", body = Object)))]
pub async fn result(
    edge: web::Data<Edge>,
    request: HttpRequest,
    LimitedBody(body): LimitedBody,
) -> Result<HttpResponse, ApiError> {
    let sealed = open_fresh(&edge, &body, RESULTS_ROUTE).await?;
    let told: ResultV2 = read(&sealed)?;
    let heard = note(&edge, &request, &sealed, told).await?;
    let heard = HeardV2 {
        output_bytes: heard.output_bytes,
        is_cancelled: heard.is_cancelled,
        is_settled: heard.is_settled,
    };
    answer(&edge, &sealed, RESULTS_ROUTE, &heard)
}

async fn note(
    edge: &Edge,
    request: &HttpRequest,
    sealed: &Sealed,
    told: ResultV2,
) -> Result<Heard, ApiError> {
    let id = command_id(&told.command_id).ok_or(SettleError::Unknown)?;
    let state = told_state(&told.state).ok_or_else(|| {
        ApiError::bad_request(
            "unknown_state",
            "This is no state that a machine can tell of a command.",
        )
    })?;
    let (machine, agent_id) = (sealed.agent.machine.clone(), sealed.agent.agent_id.clone());
    if let Some(piece) = told.output {
        let kept = edge.fleet.keep_output(KeepOutput {
            machine: machine.clone(),
            agent_id: Some(agent_id.clone()),
            id,
            offset: piece.offset,
            bytes: piece.bytes.0.into(),
        });
        kept.await?;
    }
    let outcome = Outcome {
        state,
        code: told.code,
        message: told.message,
        exit_code: told.exit_code,
        is_cut: told.is_cut,
    };
    let end = (state != CommandState::Started).then(|| format!("{} {}", state.name(), outcome.code));
    let told = match state {
        CommandState::Started => Told::Started,
        _ => Told::Ended(outcome),
    };
    let settled = SettleCommand {
        machine: machine.clone(),
        agent_id: Some(agent_id),
        id,
        told,
    };
    let heard = edge.fleet.settle(settled).await?;
    if let Some(end) = end {
        let (who, what) = (format!("agent:{machine}"), id.to_string());
        let written = audit::witness_as(edge, request, who, AuditAction::EndCommand, &what, end.trim());
        // It has happened already: the record that can't be written is told of, and no reason to forget it.
        if let Err(error) = written.await {
            tracing::error!(%machine, command = %id, %error, "the end of a command is not in the audit log");
        }
    }
    Ok(heard)
}
