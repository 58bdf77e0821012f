//! Commands as 2.0 has them: its routes for people, for one machine and three actions, and for its
//! agents, which fetch and answer with the key that they share.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::command_queue::action::{Action, ActionClass};
use atlas_actors::command_queue::command::{Batch, Command, CommandId, CommandState, NewCommand, Outcome};
use atlas_actors::limits::COMMAND_VALID_MAX;
use atlas_actors::messages::{
    EnqueueBatch, EnqueueError, LeaseCommands, ListCommands, SettleCommand, SettleError, Told,
};
use atlas_actors::model::{MachineId, UserName};
use serde::Deserialize;
use serde_json::Value;

use super::Edge;
use super::agent_commands::scope_of;
use super::audit;
use super::body::JsonBody;
use super::caller::Caller;
use super::commands::tell;
use super::error::ApiError;
use super::legacy::{check_shared_key, refuse_enrolled};
use super::limits::{COMMANDS_DEFAULT, COMMANDS_MAX};
use super::machines::{find, json};
use crate::wire::views::{
    CommandAckRequest, CommandCreatedView, CommandParams, CommandRequest, CommandView, CommandsView,
    StatusView,
};

/// Queues a command for a machine.
///
/// # Errors
/// 404 when there is no such machine, 400 for an action that is not known, 403 for one that is
/// dangerous without its scope and a fresh proof of who asks; such a one is not taken for a machine
/// whose agent checks signatures.
#[utoipa::path(post, path = "/api/fleet/command/{id}", tag = "commands", request_body = CommandRequest,
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "Queued", body = CommandCreatedView)))]
pub async fn enqueue(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<CommandRequest>,
) -> Result<HttpResponse, ApiError> {
    let machine = find(&edge, &id)?;
    let action = action(&asked)?;
    let class = action.class();
    let agent = edge.fleet.credentials().agents().speaker(&machine);
    if class == ActionClass::Dangerous {
        caller.require(scope_of(class))?;
        caller.require_fresh(edge.fleet.now())?;
        if agent.is_some() {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "operator_signature_required",
                "This machine's agent asks for an operator's signature: use `atlas command run … --sign`.",
            ));
        }
    }
    let target = format!("{machine} {}", action.name());
    audit::witness(&edge, &request, AuditAction::QueueCommand, &target).await?;
    let batch = of_one(
        &edge,
        machine.clone(),
        agent.map(|agent| agent.agent_id.clone()),
        action,
        &caller.user,
    )?;
    let queued = edge.fleet.enqueue(batch).await?;
    tell(&edge, &queued);
    let command_id = queued
        .first()
        .map(|(command, _)| command.id().to_string())
        .unwrap_or_default();
    tracing::info!(%machine, by = %caller, command = %command_id, "command queued");
    Ok(json(&CommandCreatedView {
        command_id,
        status: "created",
    }))
}

/// A batch of one machine, as 2.0 knows them: good for a day.
fn of_one(
    edge: &Edge,
    machine: MachineId,
    agent_id: Option<String>,
    action: Action,
    by: &UserName,
) -> Result<EnqueueBatch, ApiError> {
    let now = edge.fleet.now();
    let draw = || CommandId::draw(now).map_err(|_| EnqueueError::NoRandomness);
    let batch = Batch {
        id: draw()?,
        action,
        by: by.clone(),
        reason: String::new(),
        created_at: now,
        not_before: now,
        not_after: now.plus(COMMAND_VALID_MAX),
        waves: None,
        signatures: 0,
    };
    let command = NewCommand {
        id: draw()?,
        machine,
        agent_id,
        seq: 0,
        policy_rev: String::new(),
        signatures: Vec::new(),
        wave: 0,
    };
    Ok(EnqueueBatch {
        batch,
        commands: vec![command],
    })
}

fn action(asked: &CommandRequest) -> Result<Action, ApiError> {
    match (asked.action.as_str(), asked.params.pid) {
        ("kill_process", Some(pid)) if pid > 1 => Ok(Action::KillProcess {
            pid,
            start_time_s: None,
            name: None,
        }),
        ("kill_process", _) => Err(ApiError::bad_request(
            "missing_pid",
            "kill_process needs params.pid, a process number above 1.",
        )),
        ("restart_agent", _) => Ok(Action::RestartAgent),
        ("clear_dns_cache", _) => Ok(Action::ClearDnsCache),
        _ => Err(ApiError::bad_request(
            "unknown_action",
            "There is no such action here. These exist: kill_process, restart_agent, clear_dns_cache; /api/v2/commands has more.",
        )),
    }
}

/// A machine's commands, newest first.
///
/// # Errors
/// 404 when there is no such machine.
#[utoipa::path(get, path = "/api/fleet/recent-commands/{id}", tag = "commands",
    params(("id" = String, Path, description = "Machine id or serial number")),
    responses((status = 200, description = "The commands", body = CommandsView)))]
