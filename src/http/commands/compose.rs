//! From what is asked to commands: the action with all it needs, the machines that are meant and those
//! that can't do it, and what operators have signed. Each target is looked at by itself.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use atlas_actors::clock::Timestamp;
use atlas_actors::command_queue::action::Action;
use atlas_actors::command_queue::command::{Batch, CommandId, NewCommand, Waves};
use atlas_actors::limits::{COMMAND_VALID, COMMAND_VALID_MAX, REASON_CHARS_MAX, TARGETS_MAX};
use atlas_actors::messages::{EnqueueError, ReadScript};
use atlas_actors::model::{AgentKind, MachineId, Scope};
use atlas_actors::roster::filter::Filter;
use atlas_actors::roster::{FleetView, MachineSnapshot};

use super::super::Edge;
use super::super::caller::Principal;
use super::super::error::ApiError;
use super::drafts;
use crate::wire::base64;
use crate::wire::command_action::{self, ReadActionError};
use crate::wire::hex_id::HexId;
use crate::wire::policy_summary;
use crate::wire::signed_command::CommandPayload;
use crate::wire::views::{BatchRequest, PreviewView, SkippedView, TargetView, TargetsRequest, WavesRequest};

/// What is asked, ready to be queued.
pub(super) struct Composed {
    pub(super) batch: Batch,
    pub(super) commands: Vec<NewCommand>,
    skipped: Vec<SkippedView>,
}

/// Reads what is asked.
pub(super) async fn compose(
    edge: &Edge,
    caller: &Principal,
    asked: &BatchRequest,
) -> Result<Composed, ApiError> {
    let now = edge.fleet.now();
    let action = action(edge, asked).await?;
    let (not_before, not_after) = times(asked, now)?;
    let batch = Batch {
        id: batch_id(asked, now)?,
        action,
        by: caller.user.clone(),
        reason: asked.reason.trim().chars().take(REASON_CHARS_MAX).collect(),
        created_at: now,
        not_before,
        not_after,
        waves: asked.waves.as_ref().map(waves).transpose()?,
        signatures: signatures(asked)?,
    };
    if !asked.signed.is_empty() {
        return drafts::read(edge, batch, &asked.signed);
    }
    let view = edge.fleet.view();
    let mut composed = Composed {
        batch,
        commands: Vec::new(),
        skipped: Vec::new(),
    };
    for machine in meant(&view, &asked.targets)? {
        composed.add(edge, machine, now)?;
    }
    if let Some(waves) = composed.batch.waves {
        for (number, command) in composed.commands.iter_mut().enumerate() {
            command.wave = waves.of(number);
        }
    }
    match composed.commands.len() {
        0 => Err(EnqueueError::NoTargets.into()),
        targets if targets > TARGETS_MAX => Err(EnqueueError::TooManyTargets { max: TARGETS_MAX }.into()),
        _ => Ok(composed),
    }
}

/// The action; a script's version and hash are filled in where only its name is said.
async fn action(edge: &Edge, asked: &BatchRequest) -> Result<Action, ApiError> {
    let mut args = asked.args.clone();
    if let (true, Some(fields)) = (asked.action == "run_script", args.as_object_mut()) {
        let id = fields
            .get("script_id")
            .and_then(|id| id.as_str())
            .unwrap_or_default();
        let version = fields.get("version").and_then(serde_json::Value::as_u64);
        let wanted = ReadScript {
            id: id.to_owned(),
            version: version.map(|version| u32::try_from(version).unwrap_or(u32::MAX)),
        };
        let (script, _) = edge.fleet.read_script(wanted).await?;
        let sha256 = HexId::new(script.sha256).to_string();
        fields.entry("version").or_insert(script.version.into());
        let told = fields.entry("sha256").or_insert(sha256.clone().into());
        if *told != sha256.as_str() {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "script_changed",
                "The script of that name and version has another SHA-256: look at it again.",
            ));
        }
        fields
            .entry("argv")
            .or_insert_with(|| Vec::<String>::new().into());
        fields.entry("timeout_s").or_insert(60.into());
    }
    command_action::read(&asked.action, args).map_err(ApiError::from)
}

impl From<ReadActionError> for ApiError {
    fn from(error: ReadActionError) -> Self {
        let code = match error {
            ReadActionError::Unknown => "unknown_action",
            ReadActionError::Arguments(_) | ReadActionError::Wrong(_) => "invalid_args",
        };
        Self::bad_request(code, super::super::error::sentence(&error.to_string()))
    }
}

