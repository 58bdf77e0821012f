//! `atlas config`: what is set and where, what is wrong, and setting a key without an editor.

mod write;

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;
use serde_yaml::Value;

use super::{Failure, Global, ServeArgs};
use crate::config::layers::Assignment;
use crate::config::{ConfigError, Problem, Settings, Source, Sources, source};

/// What to do with the settings.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List every key, its value and where that came from; secrets are hidden.
    Show {
        /// Only the keys whose names begin so, as fleet.agent.
        #[arg(value_name = "PREFIX")]
        prefix: Option<String>,
        #[command(flatten)]
        serve: ServeArgs,
    },
    /// Print the value of one key and nothing else: nothing when it is not set, a line for each item
    /// of a list, secrets too.
    Get {
        /// The key, as fleet.server.port; its name in 2.0 will do.
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Set one key in the config file; comments and everything else in it stay as they are.
    Set {
        /// The key, as fleet.server.port; its name in 2.0 will do.
        #[arg(value_name = "KEY")]
        key: String,
        /// The value; items of a list with commas between them [default: a line of standard input, so
        /// that no secret is seen in the list of processes].
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: Option<String>,
    },
    /// Say all that is wrong with the settings at once; exit status 1 if something is.
    Check,
    /// Write the documented config file, every key with its default and its reason, unless there is
    /// one.
    Init,
}

/// Runs it.
///
/// # Errors
/// When the settings can't be read or written, or something is wrong with them.
pub fn run(global: &Global, args: ConfigArgs) -> Result<(), Failure> {
    match args.command {
        ConfigCommand::Show { prefix, serve } => show(global, &prefix.unwrap_or_default(), &serve),
        ConfigCommand::Get { key } => get(global, &key),
        ConfigCommand::Set { key, value } => write::set(global, &key, value),
        ConfigCommand::Check => check(global),
        ConfigCommand::Init => write::init(global),
    }
}

/// The settings as a server or an agent that is started like this has them.
///
/// # Errors
/// See [`ConfigError`].
pub fn settings(global: &Global, serve: Option<&ServeArgs>) -> Result<Settings, ConfigError> {
    let mut sources = Sources::of_this_process(global.config.as_deref());
    if let Some(port) = serve.and_then(|serve| serve.port) {
        sources
            .flags
            .push(("--port", "fleet.server.port", port.to_string()));
    }
    Settings::read(&sources)
}

fn show(global: &Global, prefix: &str, serve: &ServeArgs) -> Result<(), Failure> {
    let settings = settings(global, Some(serve))?;
    let chosen: Vec<_> = settings
        .assignments
        .iter()
        .filter(|one| one.key.path.starts_with(prefix))
        .collect();
    if chosen.is_empty() {
        return Err(no_such_key(prefix));
    }
    let mut out = std::io::stdout().lock();
    if global.json {
        let rows: Vec<_> = chosen.iter().map(|one| row(one)).collect();
        let retired: Vec<_> = settings
            .retired
            .iter()
            .map(|one| json!({"key": one.name, "source": place(&one.source), "why": one.why}))
            .collect();
        let all = json!({"file": settings.file, "settings": rows, "retired": retired});
        writeln!(out, "{all}")?;
        return Ok(());
    }
    let widest = |text: fn(&Assignment) -> String| {
        let widths = chosen.iter().map(|one| text(one).chars().count());
        widths.max().unwrap_or(0)
    };
    let (key, value) = (widest(|one| one.key.path.to_owned()), widest(shown));
    for one in &chosen {
        let unused = if one.key.is_used { "" } else { ", not used yet" };
        let line = format!(
            "{:key$}  {:value$}  {}{unused}",
            one.key.path,
            shown(one),
            one.source
        );
        writeln!(out, "{line}")?;
    }
    for one in &settings.retired {
        writeln!(
            out,
            "{} ({}) means nothing any more: {}",
            one.name, one.source, one.why
        )?;
    }
    Ok(())
}

fn row(one: &Assignment) -> serde_json::Value {
    let value = match &one.value {
        Value::Null => serde_json::Value::Null,
        _ if one.key.kind.is_secret() => json!("(hidden)"),
        value => json!(value),
    };
    json!({"key": one.key.path, "value": value, "source": place(&one.source), "is_used": one.key.is_used})
}

fn place(source: &Source) -> serde_json::Value {
    match source {
        Source::Default => json!({"kind": "default"}),
        Source::File { path, line } => json!({"kind": "file", "file": path, "line": line}),
        Source::Environment { name } => json!({"kind": "environment", "variable": name}),
        Source::Flag { name } => json!({"kind": "flag", "flag": name}),
    }
}

/// A value for a person; `–` when there is none.
fn shown(one: &Assignment) -> String {
    match &one.value {
        Value::Null => "–".to_owned(),
        _ if one.key.kind.is_secret() => "(hidden)".to_owned(),
        Value::Sequence(items) if items.is_empty() => "–".to_owned(),
        Value::Sequence(items) => items.iter().map(bare).collect::<Vec<_>>().join(", "),
        value => bare(value),
    }
}

fn bare(value: &Value) -> String {
    match value {
        Value::Bool(is_on) => is_on.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => String::new(),
    }
}

fn get(global: &Global, name: &str) -> Result<(), Failure> {
    let settings = settings(global, None)?;
    let one = settings.of(name).ok_or_else(|| no_such_key(name))?;
    let mut out = std::io::stdout().lock();
    match &one.value {
        value if global.json => writeln!(out, "{}", json!(value))?,
        Value::Null => {}
        Value::Sequence(items) => {
            for item in items {
                writeln!(out, "{}", bare(item))?;
            }
        }
        value => writeln!(out, "{}", bare(value))?,
    }
    Ok(())
}

fn no_such_key(name: &str) -> Failure {
    Failure::new(source::no_such_key(name))
}

fn check(global: &Global) -> Result<(), Failure> {
    let problems = match settings(global, None) {
        Ok(settings) => {
            say_good(global, &settings)?;
            return Ok(());
        }
        Err(ConfigError::Wrong(problems)) => problems,
        Err(error @ ConfigError::Read { .. }) => return Err(error.into()),
    };
    let mut out = std::io::stdout().lock();
    if global.json {
        let problems: Vec<_> = problems.iter().map(problem).collect();
        writeln!(out, "{}", json!({"problems": problems}))?;
    } else {
        for problem in &problems {
            writeln!(out, "{problem}")?;
        }
    }
    Err(Failure::new(match problems.len() {
        1 => "one problem in the settings".to_owned(),
        more => format!("{more} problems in the settings"),
    }))
}

fn problem(problem: &Problem) -> serde_json::Value {
    json!({"key": problem.key, "source": place(&problem.source), "what": problem.what})
}

fn say_good(global: &Global, settings: &Settings) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if global.json {
        writeln!(out, "{}", json!({"problems": []}))?;
        return Ok(());
    }
    match &settings.file {
        Some(file) => writeln!(out, "the settings are good; the file is {}", file.display())?,
        None => writeln!(
            out,
            "the settings are good; there is no file (`atlas config init` writes one)"
        )?,
    }
    for one in &settings.retired {
        writeln!(
            out,
            "{} ({}) means nothing any more: {}",
            one.name, one.source, one.why
        )?;
    }
    Ok(())
}
