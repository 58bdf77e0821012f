//! `atlas query`: what machines measured, as a table with small charts, as CSV or JSON; and `atlas
//! storage`: what that takes on the disk. Asks the server on this machine.

mod sparkline;
mod table;

use std::io::{IsTerminal, Write};

use clap::{Args, ValueEnum};
use reqwest::Url;

use super::{Failure, Global};
use crate::local_server::LocalServer;
use crate::wire::views::{QueryView, StorageView};

/// What to ask.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  atlas query cpu_percent --last 24h\n  \
    atlas query cpu_percent --last 7d --top 10\n  \
    atlas query memory_percent --tag studio --across avg --last 30d --step 1h\n  \
    atlas query disk_percent,disk_used_bytes --machine mac-1 --last 1y --csv > disks.csv")]
pub struct QueryArgs {
    /// The metrics, with commas between; docs/api.md lists them.
    #[arg(value_name = "METRICS")]
    metrics: String,
    /// Only this machine, by its id or serial number; once for each.
    #[arg(long = "machine", short, value_name = "ID")]
    machines: Vec<String>,
    /// Only machines with this tag; once for each, a machine must have all.
    #[arg(long = "tag", short, value_name = "TAG")]
    tags: Vec<String>,
    /// Only machines whose id, name, model or system has this text.
    #[arg(long, short, value_name = "TEXT")]
    filter: Option<String>,
    /// So far back from --to: 90m, 24h, 7d, 1y.
    #[arg(long, default_value = "1h", value_name = "SPAN", conflicts_with = "from")]
    last: String,
    /// From when, as 2026-11-24T04:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until when; now unless said.
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,
    /// The length of a step: 30s, 5m, 1h, 1d; what makes some 300 steps unless said.
    #[arg(long, value_name = "SPAN")]
    step: Option<String>,
    /// What is made of a step's values.
    #[arg(long, short, default_value = "avg", value_name = "HOW")]
    aggregate: How,
    /// Make one line of all machines' values.
    #[arg(long, value_name = "HOW", conflicts_with = "top")]
    across: Option<How>,
    /// Only so many machines: those with the greatest values, 100 at most.
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Print CSV: a line for each value.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print a line of JSON for each value.
    #[arg(long, conflicts_with_all = ["csv", "json"])]
    jsonl: bool,
    /// The server's port, when it is not the one it was started with.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    Avg,
    Min,
    Max,
    Sum,
    Count,
    P95,
}

impl How {
    const fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::P95 => "p95",
        }
    }
}

/// Which server.
#[derive(Debug, Args)]
pub struct StorageArgs {
    /// The server's port, when it is not the one it was started with.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

/// Asks, and prints the answer.
///
/// # Errors
/// When the server on this machine does not run or refuses.
pub fn run(global: &Global, args: QueryArgs) -> Result<(), Failure> {
    actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, args.port)?;
        let format = match (args.csv, args.jsonl) {
            (true, _) => "csv",
            (_, true) => "jsonl",
            _ => "json",
        };
        let path = path(&args, format)?;
        if format != "json" || global.json {
            return pass_on(&server, &path).await;
        }
        let answer: QueryView = server.stream(&path).await?.json().await?;
        print!("{}", table::of(&answer, width()));
        Ok(())
    })
}

/// The question as an address.
fn path(args: &QueryArgs, format: &str) -> Result<String, Failure> {
    let last = format!("-{}", args.last);
    let mut fields = vec![
        ("metrics", args.metrics.clone()),
        ("machines", args.machines.join(",")),
        ("tags", args.tags.join(",")),
        ("from", args.from.clone().unwrap_or(last)),
        ("aggregate", args.aggregate.name().to_owned()),
        ("format", format.to_owned()),
    ];
    let more = [
        ("filter", args.filter.clone()),
        ("to", args.to.clone()),
        ("step", args.step.clone()),
        ("across", args.across.map(|how| how.name().to_owned())),
        ("top", args.top.map(|top| top.to_string())),
    ];
    fields.extend(more.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let address = Url::parse_with_params("https://localhost/api/v2/query", fields)
        .map_err(|error| Failure::new(format!("that is no question: {error}")))?;
    Ok(format!(
        "{}?{}",
        address.path(),
        address.query().unwrap_or_default()
    ))
}

/// Prints an answer as it comes.
async fn pass_on(server: &LocalServer, path: &str) -> Result<(), Failure> {
    let mut answer = server.stream(path).await?;
    let mut out = std::io::stdout().lock();
    while let Some(piece) = answer.chunk().await? {
        out.write_all(&piece)?;
    }
    Ok(out.flush()?)
}

/// How many letters a line may have.
fn width() -> usize {
    const PIPED: usize = 100;
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    if std::io::stdout().is_terminal() {
        told.unwrap_or(PIPED)
    } else {
        PIPED
    }
}

/// Prints what history takes.
///
/// # Errors
/// As for [`run`].
pub fn storage(global: &Global, args: &StorageArgs) -> Result<(), Failure> {
    actix_rt::System::new().block_on(async {
        let server = LocalServer::find(global, args.port)?;
        let storage: StorageView = server.get("/api/v2/storage").await?;
        if global.json {
            println!("{}", serde_json::to_string(&storage)?);
        } else {
            print!("{}", table::of_storage(&storage));
        }
        Ok(())
    })
}
