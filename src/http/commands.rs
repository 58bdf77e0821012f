//! Commands to machines, as people and programs ask for them: shown before they are sent, queued,
//! followed, called off. Whom they are for and what is signed is in [`compose`].

mod compose;
mod drafts;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::audit_log::AuditAction;
use atlas_actors::command_queue::action::ActionClass;
use atlas_actors::command_queue::command::{CommandId, CommandState};
use atlas_actors::messages::{
    CancelCommands, CommandInBatch, EnqueueBatch, ListCommands, Nudge, ReadOutput, SignBatch,
};
use atlas_actors::model::MachineId;
use serde::Deserialize;

use self::compose::Composed;
use super::agent_commands::scope_of;
use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::limits::{COMMANDS_LISTED_DEFAULT, COMMANDS_LISTED_MAX};
use super::machines::json;
use super::{Edge, audit};
use crate::wire::base64;
use crate::wire::command_json;
use crate::wire::machine_json::to_json;
use crate::wire::views::{
    BatchCommandView, BatchRequest, BatchView, CommandListView, OutputView, PreviewView, SignaturesRequest,
};

/// Asks for a command on machines; with `dry_run` it is only shown.
///
/// # Errors
/// 400 when it can't be one or is for nobody, 403 without the scope, a fresh proof, or an operator's
/// signature where the action is dangerous, 409 when the machines are not those that were shown, 429
/// when it is for more than one person may act on.
#[utoipa::path(post, path = "/api/v2/commands", tag = "commands", request_body = BatchRequest,
    responses((status = 201, description = "Queued: on disk, and its machines are told", body = BatchView),
        (status = 200, description = "With `dry_run`: what would be sent, and to whom", body = PreviewView)))]
pub async fn compose(
    edge: web::Data<Edge>,
    request: HttpRequest,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<BatchRequest>,
) -> Result<HttpResponse, ApiError> {
    let composed = compose::compose(&edge, &caller, &asked).await?;
    let class = composed.batch.action.class();
    caller.require(scope_of(class))?;
    if asked.dry_run {
        return Ok(json(&composed.preview(&edge)));
    }
    if class == ActionClass::Dangerous {
        caller.require_fresh(edge.fleet.now())?;
        composed.check_dangerous()?;
    }
    composed.check_expected(asked.expected_targets)?;
    audit::witness(&edge, &request, AuditAction::QueueCommand, &composed.described()).await?;
    let Composed { batch, commands, .. } = composed;
    let id = batch.id;
    let queued = edge.fleet.enqueue(EnqueueBatch { batch, commands }).await?;
    tracing::info!(batch = %id, machines = queued.len(), by = %caller, "commands queued");
    tell(&edge, &queued);
    let view = batch_view(&edge, id, &queued).await?;
    Ok(HttpResponse::build(StatusCode::CREATED)
        .content_type("application/json")
        .body(to_json(&view)))
}

/// Machines with an open channel hear of it at once; others with their next report.
pub(super) fn tell(edge: &Edge, commands: &[CommandInBatch]) {
    let machines = commands.iter().map(|(command, _)| command.order.machine.clone());
    let (fleet, machines) = (edge.fleet.clone(), machines.collect::<Vec<_>>());
    actix_web::rt::spawn(async move {
        for machine in machines {
            fleet.nudge(machine, Nudge::CommandsDue).await;
        }
    });
}

async fn batch_view(edge: &Edge, id: CommandId, commands: &[CommandInBatch]) -> Result<BatchView, ApiError> {
    let standing = edge.fleet.batch(id).await?.ok_or_else(no_such_command)?;
    let mut view = command_json::batch(&standing, commands);
    for (shown, (command, batch)) in view.commands.iter_mut().zip(commands) {
        let waits = command.order.signatures.len() < usize::from(batch.signatures) && command.deliveries == 0;
        let draft = drafts::draft(batch, &command.order).filter(|_| waits);
        shown.payload = draft.map(|payload| base64::encode(&payload.to_bytes()));
    }
    Ok(view)
}

async fn all_of(edge: &Edge, batch: CommandId) -> Result<Vec<CommandInBatch>, ApiError> {
    let all = ListCommands {
        batch: Some(batch),
        limit: usize::MAX,
        ..ListCommands::default()
    };
    Ok(edge.fleet.commands(all).await?)
}

/// Adds another operator's signatures to a batch that waits for them; with enough of them it is handed
/// out.
///
/// # Errors
/// 403 for a signature that does not count, 404 when there is no such batch, 409 when it was handed out
/// or is signed by that operator.
#[utoipa::path(post, path = "/api/v2/batches/{id}/signatures", tag = "commands", request_body = SignaturesRequest,
    params(("id" = String, Path, description = "The batch's id")),
    responses((status = 200, description = "The batch", body = BatchView)))]
pub async fn sign(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(caller): Caller,
    JsonBody(asked): JsonBody<SignaturesRequest>,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&id)?;
    let signatures = drafts::more(&edge, &all_of(&edge, id).await?, &asked.signed)?;
    audit::witness(&edge, &request, AuditAction::SignCommand, &id.to_string()).await?;
    let signed = edge
        .fleet
        .sign_batch(SignBatch {
            batch: id,
            signatures,
        })
        .await?;
    tracing::info!(batch = %id, commands = signed.len(), by = %caller, "commands signed");
    tell(&edge, &signed);
    Ok(json(&batch_view(&edge, id, &all_of(&edge, id).await?).await?))
}