fn times(asked: &BatchRequest, now: Timestamp) -> Result<(Timestamp, Timestamp), ApiError> {
    let wrong = || {
        ApiError::bad_request(
            "invalid_time",
            "not_before and not_after are times like 2026-11-24T04:00:00Z, in this order, both within the next 24 hours.",
        )
    };
    let read = |text: &Option<String>| text.as_deref().map(Timestamp::parse).transpose();
    let not_before = read(&asked.not_before).map_err(|_| wrong())?.unwrap_or(now);
    let not_after = read(&asked.not_after).map_err(|_| wrong())?;
    let not_after = not_after.unwrap_or_else(|| not_before.max(now).plus(COMMAND_VALID));
    let is_right = not_after > now && not_before < not_after && not_after <= now.plus(COMMAND_VALID_MAX);
    is_right.then_some((not_before, not_after)).ok_or_else(wrong)
}

fn waves(asked: &WavesRequest) -> Result<Waves, ApiError> {
    if asked.first == 0 || asked.step == 0 || asked.stop_after == 0 {
        return Err(ApiError::bad_request(
            "invalid_waves",
            "waves take numbers from 1 on: first, step and stop_after.",
        ));
    }
    Ok(Waves {
        first: asked.first,
        step: asked.step,
        failures_max: asked.stop_after,
    })
}

/// How many operators must sign before anything is handed out.
fn signatures(asked: &BatchRequest) -> Result<u8, ApiError> {
    let wanted = asked.signatures.unwrap_or(0);
    (wanted <= 4).then_some(wanted).ok_or_else(|| {
        ApiError::bad_request(
            "invalid_signatures",
            "signatures is from 0 to 4: how many operators must sign.",
        )
    })
}

fn batch_id(asked: &BatchRequest, now: Timestamp) -> Result<CommandId, ApiError> {
    let Some(text) = &asked.batch_id else {
        return CommandId::draw(now).map_err(|_| EnqueueError::NoRandomness.into());
    };
    let known = text.parse::<CommandId>().ok();
    let fresh = known.filter(|id| id.drawn_at().distance(now) <= COMMAND_VALID_MAX);
    fresh.ok_or_else(|| {
        ApiError::bad_request(
            "invalid_batch_id",
            "batch_id is the one of a preview of the last 24 hours.",
        )
    })
}

/// The machines that are meant, by id. Who is named must be there; nobody is meant by nothing.
fn meant<'a>(view: &'a FleetView, targets: &TargetsRequest) -> Result<Vec<&'a MachineSnapshot>, ApiError> {
    let filter = targets.filter.as_deref().filter(|text| !text.trim().is_empty());
    let filter = filter.map(Filter::parse).transpose().map_err(|error| {
        ApiError::bad_request(
            "invalid_filter",
            super::super::error::sentence(&error.to_string()),
        )
    })?;
    let mut named = BTreeSet::new();
    for id in &targets.machines {
        let row = view.find(id).ok_or_else(ApiError::no_such_machine)?;
        named.insert(row.snapshot.id.clone());
    }
    let by_rule = |machine: &MachineSnapshot| {
        let has_tag = machine
            .tags
            .iter()
            .any(|tag| targets.tags.iter().any(|one| one == tag.as_str()));
        match (&filter, targets.tags.is_empty()) {
            (None, true) => false,
            (None, false) => has_tag,
            (Some(filter), no_tags) => filter.matches(machine) && (no_tags || has_tag),
        }
    };
    let rows = view.rows().iter().map(|row| &*row.snapshot);
    Ok(rows
        .filter(|machine| named.contains(&machine.id) || by_rule(machine))
        .collect())
}

impl Composed {
    pub(super) const fn of_drafts(batch: Batch, commands: Vec<NewCommand>) -> Self {
        Self {
            batch,
            commands,
            skipped: Vec::new(),
        }
    }

