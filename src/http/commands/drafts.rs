//! Commands that an operator signs: their bytes are shown in a preview, signed where the operator's key
//! is, and come back. They are taken only if they are, to the byte, what this server would send.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use atlas_actors::command_queue::command::{Batch, CommandId, NewCommand, OperatorSignature};
use atlas_actors::limits::TARGETS_MAX;
use atlas_actors::messages::{CommandInBatch, EnqueueError};

use super::super::Edge;
use super::super::error::ApiError;
use super::compose::{Composed, SIGNS, machine_of};
use crate::wire::base64::{self, Base64Array};
use crate::wire::operator_key::OperatorPublicKey;
use crate::wire::signed_command::{CommandPayload, SignatureV1, is_by_operator};
use crate::wire::views::SignedDraft;

/// A command's bytes as they would be sent; none for an agent of 2.0.
pub(super) fn draft(batch: &Batch, command: &NewCommand) -> Option<CommandPayload> {
    // What is to wait comes after what is not: places are times.
    let place = command.id.drawn_at().max(batch.not_before);
    Some(CommandPayload {
        command_id: command.id,
        agent_id: command.agent_id.as_ref()?.parse().ok()?,
        action: batch.action.clone(),
        not_before: batch.not_before,
        not_after: batch.not_after,
        seq: match command.seq {
            0 => place.as_millis().unsigned_abs().saturating_mul(1_000),
            seq => seq,
        },
        issued_by: batch.by.to_string(),
        policy_rev: command.policy_rev.clone(),
    })
}

/// The commands of a signed preview.
pub(super) fn read(edge: &Edge, batch: Batch, signed: &[SignedDraft]) -> Result<Composed, ApiError> {
    if signed.len() > TARGETS_MAX {
        return Err(EnqueueError::TooManyTargets { max: TARGETS_MAX }.into());
    }
    let mut commands = Vec::with_capacity(signed.len());
    let mut machines = BTreeSet::new();
    let mut batch = batch;
    for (at, draft) in signed.iter().enumerate() {
        let (payload, bytes) = payload(draft)?;
        if at == 0 {
            // All of a batch have the times that were signed.
            check_times(&batch, &payload)?;
            (batch.not_before, batch.not_after) = (payload.not_before, payload.not_after);
        }
        let mut command = command(edge, &batch, &payload, &bytes, draft)?;
        command.wave = batch.waves.map_or(0, |waves| waves.of(at));
        if !machines.insert(command.machine.clone()) {
            return Err(changed());
        }
        commands.push(command);
    }
    Ok(Composed::of_drafts(batch, commands))
}

fn payload(draft: &SignedDraft) -> Result<(CommandPayload, Vec<u8>), ApiError> {
    let bytes = base64::decode(&draft.payload).map_err(|_| changed())?;
    let payload = CommandPayload::from_bytes(&bytes).map_err(|_| changed())?;
    Ok((payload, bytes))
}

/// What was shown must still hold, and must not hold longer than anything may.
fn check_times(batch: &Batch, payload: &CommandPayload) -> Result<(), ApiError> {
    let now = batch.created_at;
    let latest = now.plus(atlas_actors::limits::COMMAND_VALID_MAX);
    if payload.not_after <= now || payload.not_after > latest || payload.not_before >= payload.not_after {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "draft_expired",
            "The time of the signed commands is over, or too far away: ask for a new preview.",
        ));
    }
    Ok(())
}

fn command(
    edge: &Edge,
    batch: &Batch,
    payload: &CommandPayload,
    bytes: &[u8],
    signed: &SignedDraft,
) -> Result<NewCommand, ApiError> {
    let agent_id = payload.agent_id.to_string();
    let machine = machine_of(edge, &agent_id).ok_or_else(changed)?;
    let command = NewCommand {
        id: payload.command_id,
        machine,
        agent_id: Some(agent_id),
        seq: payload.seq,
        policy_rev: payload.policy_rev.clone(),
        signatures: vec![signature(edge, bytes, signed)?],
        wave: 0,
    };
    let would_be_sent = draft(batch, &command).map(|payload| payload.to_bytes());
    if would_be_sent.as_deref() != Some(bytes) {
        return Err(changed());
    }
    Ok(command)
}

/// The signature, if it is that of an operator who may ask for it.
fn signature(edge: &Edge, bytes: &[u8], signed: &SignedDraft) -> Result<OperatorSignature, ApiError> {
    let refused = || {
        ApiError::new(
            StatusCode::FORBIDDEN,
            "operator_signature_refused",
            "The signature is not by a registered operator key whose owner may do this: register it with POST /api/v2/me/operator-keys.",
        )
    };
    let credentials = edge.fleet.credentials();
    let known = credentials
        .operator_keys()
        .iter()
        .find(|key| key.id == signed.kid);
    let key = known
        .filter(|key| key.scopes.contains(SIGNS))
        .ok_or_else(refused)?;
    let public: OperatorPublicKey = key.public.parse().map_err(|_| refused())?;
    let signature = SignatureV1 {
        kid: public.id(),
        sig: Base64Array(base64::decode_array(&signed.sig).map_err(|_| refused())?),
    };
    if !is_by_operator(&public, bytes, &signature) {
        return Err(refused());
    }
    Ok(OperatorSignature {
        kid: *signature.kid.as_bytes(),
        signature: signature.sig.0.to_vec(),
    })
}

/// The signatures that another operator adds to commands of a batch that waits.
pub(super) fn more(
    edge: &Edge,
    waiting: &[CommandInBatch],
    signed: &[SignedDraft],
) -> Result<Vec<(CommandId, OperatorSignature)>, ApiError> {
    let mut added = Vec::with_capacity(signed.len());
    for draft in signed {
        let (says, bytes) = payload(draft)?;
        let known = waiting
            .iter()
            .find(|(command, _)| command.id() == says.command_id);
        let (command, batch) = known.ok_or_else(changed)?;
        let would_be_sent = self::draft(batch, &command.order).map(|payload| payload.to_bytes());
        if would_be_sent.as_deref() != Some(&*bytes) {
            return Err(changed());
        }
        added.push((says.command_id, signature(edge, &bytes, draft)?));
    }
    Ok(added)
}

fn changed() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "draft_changed",
        "The signed commands are not those of this preview any more: ask for a new one.",
    )
}
