//! `atlas audit verify`: checks the audit log of the server on this machine, whether it runs or not.

use std::path::{Path, PathBuf};

use atlas_actors::audit_log::chain::ChainCheck;
use atlas_actors::audit_log::{AuditHead, Checkpoint};
use atlas_actors::store::{DocumentKind, Stream};
use atlas_actors::stored::decode;
use atlas_store::sqlite::StoreBeside;
use clap::{Args, Subcommand};

use super::{Failure, Global};
use crate::audit_signer::AuditSigner;
use crate::data_dir::DataDir;
use crate::wire::audit_head;

/// What to do with the audit log.
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no record was changed, taken out or cut off; names the first that is wrong.
    Verify {
        /// Heads that agents have seen: one JSON object a line, as their audit-head.json has it.
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
}

/// Runs it.
///
/// # Errors
/// When a record is wrong, or the log can't be read.
pub fn run(global: &Global, args: AuditArgs) -> Result<(), Failure> {
    let AuditCommand::Verify { heads } = args.command;
    let data_dir = DataDir::open(global.data_dir.as_deref())?;
    let seen = heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let head = verify(&data_dir, &seen)?;
    if global.json {
        let view = audit_head::head(&head);
        println!(
            "{}",
            serde_json::to_string(&serde_json::json!({ "is_whole": true, "head": view }))?
        );
    } else if !global.quiet {
        println!("The audit log is whole: {} records.", head.seq);
    }
    Ok(())
}

fn verify(data_dir: &DataDir, seen: &[AuditHead]) -> Result<AuditHead, Failure> {
    if !data_dir.identity_key().exists() {
        return Err(Failure::new(format!(
            "no server has run with the data folder {}: name its folder with --data-dir",
            data_dir.path().display()
        )));
    }
    let signer = AuditSigner::load(&data_dir.identity_key())?;
    let store = StoreBeside::open(&data_dir.store())?;
    let stored = store.documents(DocumentKind::Audit)?;
    let signed: Result<Vec<Checkpoint>, _> = stored.iter().map(|body| decode(body)).collect();
    let signed =
        signed.map_err(|error| Failure::new(format!("a checkpoint of the audit log is damaged: {error}")))?;
    let mut check = ChainCheck::new(signed.iter().map(|checkpoint| &checkpoint.head).chain(seen));
    store.journal(&Stream::Audit, |_, body| {
        check.record(body.and_then(|body| decode(&body).ok()).as_ref());
    })?;
    let whole = check.finish(&signed, seen, |bytes, signature| {
        signer.is_signature(bytes, signature)
    });
    whole.map_err(|bad| Failure::new(format!("the audit log is not whole: {bad}")))
}

fn read_heads(file: &Path) -> Result<Vec<AuditHead>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", file.display())))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            audit_head::read_head(line).ok_or_else(|| {
                Failure::new(format!(
                    "{} line {} is no head: expected {{\"seq\":1,\"hash\":\"…\"}}",
                    file.display(),
                    at + 1
                ))
            })
        })
        .collect()
}