    fn add(&mut self, edge: &Edge, machine: &MachineSnapshot, now: Timestamp) -> Result<(), ApiError> {
        let credentials = edge.fleet.credentials();
        let speaker = credentials.agents().speaker(&machine.id);
        let is_of_2_0 =
            machine.facts.agent == AgentKind::Legacy && !credentials.agents().is_upgraded(&machine.id);
        let agent_id = match speaker {
            Some(agent) => Some(agent.agent_id.clone()),
            None if is_of_2_0 && self.batch.action.is_known_to_2_0() => None,
            None if is_of_2_0 => {
                self.skip(
                    machine,
                    "unknown_to_2_0",
                    "Its agent is one of 2.0, which does not know this action.",
                );
                return Ok(());
            }
            None => {
                self.skip(
                    machine,
                    "no_agent",
                    "No agent speaks for it: enrol or approve one.",
                );
                return Ok(());
            }
        };
        let policy = policy_summary::of_facts(&machine.facts.document).unwrap_or_default();
        self.commands.push(NewCommand {
            id: CommandId::draw(now).map_err(|_| EnqueueError::NoRandomness)?,
            machine: machine.id.clone(),
            agent_id,
            seq: 0,
            policy_rev: policy.rev.chars().take(64).collect(),
            signatures: Vec::new(),
            wave: 0,
        });
        Ok(())
    }

    fn skip(&mut self, machine: &MachineSnapshot, code: &str, message: &str) {
        self.skipped.push(SkippedView {
            machine_id: machine.id.to_string(),
            code: code.to_owned(),
            message: message.to_owned(),
        });
    }

    /// What a dangerous action needs besides: why, and an operator's signature for each machine whose
    /// agent can check one.
    pub(super) fn check_dangerous(&self) -> Result<(), ApiError> {
        if self.batch.reason.is_empty() {
            return Err(ApiError::bad_request(
                "reason_required",
                "This action is dangerous: say why in reason.",
            ));
        }
        let lacks = |command: &NewCommand| command.agent_id.is_some() && command.signatures.is_empty();
        if self.commands.iter().any(lacks) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "operator_signature_required",
                "This action is dangerous: sign its preview with your operator key (`atlas command run … --sign`).",
            ));
        }
        Ok(())
    }

    /// Nothing is sent to others than were shown.
    pub(super) fn check_expected(&self, expected: Option<usize>) -> Result<(), ApiError> {
        match expected {
            Some(expected) if expected != self.commands.len() => Err(ApiError::new(
                StatusCode::CONFLICT,
                "targets_changed",
                format!(
                    "These are {} machines now, not {expected}: look at them again.",
                    self.commands.len()
                ),
            )),
            _ => Ok(()),
        }
    }

    /// One line for the audit log.
    pub(super) fn described(&self) -> String {
        let first: Vec<_> = self
            .commands
            .iter()
            .take(3)
            .map(|one| one.machine.as_str())
            .collect();
        let more = if self.commands.len() > 3 { ", …" } else { "" };
        format!(
            "{} {} on {}: {}{more}; {}",
            self.batch.id,
            self.batch.action.name(),
            self.commands.len(),
            first.join(", "),
            self.batch.reason
        )
    }

    pub(super) fn preview(self, edge: &Edge) -> PreviewView {
        let view = edge.fleet.view();
        let batch = &self.batch;
        let needs_signature = batch.action.class()
            == atlas_actors::command_queue::action::ActionClass::Dangerous
            && self.commands.iter().any(|command| command.agent_id.is_some());
        let target = |command: &NewCommand| {
            let row = view.find(command.machine.as_str());
            let snapshot = row.map(|row| &row.snapshot);
            TargetView {
                machine_id: command.machine.to_string(),
                name: snapshot.map(|one| one.facts.name.clone()).unwrap_or_default(),
                presence: snapshot.map_or("offline", |one| one.presence.name()).to_owned(),
                payload: drafts::draft(batch, command)
                    .map(|payload: CommandPayload| base64::encode(&payload.to_bytes())),
            }
        };
        PreviewView {
            batch_id: batch.id.to_string(),
            action: batch.action.name().to_owned(),
            args: command_action::args_value(&batch.action),
            class: batch.action.class().name().to_owned(),
            not_before: batch.not_before.to_string(),
            not_after: batch.not_after.to_string(),
            targets: self.commands.iter().map(target).collect(),
            skipped: self.skipped,
            needs_signature,
        }
    }
}

/// Whoever signs must be allowed to ask for it.
pub(super) const SIGNS: Scope = Scope::CommandsRunDangerous;

/// A machine whose agent has that id, if it is let in.
pub(super) fn machine_of(edge: &Edge, agent_id: &str) -> Option<MachineId> {
    let credentials = edge.fleet.credentials();
    let agent = credentials.agents().get(agent_id)?;
    let speaker = credentials.agents().speaker(&agent.machine)?;
    (speaker.agent_id == agent_id).then(|| agent.machine.clone())
}