pub(super) fn no_such_command() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "command_not_found",
        "There is no such command or batch, or it was dropped since it is old.",
    )
}

fn id_of(text: &str) -> Result<CommandId, ApiError> {
    text.parse().map_err(|_| no_such_command())
}

/// Which commands.
#[derive(Deserialize)]
pub struct ListQuery {
    machine: Option<String>,
    batch: Option<String>,
    state: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

impl ListQuery {
    fn read(self) -> Result<ListCommands, ApiError> {
        let wrong = |what: &str| ApiError::bad_request("malformed_query", format!("{what} can't be one."));
        let id = |text: Option<String>, what| {
            text.map(|text| text.parse::<CommandId>().map_err(|_| wrong(what)))
                .transpose()
        };
        let machine = self
            .machine
            .map(|text| MachineId::parse(&text).map_err(|_| wrong("machine")));
        let state = self
            .state
            .map(|text| CommandState::parse(&text).ok_or_else(|| wrong("state")));
        Ok(ListCommands {
            machine: machine.transpose()?,
            batch: id(self.batch, "batch")?,
            state: state.transpose()?,
            before: id(self.before, "before")?,
            limit: self
                .limit
                .unwrap_or(COMMANDS_LISTED_DEFAULT)
                .clamp(1, COMMANDS_LISTED_MAX),
        })
    }
}

/// Commands, newest first.
///
/// # Errors
/// 400 when the query can't be read.
#[utoipa::path(get, path = "/api/v2/commands", tag = "commands",
    params(("machine" = Option<String>, Query, description = "Only those of this machine"),
        ("batch" = Option<String>, Query, description = "Only those of this batch"),
        ("state" = Option<String>, Query, description = "Only those in this state"),
        ("before" = Option<String>, Query, description = "Only those before this one"),
        ("limit" = Option<usize>, Query, description = "At most so many; 100 unless said, 1,000 at most")),
    responses((status = 200, description = "The commands", body = CommandListView)))]
pub async fn list(edge: web::Data<Edge>, query: web::Query<ListQuery>) -> Result<HttpResponse, ApiError> {
    let listed = edge.fleet.commands(query.into_inner().read()?).await?;
    Ok(json(&CommandListView {
        commands: command_json::commands(&listed),
    }))
}

/// One command.
///
/// # Errors
/// 404 when there is none of that id.
#[utoipa::path(get, path = "/api/v2/commands/{id}", tag = "commands",
    params(("id" = String, Path, description = "The command's id")),
    responses((status = 200, description = "The command", body = BatchCommandView)))]
pub async fn show(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let found = edge.fleet.command(id_of(&id)?).await?;
    let (command, batch) = found.ok_or_else(no_such_command)?;
    Ok(json(&command_json::command(&command, &batch)))
}

/// From where on.
#[derive(Deserialize)]
pub struct OutputQuery {
    offset: Option<u32>,
}

/// What a command wrote, from a byte on. While it runs there is more to come.
///
/// # Errors
/// 404 when there is none of that id.
#[utoipa::path(get, path = "/api/v2/commands/{id}/output", tag = "commands",
    params(("id" = String, Path, description = "The command's id"),
        ("offset" = Option<u32>, Query, description = "From this byte on; 0 unless said")),
    responses((status = 200, description = "The bytes that are here", body = OutputView)))]
pub async fn output(
    edge: web::Data<Edge>,
    id: web::Path<String>,
    query: web::Query<OutputQuery>,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&id)?;
    let found = edge.fleet.command(id).await?;
    let (command, _) = found.ok_or_else(no_such_command)?;
    let offset = query.offset.unwrap_or(0).min(command.output_bytes);
    let bytes = edge.fleet.read_output(ReadOutput { id, offset }).await?;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    Ok(json(&OutputView {
        offset,
        next_offset: offset.saturating_add(length),
        is_complete: !command.state.is_open(),
        bytes: base64::encode(&bytes),
    }))
}

/// Calls off a command, or all of a batch that has not ended.
///
/// # Errors
/// 404 when there is none of that id, 409 when it has ended.
#[utoipa::path(post, path = "/api/v2/commands/{id}/cancel", tag = "commands",
    params(("id" = String, Path, description = "The id of a command or a batch")),
    responses((status = 200, description = "Those that were called off; what runs already ends soon", body = CommandListView)))]
pub async fn cancel(
    edge: web::Data<Edge>,
    request: HttpRequest,
    id: web::Path<String>,
    Caller(caller): Caller,
) -> Result<HttpResponse, ApiError> {
    let id = id_of(&id)?;
    audit::witness(&edge, &request, AuditAction::CancelCommand, &id.to_string()).await?;
    let by = caller.user.clone();
    let cancelled = edge.fleet.cancel(CancelCommands { id, by }).await?;
    tracing::info!(%id, commands = cancelled.len(), by = %caller, "commands called off");
    tell(&edge, &cancelled);
    Ok(json(&CommandListView {
        commands: command_json::commands(&cancelled),
    }))
}

/// A batch, and how far it has come.
///
/// # Errors
/// 404 when there is none of that id.
#[utoipa::path(get, path = "/api/v2/batches/{id}", tag = "commands",
    params(("id" = String, Path, description = "The batch's id")),
    responses((status = 200, description = "The batch and all its commands", body = BatchView)))]
pub async fn batch(edge: web::Data<Edge>, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let id = id_of(&id)?;
    let listed = all_of(&edge, id).await?;
    Ok(json(&batch_view(&edge, id, &listed).await?))
}
