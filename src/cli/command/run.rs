//! `atlas command run`: what is asked is shown with all its machines before anything is sent, and an
//! operator signs only what was typed.

use std::io::{IsTerminal, Write, stdin};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::watch;
use crate::cli::operator::KeyFile;
use crate::cli::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::base64;
use crate::wire::command_action;
use crate::wire::hex_id::HexId;
use crate::wire::keyed_hash::sha256;
use crate::wire::operator_key::OperatorKey;
use crate::wire::signed_command::{CommandPayload, sign_as_operator};
use crate::wire::views::{
    BatchRequest, BatchView, PreviewView, SignedDraft, TargetView, TargetsRequest, WavesRequest,
};

/// With more machines than this their number is typed, not just a yes.
const TYPED_ABOVE: usize = 10;
/// Arguments that are numbers.
const NUMBERS: [&str; 4] = ["pid", "start_time", "lines", "timeout_s"];

/// What to run, and where.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// What to do: restart_agent, collect_report, kill_process, clear_dns_cache, rotate_key,
    /// restart_service, collect_log_tail, run_script or upgrade_agent.
    action: String,
    /// A machine; once for each.
    #[arg(long = "machine", value_name = "ID")]
    machines: Vec<String>,
    /// Machines with this tag; once for each.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Machines that are so, for example 'presence:online os:macos disk>90'.
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// What the action needs to know, as name=value; once for each.
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    args: Vec<String>,
    /// The script of the library, for run_script.
    #[arg(long, value_name = "ID")]
    script: Option<String>,
    /// The script as you know it: signed only if the library's is the same.
    #[arg(long, value_name = "FILE", requires = "script")]
    script_file: Option<PathBuf>,
    /// The script's arguments, after --.
    #[arg(last = true, value_name = "ARGUMENT")]
    argv: Vec<String>,
    /// Why; a dangerous action asks for it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Nobody begins it after this time, for example 2026-11-24T04:00:00Z [default: in 15 minutes].
    #[arg(long, value_name = "TIME")]
    not_after: Option<String>,
    /// In steps: so many machines first.
    #[arg(long, value_name = "N", requires = "step")]
    first: Option<u32>,
    /// Then so many at a time, each step when all of the one before have ended.
    #[arg(long, value_name = "N", requires = "first")]
    step: Option<u32>,
    /// No further step begins when so many machines have not succeeded.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "first")]
    stop_after: u32,
    /// Hand it out only when so many operators have signed it: others do with `atlas command approve`.
    #[arg(long, value_name = "N")]
    signatures: Option<u8>,
    /// Sign it with your operator key.
    #[arg(long)]
    sign: bool,
    #[command(flatten)]
    key: KeyFile,
    /// Only show whom it is for.
    #[arg(long)]
    dry_run: bool,
    /// Don't ask; with more than 10 machines say how many they are.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "0")]
    yes: Option<usize>,
    /// Don't follow it.
    #[arg(long)]
    no_wait: bool,
}

/// Runs it.
pub(super) async fn run(global: &Global, server: &LocalServer, args: RunArgs) -> Result<(), Failure> {
    let mut asked = args.request()?;
    asked.dry_run = true;
    let preview: PreviewView = server.post("/api/v2/commands", &asked).await?;
    if args.dry_run && global.json {
        println!("{}", serde_json::to_string(&preview)?);
        return Ok(());
    }
    if !global.quiet {
        show(&preview);
    }
    if args.dry_run {
        return Ok(());
    }
    confirm(&args, preview.targets.len())?;
    asked.dry_run = false;
    asked.expected_targets = Some(preview.targets.len());
    asked.batch_id = Some(preview.batch_id.clone());
    if args.sign {
        asked.signed = sign(&args.key.open()?, &args, &preview)?;
    }
    let batch: BatchView = server.post("/api/v2/commands", &asked).await?;
    if args.no_wait {
        match global.json {
            true => println!("{}", serde_json::to_string(&batch)?),
            false => println!("batch {}", batch.batch_id),
        }
        return Ok(());
    }
    watch::follow(global, server, &batch.batch_id).await
}

