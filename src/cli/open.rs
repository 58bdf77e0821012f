//! `atlas open`: reads what agents sealed to operators, on the operator's own machine.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;

use super::operator::KeyFile;
use super::{Failure, Global};
use crate::secret_file;
use crate::wire::operator_sealed::Sealed;

/// What to open, and with what.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// The sealed file, as the server gives it.
    file: PathBuf,
    #[command(flatten)]
    key: KeyFile,
    /// Write the content into a file that only its owner can read, in place of printing it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When it was sealed to others, was changed, or the key can't be read.
pub fn run(global: &Global, args: &OpenArgs) -> Result<(), Failure> {
    let bytes = std::fs::read(&args.file)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", args.file.display())))?;
    let sealed = Sealed::parse(&bytes)?;
    let content = sealed.open(&args.key.open()?)?;
    if !global.quiet {
        // Escaped: a name from elsewhere must not steer the terminal.
        eprintln!("sealed: {}", sealed.about().escape_debug());
    }
    match &args.output {
        Some(path) => secret_file::write(path, &content)
            .map_err(|error| Failure::new(format!("{} can't be written: {error}", path.display()))),
        None => Ok(stdout().write_all(&content)?),
    }
}