pub async fn recent(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let asked = ListCommands {
        machine: Some(find(&edge, &id)?),
        limit: COMMANDS_MAX,
        ..ListCommands::default()
    };
    let commands = edge.fleet.commands(asked).await?;
    Ok(json(&CommandsView {
        commands: commands
            .iter()
            .map(|(command, batch)| for_people(command, batch))
            .collect(),
    }))
}

/// How many commands.
#[derive(Deserialize)]
pub struct PollQuery {
    limit: Option<usize>,
}

/// An agent of 2.0 fetches its commands; each is handed out once.
///
/// # Errors
/// 401 without the shared key, 403 for a machine that an enrolled agent speaks for.
#[utoipa::path(get, path = "/api/fleet/commands/{id}", tag = "agents",
    params(("id" = String, Path, description = "The machine's id"),
        ("limit" = Option<usize>, Query, description = "At most so many; 10 unless said, 100 at most")),
    responses((status = 200, description = "The commands that wait", body = CommandsView)))]
pub async fn poll(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<PollQuery>,
) -> Result<HttpResponse, ApiError> {
    let machine = polling_machine(&edge, &request, &id)?;
    let limit = query.limit.unwrap_or(COMMANDS_DEFAULT).clamp(1, COMMANDS_MAX);
    let asked = LeaseCommands {
        machine,
        agent_id: None,
        limit,
    };
    let lease = edge.fleet.lease(asked).await?;
    Ok(json(&CommandsView {
        commands: lease
            .commands
            .iter()
            .map(|(command, batch)| for_agents(command, batch))
            .collect(),
    }))
}

fn polling_machine(edge: &Edge, request: &HttpRequest, id: &str) -> Result<MachineId, ApiError> {
    check_shared_key(edge, request)?;
    let machine = MachineId::parse(id).map_err(|error| {
        ApiError::bad_request(
            "invalid_machine_id",
            format!("The machine id can't be used: {error}."),
        )
    })?;
    refuse_enrolled(edge, &machine)?;
    Ok(machine)
}

/// An agent of 2.0 tells how a command went.
///
/// # Errors
/// As for [`poll`]; 400 without the command's id, 404 when the machine has no such command.
#[utoipa::path(post, path = "/api/fleet/command/{id}/ack", tag = "agents", request_body = CommandAckRequest,
    params(("id" = String, Path, description = "The machine's id")),
    responses((status = 200, description = "Noted", body = StatusView)))]
pub async fn settle(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    JsonBody(told): JsonBody<CommandAckRequest>,
) -> Result<HttpResponse, ApiError> {
    let machine = polling_machine(&edge, &request, &id)?;
    let command = told.id.clone().filter(|id| !id.is_empty()).ok_or_else(|| {
        ApiError::bad_request("missing_id", "Say which command: the field id is missing.")
            .told_as_in_2_0("Missing command id")
    })?;
    note(&edge, machine, command, &told).await
}

/// The same with the command's id in the path.
///
/// # Errors
/// As for [`settle`].
pub async fn settle_by_path(
    edge: web::Data<Edge>,
    request: HttpRequest,
    ids: web::Path<(String, String)>,
    JsonBody(told): JsonBody<CommandAckRequest>,
) -> Result<HttpResponse, ApiError> {
    let (machine, command) = ids.into_inner();
    let machine = polling_machine(&edge, &request, &machine)?;
    note(&edge, machine, command, &told).await
}

async fn note(
    edge: &Edge,
    machine: MachineId,
    id: String,
    told: &CommandAckRequest,
) -> Result<HttpResponse, ApiError> {
    let succeeded = matches!(told.status.as_str(), "completed" | "success");
    let outcome = Outcome {
        state: match succeeded {
            true => CommandState::Succeeded,
            false => CommandState::Failed,
        },
        code: String::new(),
        message: message(&told.result).to_owned(),
        exit_code: None,
        is_cut: false,
    };
    let settled = SettleCommand {
        machine,
        agent_id: None,
        id: id.parse().map_err(|_| SettleError::Unknown)?,
        told: Told::Ended(outcome),
    };
    edge.fleet.settle(settled).await?;
    Ok(json(&StatusView { status: "ok" }))
}

fn message(result: &Value) -> &str {
    result
        .as_str()
        .or_else(|| result.get("message")?.as_str())
        .unwrap_or_default()
}

fn for_agents(command: &Command, batch: &Batch) -> CommandView {
    let pid = match batch.action {
        Action::KillProcess { pid, .. } => Some(pid),
        _ => None,
    };
    CommandView {
        id: command.id().to_string(),
        action: batch.action.name().to_owned(),
        params: CommandParams { pid },
        status: None,
        created_at: None,
        by: None,
        result: None,
    }
}

fn for_people(command: &Command, batch: &Batch) -> CommandView {
    CommandView {
        status: Some(command.state.name().to_owned()),
        created_at: Some(batch.created_at.to_string()),
        by: Some(batch.by.to_string()),
        result: command.outcome.as_ref().map(|outcome| outcome.message.clone()),
        ..for_agents(command, batch)
    }
}
