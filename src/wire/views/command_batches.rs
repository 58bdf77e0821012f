//! Commands to many machines: asked for, shown before they are sent, and followed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a command on machines.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// Which machines.
    #[serde(default)]
    pub targets: TargetsRequest,
    /// What to do: a name of an action.
    pub action: String,
    /// What the action needs to know (docs/api.md).
    #[serde(default)]
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
    /// Why; a dangerous action asks for it.
    #[serde(default)]
    pub reason: String,
    /// Nobody begins it before; now unless said.
    #[serde(default)]
    pub not_before: Option<String>,
    /// Nobody begins it after; 15 minutes from now unless said, a day at most.
    #[serde(default)]
    pub not_after: Option<String>,
    /// Only show what would be sent, and to whom; with the bytes that an operator signs.
    #[serde(default)]
    pub dry_run: bool,
    /// How many machines were shown; with another number nothing is sent.
    #[serde(default)]
    pub expected_targets: Option<usize>,
    /// The id of the preview: sent twice, it is queued once.
    #[serde(default)]
    pub batch_id: Option<String>,
    /// In steps: a few machines first, then more, and no further step when too many fail.
    #[serde(default)]
    pub waves: Option<WavesRequest>,
    /// How many operators must have signed before anything is handed out; others add theirs later.
    #[serde(default)]
    pub signatures: Option<u8>,
    /// The commands of the preview, signed by an operator; they say which machines.
    #[serde(default)]
    pub signed: Vec<SignedDraft>,
}

/// Which machines: those that are named, and those that have one of the tags or match the filter; with
/// tags and a filter, those that have both.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetsRequest {
    /// Machine ids.
    #[serde(default)]
    pub machines: Vec<String>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// A filter, such as `presence:online os:macos disk>90`.
    #[serde(default)]
    pub filter: Option<String>,
}

/// A batch in steps; each begins when all of the one before have ended.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WavesRequest {
    /// Machines of the first step.
    pub first: u32,
    /// Machines of each further step.
    pub step: u32,
    /// When so many have not succeeded, no further step begins.
    pub stop_after: u32,
}

/// More signatures for a batch that waits for them.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignaturesRequest {
    /// Its commands, signed by another operator.
    pub signed: Vec<SignedDraft>,
}

/// A command's bytes and an operator's signature over them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedDraft {
    /// The bytes of the preview, base64.
    pub payload: String,
    /// The key's name.
    pub kid: String,
    /// Ed25519 over the DSSE form of the bytes, base64.
    pub sig: String,
}

/// What would be sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewView {
    /// Names this preview; send it along.
    pub batch_id: String,
    /// What to do.
    pub action: String,
    /// What the action needs to know.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
    /// `safe` or `dangerous`.
    pub class: String,
    /// Nobody begins it before.
    pub not_before: String,
    /// Nobody begins it after.
    pub not_after: String,
    /// To whom.
    pub targets: Vec<TargetView>,
    /// Who was named and can't do it.
    pub skipped: Vec<SkippedView>,
    /// Whether machines with an agent of ATLAS 3 will ask for an operator's signature.
    pub needs_signature: bool,
}

/// One machine of a preview.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TargetView {
    /// Its id.
    pub machine_id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is there.
    pub presence: String,
    /// The bytes that an operator signs, base64; none for an agent of 2.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// A machine that was named and is left out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SkippedView {
    /// Its id.
    pub machine_id: String,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub message: String,
}

/// A batch, and how far it has come.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BatchView {
    /// Its id.
    pub batch_id: String,
    /// What to do.
    pub action: String,
    /// What the action needs to know.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
    /// `safe` or `dangerous`.
    pub class: String,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub created_at: String,
    /// Nobody begins it before.
    pub not_before: String,
    /// Nobody begins it after.
    pub not_after: String,
    /// In which steps, if not all at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<WavesRequest>,
    /// How many operators must have signed before anything is handed out.
    pub signatures: u8,
    /// How many of its commands are in which state.
    pub states: std::collections::BTreeMap<String, usize>,
    /// Its commands.
    pub commands: Vec<BatchCommandView>,
}

/// Commands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CommandListView {
    /// The newest first.
    pub commands: Vec<BatchCommandView>,
}

/// One command for one machine.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BatchCommandView {
    /// Its id.
    pub command_id: String,
    /// The batch that it belongs to.
    pub batch_id: String,
    /// For whom.
    pub machine_id: String,
    /// What to do.
    pub action: String,
    /// What the action needs to know.
    #[schema(value_type = Object)]
    pub args: serde_json::Value,
    /// `safe` or `dangerous`.
    pub class: String,
    /// `queued`, `leased`, `started`, `succeeded`, `failed`, `timed_out`, `expired`, `cancelled` or
    /// `unknown`.
    pub state: String,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub created_at: String,
    /// Nobody begins it after.
    pub not_after: String,
    /// How often it was handed out.
    pub deliveries: u32,
    /// When its machine began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
    /// Who called it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<String>,
    /// Why it did not go well, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the machine says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The exit status of what was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Bytes of its output that are here.
    pub output_bytes: u32,
    /// Whether there was more.
    pub is_cut: bool,
    /// The keys of the operators who signed it.
    pub signed_by: Vec<String>,
    /// In which step of its batch it is; the first one is 0.
    pub wave: u32,
    /// The bytes that another operator signs, base64, while it waits for that; only in a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// A piece of what a command wrote.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OutputView {
    /// Where it begins.
    pub offset: u32,
    /// Where the next piece begins.
    pub next_offset: u32,
    /// Whether no more will come: the command has ended.
    pub is_complete: bool,
    /// The bytes, base64; mostly UTF-8, and a piece may end within a character.
    pub bytes: String,
}

/// A version of a script.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ScriptView {
    /// The script.
    pub script_id: String,
    /// Which version.
    pub version: u32,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// Bytes of its content.
    pub bytes: u32,
    /// What it does.
    pub description: String,
    /// Who put it here.
    pub by: String,
    /// When.
    pub created_at: String,
    /// The text; only where one script is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// The library.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ScriptsView {
    /// All versions, each script's newest first.
    pub scripts: Vec<ScriptView>,
}

/// Keeps a version of a script.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptRequest {
    /// The script: letters, digits and `._-`.
    pub script_id: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// The text; it begins with `#!` and its interpreter.
    pub content: String,
}
