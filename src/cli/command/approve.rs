//! `atlas command approve`: another operator looks at a batch and signs it.

use std::io::{IsTerminal, Write, stdin};

use clap::Args;

use super::path_segment;
use crate::cli::operator::KeyFile;
use crate::cli::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::base64;
use crate::wire::command_action;
use crate::wire::operator_key::OperatorKey;
use crate::wire::signed_command::{CommandPayload, sign_as_operator};
use crate::wire::views::{BatchCommandView, BatchView, SignaturesRequest, SignedDraft};

/// What to approve.
#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    /// The batch's id.
    id: String,
    #[command(flatten)]
    key: KeyFile,
    /// Don't ask.
    #[arg(long)]
    yes: bool,
}

/// Runs it.
pub(super) async fn approve(global: &Global, server: &LocalServer, args: ApproveArgs) -> Result<(), Failure> {
    let path = format!("/api/v2/batches/{}", path_segment(&args.id)?);
    let batch: BatchView = server.get(&path).await?;
    let waiting: Vec<_> = batch
        .commands
        .iter()
        .filter(|command| command.payload.is_some())
        .collect();
    if waiting.is_empty() {
        return Err(Failure::new("none of its commands waits for a signature"));
    }
    eprintln!(
        "{} {} by {}: {}",
        batch.action, batch.args, batch.by, batch.reason
    );
    for command in &waiting {
        eprintln!("  {}", command.machine_id);
    }
    if !args.yes {
        confirm(waiting.len())?;
    }
    let key = args.key.open()?;
    let signed: Result<_, Failure> = waiting
        .iter()
        .map(|command| sign(&key, &batch, command))
        .collect();
    let asked = SignaturesRequest { signed: signed? };
    let batch: BatchView = server.post(&format!("{path}/signatures"), &asked).await?;
    match global.json {
        true => println!("{}", serde_json::to_string(&batch)?),
        false => println!(
            "signed {} commands of batch {}",
            asked.signed.len(),
            batch.batch_id
        ),
    }
    Ok(())
}

fn confirm(machines: usize) -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::new("nobody can be asked here: say --yes if you mean it"));
    }
    eprint!("Type yes to sign it for {machines} machines: ");
    std::io::stderr().flush()?;
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    match typed.trim() == "yes" {
        true => Ok(()),
        false => Err(Failure::new("nothing was signed")),
    }
}

/// Signs what was shown, and nothing else.
fn sign(key: &OperatorKey, batch: &BatchView, command: &BatchCommandView) -> Result<SignedDraft, Failure> {
    let payload = command.payload.clone().unwrap_or_default();
    let bytes = base64::decode(&payload)?;
    let says = CommandPayload::from_bytes(&bytes)?;
    let is_shown = says.action.name() == batch.action
        && command_action::args_value(&says.action) == batch.args
        && says.not_after.to_string() == batch.not_after
        && says.issued_by == batch.by;
    if !is_shown {
        return Err(Failure::new(format!(
            "the server wants a signature for something else than it shows for {}: nothing was signed",
            command.machine_id
        )));
    }
    let signature = sign_as_operator(key, &bytes);
    Ok(SignedDraft {
        payload,
        kid: signature.kid.to_string(),
        sig: signature.sig.to_string(),
    })
}
