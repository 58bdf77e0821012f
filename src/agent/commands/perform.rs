//! Does what a command asks for; what it may do was judged before. Each action is a few lines here or a
//! file of its own below. No shell: a program and its arguments, one by one.

mod kill;
mod log_tail;

use std::path::{Path, PathBuf};

use actix::Addr;
use atlas_actors::command_queue::action::{Action, ScriptRun};
use atlas_actors::command_queue::command::CommandState;
use tokio::sync::watch;

use super::ledger::{End, OutputFile};
use super::policy::Policy;
use super::process::{self, Ended, How, Job};
use crate::agent::nudge::Bells;
use crate::agent::uplink::Uplink;
use crate::agent::uplink::renewal::RenewKey;
use crate::secret_file;

/// Where the system's own programs are. The agent's own search path is nobody's business.
const PROGRAM_FOLDERS: [&str; 6] = [
    "/usr/bin",
    "/bin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
];

/// With what a command is carried out.
pub struct Means<'a> {
    /// The command.
    pub id: &'a str,
    /// The machine.
    pub machine_id: &'a str,
    /// The script that came along.
    pub script: Option<&'a [u8]>,
    /// Where its output goes.
    pub output: PathBuf,
    /// A folder of its own, which is removed afterwards.
    pub work_folder: PathBuf,
    /// The machine's policy.
    pub policy: &'a Policy,
    /// What the agent is asked to do soon.
    pub bells: &'a Bells,
    /// Agrees on another key.
    pub uplink: &'a Addr<Uplink>,
    /// Whether this agent can start itself anew.
    pub can_restart: bool,
}

fn succeeded(message: &str) -> End {
    End::new(CommandState::Succeeded, "", message)
}

fn failed(code: &str, message: impl Into<String>) -> End {
    End::new(CommandState::Failed, code, message)
}

/// Does it; says how it went.
pub async fn perform(action: &Action, means: Means<'_>, cancelled: watch::Receiver<bool>) -> End {
    match action {
        Action::RestartAgent if means.can_restart => succeeded("The agent starts anew."),
        Action::RestartAgent => failed(
            "unsupported",
            "This agent runs within its server's process (`atlas up`): start that anew.",
        ),
        Action::CollectReport => {
            means.bells.ring_for_report();
            succeeded("A report is on its way.")
        }
        Action::RotateKey => match means.uplink.send(RenewKey).await {
            Ok(()) => succeeded("Another key is being agreed on."),
            Err(error) => failed("agent_busy", error.to_string()),
        },
        Action::KillProcess {
            pid,
            start_time_s,
            name,
        } => {
            kill::kill(
                *pid,
                start_time_s.unwrap_or_default(),
                name.as_deref().unwrap_or_default(),
            )
            .await
        }
        Action::ClearDnsCache => run_tool(clear_dns_cache(), means, cancelled).await,
        Action::RestartService { name } => run_tool(restart_service(name), means, cancelled).await,
        Action::CollectLogTail { path, lines } => log_tail::collect(Path::new(path), *lines, &means.output),
        Action::RunScript(run) => run_script(run, means, cancelled).await,
        Action::UpgradeAgent { .. } => failed(
            "unsupported",
            "This agent does not put another version in its own place yet: install it with your package manager.",
        ),
    }
}

/// A tool of the system and its arguments.
struct Tool {
    name: &'static str,
    args: Vec<String>,
}

fn clear_dns_cache() -> Tool {
    let (name, args) = match std::env::consts::OS {
        "macos" => ("dscacheutil", ["-flushcache"]),
        _ => ("resolvectl", ["flush-caches"]),
    };
    Tool {
        name,
        args: args.map(ToOwned::to_owned).to_vec(),
    }
}

fn restart_service(service: &str) -> Tool {
    match std::env::consts::OS {
        "macos" => Tool {
            name: "launchctl",
            args: vec!["kickstart".into(), "-k".into(), format!("system/{service}")],
        },
        _ => Tool {
            name: "systemctl",
            args: vec!["restart".into(), "--".into(), service.to_owned()],
        },
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    let folders = PROGRAM_FOLDERS.iter().map(Path::new);
    folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

async fn run_tool(tool: Tool, means: Means<'_>, cancelled: watch::Receiver<bool>) -> End {
    let Some(program) = find_program(tool.name) else {
        return failed("tool_missing", format!("This machine has no {}.", tool.name));
    };
    let job = Job {
        program,
        args: tool.args,
        folder: PathBuf::from("/"),
        environment: environment(&means, Path::new("/")),
        run_as: None,
        timeout: Action::ClearDnsCache.timeout(),
    };
    run(job, &means.output, cancelled).await
}

/// A clean environment: nothing of the agent's own.
fn environment(means: &Means<'_>, home: &Path) -> Vec<(&'static str, String)> {
    vec![
        (
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        ),
        ("HOME", home.to_string_lossy().into_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("ATLAS_COMMAND_ID", means.id.to_owned()),
        ("ATLAS_MACHINE_ID", means.machine_id.to_owned()),
    ]
}

async fn run_script(script: &ScriptRun, means: Means<'_>, cancelled: watch::Receiver<bool>) -> End {
    let folder = means.work_folder.clone();
    let program = match lay_out(&means) {
        Ok(program) => program,
        Err(error) => {
            return failed(
                "not_started",
                format!("The script could not be laid out: {error}."),
            );
        }
    };
    let job = Job {
        program,
        args: script.argv.clone(),
        environment: environment(&means, &folder),
        folder: folder.clone(),
        run_as: means.policy.run_as(),
        timeout: Action::RunScript(script.clone()).timeout(),
    };
    let end = run(job, &means.output, cancelled).await;
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(%error, "a script's folder could not be removed");
    }
    end
}

/// Puts the script into a folder of its own.
fn lay_out(means: &Means<'_>) -> std::io::Result<PathBuf> {
    let folder = &means.work_folder;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    secret_file::make_folder(folder)?;
    let program = folder.join("script");
    std::fs::write(&program, means.script.unwrap_or_default())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, chown};
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700))?;
        if let Some(user) = means.policy.run_as() {
            for path in [folder.as_path(), &program] {
                chown(path, Some(user.uid), Some(user.gid))?;
            }
        }
    }
    Ok(program)
}

async fn run(job: Job, output: &Path, cancelled: watch::Receiver<bool>) -> End {
    let output = match OutputFile::create(output) {
        Ok(output) => output,
        Err(error) => {
            return failed(
                "not_started",
                format!("There is no room for its output: {error}."),
            );
        }
    };
    let Ended { how, is_cut } = process::run(job, output, cancelled).await;
    let exit_code = match how {
        How::Exited(status) => Some(status),
        _ => None,
    };
    let end = match how {
        How::Exited(0) => succeeded(""),
        How::Exited(status) => failed("exit_status", format!("It ended with status {status}.")),
        How::Signalled(signal) => failed("signal", format!("It was ended by signal {signal}.")),
        How::NotStarted(why) => failed("not_started", format!("It could not be started: {why}.")),
        How::TimedOut => End::new(
            CommandState::TimedOut,
            "timed_out",
            "It took too long and was ended.",
        ),
        How::Cancelled => End::new(
            CommandState::Cancelled,
            "cancelled",
            "It was called off and ended.",
        ),
    };
    End {
        exit_code,
        is_cut,
        ..end
    }
}
