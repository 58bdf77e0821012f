//! Actions as they are named on the wire: `{"action":"run_script","args":{…}}`. What they may say is
//! checked in [`Action::check`], by both sides.

use atlas_actors::command_queue::action::{Action, ActionError, ScriptRun};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hex_id::HexId;

/// An action can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadActionError {
    /// No such action.
    #[error("there is no such action; these exist: {}", Action::NAMES.join(", "))]
    Unknown,
    /// Not the arguments that it takes.
    #[error("these are not the arguments of {0}: docs/api.md shows them")]
    Arguments(&'static str),
    /// An argument that can't be one.
    #[error(transparent)]
    Wrong(#[from] ActionError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoArgs {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KillProcessArgs {
    pid: u32,
    start_time: u64,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestartServiceArgs {
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectLogTailArgs {
    path: String,
    lines: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunScriptArgs {
    script_id: String,
    version: u32,
    sha256: HexId<32>,
    argv: Vec<String>,
    timeout_s: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpgradeAgentArgs {
    version: String,
}

/// The arguments of an action; their fields always come in the same order.
#[derive(Serialize)]
#[serde(untagged)]
enum Args {
    None(NoArgs),
    KillProcess(KillProcessArgs),
    RestartService(RestartServiceArgs),
    CollectLogTail(CollectLogTailArgs),
    RunScript(RunScriptArgs),
    UpgradeAgent(UpgradeAgentArgs),
}

/// The arguments, to be written as JSON. The same action always gives the same bytes.
#[must_use]
pub fn args(action: &Action) -> impl Serialize + use<> {
    match action {
        Action::RestartAgent | Action::CollectReport | Action::ClearDnsCache | Action::RotateKey => {
            Args::None(NoArgs {})
        }
        Action::KillProcess {
            pid,
            start_time_s,
            name,
        } => Args::KillProcess(KillProcessArgs {
            pid: *pid,
            start_time: start_time_s.unwrap_or_default(),
            name: name.clone().unwrap_or_default(),
        }),
        Action::RestartService { name } => Args::RestartService(RestartServiceArgs { name: name.clone() }),
        Action::CollectLogTail { path, lines } => Args::CollectLogTail(CollectLogTailArgs {
            path: path.clone(),
            lines: *lines,
        }),
        Action::RunScript(run) => Args::RunScript(RunScriptArgs {
            script_id: run.script_id.clone(),
            version: run.version,
            sha256: HexId::new(run.sha256),
            argv: run.argv.clone(),
            timeout_s: run.timeout_s,
        }),
        Action::UpgradeAgent { version } => Args::UpgradeAgent(UpgradeAgentArgs {
            version: version.clone(),
        }),
    }
}

/// The arguments as a JSON value, for views.
#[must_use]
pub fn args_value(action: &Action) -> Value {
    // Texts and numbers always serialise.
    serde_json::to_value(args(action)).unwrap_or_default()
}

fn parse<T: for<'a> Deserialize<'a>>(name: &'static str, args: Value) -> Result<T, ReadActionError> {
    serde_json::from_value(args).map_err(|_| ReadActionError::Arguments(name))
}

/// Reads an action and checks it.
///
/// # Errors
/// See [`ReadActionError`].
pub fn read(action: &str, args: Value) -> Result<Action, ReadActionError> {
    let known = Action::NAMES.into_iter().find(|known| *known == action);
    let name = known.ok_or(ReadActionError::Unknown)?;
    let args = if args.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        args
    };
    let none = |action| parse::<NoArgs>(name, args.clone()).map(|NoArgs {}| action);
    let action = match name {
        "restart_agent" => none(Action::RestartAgent)?,
        "collect_report" => none(Action::CollectReport)?,
        "clear_dns_cache" => none(Action::ClearDnsCache)?,
        "rotate_key" => none(Action::RotateKey)?,
        "kill_process" => {
            let args: KillProcessArgs = parse(name, args)?;
            Action::KillProcess {
                pid: args.pid,
                start_time_s: Some(args.start_time),
                name: Some(args.name),
            }
        }
        "restart_service" => {
            let RestartServiceArgs { name } = parse(name, args)?;
            Action::RestartService { name }
        }
        "collect_log_tail" => {
            let CollectLogTailArgs { path, lines } = parse(name, args)?;
            Action::CollectLogTail { path, lines }
        }
        "run_script" => {
            let args: RunScriptArgs = parse(name, args)?;
            Action::RunScript(ScriptRun {
                script_id: args.script_id,
                version: args.version,
                sha256: *args.sha256.as_bytes(),
                argv: args.argv,
                timeout_s: args.timeout_s,
            })
        }
        _ => {
            let UpgradeAgentArgs { version } = parse(name, args)?;
            Action::UpgradeAgent { version }
        }
    };
    action.check()?;
    Ok(action)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        let run = ScriptRun {
            script_id: "tidy-up".into(),
            version: 3,
            sha256: [7; 32],
            argv: vec!["a b".into(), "c".into()],
            timeout_s: 60,
        };
        let kill = Action::KillProcess {
            pid: 7,
            start_time_s: Some(1),
            name: Some("sleep".into()),
        };
        let tail = Action::CollectLogTail {
            path: "/var/log/x".into(),
            lines: 9,
        };
        let service = Action::RestartService { name: "nginx".into() };
        let upgrade = Action::UpgradeAgent {
            version: "3.1".into(),
        };
        for action in [
            Action::RestartAgent,
            Action::RotateKey,
            Action::RunScript(run),
            kill,
            tail,
            service,
            upgrade,
        ] {
            assert_eq!(read(action.name(), args_value(&action)), Ok(action));
        }
    }

    #[test]
    fn takes_no_other_arguments_than_an_action_has() {
        for (action, args) in [
            ("restart_agent", json!({"now": true})),
            ("kill_process", json!({"pid": 7})),
            ("kill_process", json!({"pid": "7", "start_time": 1, "name": "x"})),
            ("restart_service", json!({"name": "a", "user": "root"})),
            ("run_script", json!("rm -rf /")),
        ] {
            assert!(
                matches!(read(action, args), Err(ReadActionError::Arguments(_))),
                "{action}"
            );
        }
        assert_eq!(read("shell", json!({})), Err(ReadActionError::Unknown));
        assert!(matches!(
            read("restart_service", json!({"name": "-a"})),
            Err(ReadActionError::Wrong(_))
        ));
    }
}