impl RunArgs {
    fn request(&self) -> Result<BatchRequest, Failure> {
        let mut fields = Map::new();
        for arg in &self.args {
            let (name, value) = arg
                .split_once('=')
                .ok_or_else(|| Failure::new(format!("--arg {arg}: write it as name=value")))?;
            let is_number = NUMBERS.contains(&name) || name == "version" && self.action == "run_script";
            let value = match value.parse::<u64>() {
                Ok(number) if is_number => number.into(),
                _ => Value::from(value),
            };
            fields.insert(name.to_owned(), value);
        }
        if let Some(script) = &self.script {
            fields.insert("script_id".to_owned(), json!(script));
            fields.insert("argv".to_owned(), json!(self.argv));
        }
        Ok(BatchRequest {
            targets: TargetsRequest {
                machines: self.machines.clone(),
                tags: self.tags.clone(),
                filter: self.filter.clone(),
            },
            action: self.action.clone(),
            args: Value::Object(fields),
            reason: self.reason.clone(),
            not_after: self.not_after.clone(),
            waves: self.first.zip(self.step).map(|(first, step)| WavesRequest {
                first,
                step,
                stop_after: self.stop_after,
            }),
            signatures: self.signatures,
            ..BatchRequest::default()
        })
    }
}

fn show(preview: &PreviewView) {
    eprintln!("{} ({}) {}", preview.action, preview.class, preview.args);
    eprintln!("until {}", preview.not_after);
    for target in &preview.targets {
        eprintln!("  {:<8}  {}  {}", target.presence, target.machine_id, target.name);
    }
    for skipped in &preview.skipped {
        eprintln!("  left out  {}  {}", skipped.machine_id, skipped.message);
    }
    if preview.needs_signature {
        eprintln!("this needs an operator's signature: --sign");
    }
}

fn confirm(args: &RunArgs, machines: usize) -> Result<(), Failure> {
    let many = machines > TYPED_ABOVE;
    match args.yes {
        Some(number) if !many || number == machines => return Ok(()),
        Some(_) => {
            return Err(Failure::new(format!(
                "these are {machines} machines: if you mean all of them, say so with --yes {machines}"
            )));
        }
        None => {}
    }
    if !stdin().is_terminal() {
        return Err(Failure::new("nobody can be asked here: say --yes if you mean it"));
    }
    let wanted = if many {
        machines.to_string()
    } else {
        "yes".to_owned()
    };
    eprint!("Type {wanted} to send it to {machines} machines: ");
    std::io::stderr().flush()?;
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    match typed.trim() == wanted {
        true => Ok(()),
        false => Err(Failure::new("nothing was sent")),
    }
}

/// Signs each command of the preview, after a look at what it really says.
fn sign(key: &OperatorKey, args: &RunArgs, preview: &PreviewView) -> Result<Vec<SignedDraft>, Failure> {
    let targets = preview.targets.iter();
    let signed = targets.filter_map(|target| target.payload.as_ref().map(|payload| (target, payload)));
    signed
        .map(|(target, payload)| sign_one(key, args, preview, target, payload))
        .collect()
}

fn sign_one(
    key: &OperatorKey,
    args: &RunArgs,
    preview: &PreviewView,
    target: &TargetView,
    payload: &str,
) -> Result<SignedDraft, Failure> {
    let bytes = base64::decode(payload)?;
    let says = CommandPayload::from_bytes(&bytes)?;
    let other = |what: &str| {
        Failure::new(format!(
            "the server wants a signature for something else than was asked for {} ({what}): nothing was signed",
            target.machine_id
        ))
    };
    let told = command_action::args_value(&says.action);
    if says.action.name() != args.action || told != preview.args {
        return Err(other("action"));
    }
    let asked = args.request()?;
    let fields = asked.args.as_object().into_iter().flatten();
    for (name, value) in fields {
        if told.get(name) != Some(value) {
            return Err(other(name));
        }
    }
    if let Some(file) = &args.script_file {
        let known = HexId::<32>::new(sha256(&std::fs::read(file)?)).to_string();
        if told.get("sha256") != Some(&Value::from(known)) {
            return Err(other("the script is not the one in --script-file"));
        }
    }
    if says.not_after.to_string() != preview.not_after {
        return Err(other("time"));
    }
    let signature = sign_as_operator(key, &bytes);
    Ok(SignedDraft {
        payload: payload.to_owned(),
        kid: signature.kid.to_string(),
        sig: signature.sig.to_string(),
    })
}
