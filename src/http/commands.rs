//! Commands: queued by people, fetched and answered by agents of 2.0.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::command_queue::command::{Action, Command};
use atlas_actors::messages::{EnqueueCommand, SettleCommand};
use atlas_actors::model::{MachineId, Scope};
use serde::Deserialize;
use serde_json::Value;

use super::Edge;
use super::audit;
use super::body::JsonBody;
use super::caller::Caller;
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
/// dangerous without its scope and a fresh proof of who asks.
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
    if edge.fleet.credentials().agents().speaker(&machine).is_some() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "agent_takes_no_commands",
            "This machine's agent only monitors: it takes no commands in this version.",
        ));
    }
    let action = action(&asked)?;
    if matches!(action, Action::KillProcess { .. }) {
        caller.require(Scope::CommandsRunDangerous)?;
        caller.require_fresh(edge.fleet.now())?;
    }
    let target = format!("{machine} {}", action.name());
    audit::witness(&edge, &request, AuditAction::QueueCommand, &target).await?;
    let command = EnqueueCommand {
        machine: machine.clone(),
        action,
        by: caller.user.clone(),
    };
    let command_id = edge.fleet.enqueue(command).await?;
    tracing::info!(%machine, by = %caller, command = %command_id, "command queued");
    Ok(json(&CommandCreatedView {
        command_id,
        status: "created",
    }))
}

fn action(asked: &CommandRequest) -> Result<Action, ApiError> {
    match (asked.action.as_str(), asked.params.pid) {
        ("kill_process", Some(pid)) if pid > 1 => Ok(Action::KillProcess { pid }),
        ("kill_process", _) => Err(ApiError::bad_request(
            "missing_pid",
            "kill_process needs params.pid, a process number above 1.",
        )),
        ("restart_agent", _) => Ok(Action::RestartAgent),
        ("clear_dns_cache", _) => Ok(Action::ClearDnsCache),
        _ => Err(ApiError::bad_request(
            "unknown_action",
            "There is no such action. These exist: kill_process, restart_agent, clear_dns_cache.",
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
    let commands = edge.fleet.commands(find(&edge, &id)?).await?;
    Ok(json(&CommandsView {
        commands: commands.iter().map(for_people).collect(),
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
    let commands = edge.fleet.lease(machine, limit).await?;
    Ok(json(&CommandsView {
        commands: commands.iter().map(for_agents).collect(),
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
    let message = message(&told.result).to_owned();
    edge.fleet
        .settle(SettleCommand {
            machine,
            id,
            succeeded,
            message,
        })
        .await?;
    Ok(json(&StatusView { status: "ok" }))
}

fn message(result: &Value) -> &str {
    result
        .as_str()
        .or_else(|| result.get("message")?.as_str())
        .unwrap_or_default()
}

fn for_agents(command: &Command) -> CommandView {
    let pid = match command.action {
        Action::KillProcess { pid } => Some(pid),
        Action::RestartAgent | Action::ClearDnsCache => None,
    };
    CommandView {
        id: command.id.clone(),
        action: command.action.name().to_owned(),
        params: CommandParams { pid },
        status: None,
        created_at: None,
        by: None,
        result: None,
    }
}

fn for_people(command: &Command) -> CommandView {
    CommandView {
        status: Some(command.state.name().to_owned()),
        created_at: Some(command.created_at.to_string()),
        by: Some(command.by.to_string()),
        result: command.message.clone(),
        ..for_agents(command)
    }
}
