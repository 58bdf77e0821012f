//! What is done to install a service, step by step: shown before it is done, and done in that order.
//! A step that fails ends it; what was done until then is named, and a second try does it again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often a command that may come too early is tried, and how long is waited in between. Reason:
/// launchd takes a second or two to let go of a service that it was told to stop.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// What happens when a command fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// All ends.
    Ends,
    /// It is tried again for a while.
    IsTriedAgain,
    /// Nothing: it had nothing to do.
    IsFine,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A folder must be there.
    Folder {
        /// Which.
        path: PathBuf,
        /// Who may look into it, when it is made.
        mode: u32,
    },
    /// A file gets this content.
    Write {
        /// Which.
        path: PathBuf,
        /// Its content.
        content: String,
        /// Who may read it.
        mode: u32,
    },
    /// An empty file, unless it is there.
    Touch {
        /// Which.
        path: PathBuf,
        /// Who may read it.
        mode: u32,
    },
    /// A program is copied.
    Copy {
        /// From where.
        from: PathBuf,
        /// To where.
        to: PathBuf,
    },
    /// A file gets another name.
    Rename {
        /// From.
        from: PathBuf,
        /// To.
        to: PathBuf,
    },
    /// A file goes.
    Remove {
        /// Which.
        path: PathBuf,
    },
    /// A command runs.
    Run {
        /// The command and its arguments.
        words: Vec<String>,
        /// What happens when it fails.
        failing: Failing,
    },
}

impl Step {
    /// A command that must go well.
    #[must_use]
    pub fn run(words: &[&str]) -> Self {
        Self::command(words, Failing::Ends)
    }

    /// A command.
    #[must_use]
    pub fn command(words: &[&str], failing: Failing) -> Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Self::Run { words, failing }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder { path, mode } => write!(f, "make the folder {} (mode {mode:o})", path.display()),
            Self::Write { path, mode, .. } => write!(f, "write {} (mode {mode:o})", path.display()),
            Self::Touch { path, mode } => write!(f, "make sure of {} (mode {mode:o})", path.display()),
            Self::Copy { from, to } => write!(f, "copy {} to {}", from.display(), to.display()),
            Self::Rename { from, to } => write!(f, "rename {} to {}", from.display(), to.display()),
            Self::Remove { path } => write!(f, "remove {}", path.display()),
            Self::Run { words, .. } => write!(f, "run {}", words.join(" ")),
        }
    }
}

/// What must be done, and what is worth knowing then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Sentences for the person who asked.
    pub notes: Vec<String>,
}

/// A step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A file or folder.
    #[error("could not {step}: {source}")]
    File {
        /// What was tried.
        step: String,
        /// Why not.
        source: io::Error,
    },
    /// A command can't be started.
    #[error("`{command}` can't be started: {source}")]
    NotStarted {
        /// The command.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// A command failed.
    #[error("`{command}` failed: {said}")]
    Failed {
        /// The command.
        command: String,
        /// What it said in its last line.
        said: String,
    },
}

/// Does one step.
///
/// # Errors
/// See [`StepError`].
pub async fn carry_out(step: &Step) -> Result<(), StepError> {
    let done = match step {
        Step::Run { words, failing } => return run(words, *failing).await,
        Step::Folder { path, mode } => make_folder(path, *mode),
        Step::Write { path, content, mode } => write(path, content.as_bytes(), *mode),
        Step::Touch { path, mode } if path.exists() => set_mode(path, *mode),
        Step::Touch { path, mode } => write(path, b"", *mode),
        Step::Copy { from, to } => fs::read(from).and_then(|program| write(to, &program, 0o755)),
        Step::Rename { from, to } => fs::rename(from, to),
        Step::Remove { path } => fs::remove_file(path),
    };
    done.map_err(|source| StepError::File {
        step: step.to_string(),
        source,
    })
}

async fn run(words: &[String], failing: Failing) -> Result<(), StepError> {
    let mut tries = match failing {
        Failing::IsTriedAgain => TRIES,
        Failing::Ends | Failing::IsFine => 1,
    };
    loop {
        tries -= 1;
        match run_once(words) {
            Err(StepError::Failed { .. }) if failing == Failing::IsFine => return Ok(()),
            Err(StepError::Failed { .. }) if tries > 0 => tokio::time::sleep(BETWEEN_TRIES).await,
            done => return done,
        }
    }
}

fn run_once(words: &[String]) -> Result<(), StepError> {
    let (program, arguments) = words
        .split_first()
        .map_or(("", words), |(first, rest)| (first, rest));
    let command = words.join(" ");
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| StepError::NotStarted {
            command: command.clone(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(StepError::Failed {
        command,
        said: last.map_or_else(|| output.status.to_string(), ToOwned::to_owned),
    })
}

/// Beside its place first, then moved over: a crash leaves the old file or the new one.
fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = fs::File::create(&beside)?;
    set_mode(&beside, mode)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    builder.create(path)
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn a_file_is_written_whole_and_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.service");
        let content = "[Unit]\n".to_owned();
        let mode = 0o644;
        carry_out(&Step::Write {
            path: path.clone(),
            content,
            mode,
        })
        .await
        .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "[Unit]\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[actix_rt::test]
    async fn a_command_that_fails_is_quoted_unless_failing_is_fine() {
        let fails = ["sh", "-c", "echo no bus >&2; exit 1"];
        let failed = carry_out(&Step::run(&fails)).await.unwrap_err();
        assert!(failed.to_string().ends_with("failed: no bus"), "{failed}");
        carry_out(&Step::command(&fails, Failing::IsFine)).await.unwrap();
        let missing = carry_out(&Step::command(&["/nowhere/launchctl"], Failing::IsFine)).await;
        assert!(matches!(missing, Err(StepError::NotStarted { .. })));
    }

    #[actix_rt::test]
    async fn a_command_that_comes_too_early_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let script = format!("test -e {0} || {{ touch {0}; exit 5; }}", mark.display());
        carry_out(&Step::command(&["sh", "-c", &script], Failing::IsTriedAgain))
            .await
            .unwrap();
    }
}
