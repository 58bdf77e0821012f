//! Where log lines go: to standard error or a file, as text for people or JSON for programs.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Failure;
use crate::config::files::expand_home;
use crate::config::{LogFormat, LoggingConfig};
use crate::log_file::LogFile;

/// Starts the log. `RUST_LOG` wins over the config; quiet leaves warnings and errors, unless they go
/// to a file.
///
/// # Errors
/// When the log's file can't be written to.
pub fn start(config: &LoggingConfig, quiet: bool) -> Result<(), Failure> {
    match &config.file {
        None => {
            let level = if quiet { "warn" } else { &config.level };
            begin(std::io::stderr, level, config.format, true);
        }
        Some(name) => {
            let path = expand_home(name);
            let file = LogFile::open(&path, config.max_size).map_err(|error| {
                Failure::new(format!(
                    "the log file {} can't be written to ({error}): change its permissions, or logging.file",
                    path.display()
                ))
            })?;
            begin(file, &config.level, config.format, false);
        }
    }
    Ok(())
}

fn begin<W>(writer: W, level: &str, format: LogFormat, may_colour: bool)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer);
    let lines = if may_colour { lines } else { lines.with_ansi(false) };
    let log = tracing_subscriber::registry().with(filter(level));
    // A second start in one process (tests) keeps the first log.
    let _ = match format {
        LogFormat::Json => log.with(lines.json().flatten_event(true)).try_init(),
        LogFormat::Text => log.with(lines.with_target(false)).try_init(),
    };
}

/// What is logged: levels, and targets with levels of their own (`info,hyper=warn`).
fn filter(level: &str) -> Targets {
    let said = std::env::var("RUST_LOG")
        .ok()
        .filter(|said| !said.trim().is_empty());
    let said = said.and_then(|said| said.parse().ok());
    said.or_else(|| level.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}
