//! `atlas command`: has machines do something, and follows it. Asks the server on this machine; signs
//! what is dangerous with an operator's key.

mod approve;
mod run;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::approve::ApproveArgs;
use self::run::RunArgs;
use super::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::base64;
use crate::wire::views::{
    BatchCommandView, CommandListView, OutputView, ScriptRequest, ScriptView, ScriptsView,
};

/// What to do with commands.
#[derive(Debug, Args)]
pub struct CommandArgs {
    #[command(subcommand)]
    command: CommandCommand,
    /// The server's port, when it is not the one it was started with.
    #[arg(long, value_name = "PORT", global = true)]
    port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum CommandCommand {
    /// Have machines do something: shows whom it is for, asks, sends it, and follows it to its end.
    Run(Box<RunArgs>),
    /// List commands, the newest first.
    List {
        /// Only those of this machine.
        #[arg(long, value_name = "ID")]
        machine: Option<String>,
        /// Only those in this state, for example queued.
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u16,
    },
    /// Show a command and what it wrote.
    Show {
        /// Its id, as the list shows it.
        id: String,
    },
    /// Call off a command, or all of a batch that has not ended.
    Cancel {
        /// The id of a command or a batch.
        id: String,
    },
    /// Sign a batch that waits for more than one operator, after a look at what it does.
    Approve(ApproveArgs),
    /// Follow a batch to its end.
    Watch {
        /// The batch's id.
        id: String,
    },
    /// Keep scripts that machines may be asked to run, and list them.
    Script(ScriptArgs),
}

#[derive(Debug, Args)]
struct ScriptArgs {
    #[command(subcommand)]
    command: ScriptCommand,
}

#[derive(Debug, Subcommand)]
enum ScriptCommand {
    /// Keep a file as the newest version of a script.
    Put {
        /// The script's name: letters, digits and ._-
        id: String,
        /// The file; it begins with #! and its interpreter.
        file: PathBuf,
        /// What it does.
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
    },
    /// List all versions of all scripts.
    List,
}

/// Runs it.
///
/// # Errors
/// When the server on this machine does not run or refuses, or a command does not succeed.
pub fn run(global: &Global, args: CommandArgs) -> Result<(), Failure> {
    actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, args.port)?;
        match args.command {
            CommandCommand::Run(args) => run::run(global, &server, *args).await,
            CommandCommand::List {
                machine,
                state,
                limit,
            } => list(global, &server, machine, state, limit).await,
            CommandCommand::Show { id } => show(global, &server, &id).await,
            CommandCommand::Cancel { id } => cancel(global, &server, &id).await,
            CommandCommand::Approve(args) => approve::approve(global, &server, args).await,
            CommandCommand::Watch { id } => watch::follow(global, &server, path_segment(&id)?).await,
            CommandCommand::Script(args) => script(global, &server, args.command).await,
        }
    })
}

/// An id that may stand in a path.
fn path_segment(id: &str) -> Result<&str, Failure> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id.then_some(id).ok_or_else(|| {
        Failure::new("there is none of that id: ids look like 0199c832-d800-7000-8000-000000000007")
    })
}

async fn list(
    global: &Global,
    server: &LocalServer,
    machine: Option<String>,
    state: Option<String>,
    limit: u16,
) -> Result<(), Failure> {
    let mut query = vec![("limit", limit.to_string())];
    query.extend(machine.map(|machine| ("machine", machine)));
    query.extend(state.map(|state| ("state", state)));
    let list: CommandListView = server.get_with("/api/v2/commands", &query).await?;
    if global.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(());
    }
    list.commands.iter().for_each(line);
    Ok(())
}

/// One line for a command.
fn line(command: &BatchCommandView) {
    let code = command.code.as_deref().unwrap_or_default();
    println!(
        "{}  {:<9}  {:<16}  {}  by {}  {}  {code}",
        command.command_id, command.state, command.action, command.machine_id, command.by, command.created_at
    );
}

async fn show(global: &Global, server: &LocalServer, id: &str) -> Result<(), Failure> {
    let path = format!("/api/v2/commands/{}", path_segment(id)?);
    let command: BatchCommandView = server.get(&path).await?;
    if global.json {
        println!("{}", serde_json::to_string(&command)?);
        return Ok(());
    }
    line(&command);
    println!("args {}", command.args);
    for (name, said) in [
        ("reason", Some(&command.reason)),
        ("said", command.message.as_ref()),
    ] {
        if let Some(said) = said.filter(|said| !said.is_empty()) {
            println!("{name} {said}");
        }
    }
    if let Some(status) = command.exit_code {
        println!("exit status {status}");
    }
    let mut offset = 0;
    while offset < command.output_bytes {
        let piece: OutputView = server.get(&format!("{path}/output?offset={offset}")).await?;
        if piece.next_offset <= offset {
            break;
        }
        offset = piece.next_offset;
        print!("{}", plain(&base64::decode(&piece.bytes)?));
    }
    if command.is_cut {
        println!("… and more, which was not kept");
    }
    Ok(())
}

/// What a machine wrote is shown without what moves a terminal's cursor or worse.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

async fn cancel(global: &Global, server: &LocalServer, id: &str) -> Result<(), Failure> {
    let path = format!("/api/v2/commands/{}/cancel", path_segment(id)?);
    let list: CommandListView = server.post(&path, &serde_json::json!({})).await?;
    if global.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(());
    }
    list.commands.iter().for_each(line);
    Ok(())
}

async fn script(global: &Global, server: &LocalServer, command: ScriptCommand) -> Result<(), Failure> {
    let versions = match command {
        ScriptCommand::Put {
            id,
            file,
            description,
        } => {
            let content = std::fs::read_to_string(&file).map_err(|error| {
                Failure::new(format!("{} can't be read as text: {error}", file.display()))
            })?;
            let asked = ScriptRequest {
                script_id: id,
                description,
                content,
            };
            let kept: ScriptView = server.post("/api/v2/scripts", &asked).await?;
            vec![kept]
        }
        ScriptCommand::List => server.get::<ScriptsView>("/api/v2/scripts").await?.scripts,
    };
    if global.json {
        println!("{}", serde_json::to_string(&versions)?);
        return Ok(());
    }
    for one in versions {
        println!(
            "{}  version {}  sha256 {}  {} bytes  by {}  {}",
            one.script_id, one.version, one.sha256, one.bytes, one.by, one.description
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_machine_wrote_moves_no_cursor() {
        assert_eq!(plain(b"a\x1b[2Jb\r\n\tc"), "a\u{fffd}[2Jb\u{fffd}\n\tc");
    }

    #[test]
    fn an_id_is_no_path() {
        assert!(path_segment("0199c832-d800-7000-8000-000000000007").is_ok());
        assert!(path_segment("../users").is_err() && path_segment("").is_err());
    }
}
