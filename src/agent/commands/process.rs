//! Runs one program in a process group of its own: no shell, a clean environment, an end that is
//! enforced, and an output of bounded length. When it has ended, so have all that it started and that
//! stayed in its group.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::ledger::OutputFile;
use super::policy::RunAs;

/// How long output is waited for after the program has ended: something that it started may hold the
/// pipe.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// Tries at a program whose file is still being closed by another process's birth.
const BUSY_TRIES: u32 = 50;
/// Between two of them.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// What to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The program, by its whole path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// In which folder.
    pub folder: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(&'static str, String)>,
    /// As whom; as the agent unless said.
    pub run_as: Option<RunAs>,
    /// How long it may take.
    pub timeout: Duration,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with that status.
    Exited(i32),
    /// By that signal, which the agent did not send.
    Signalled(i32),
    /// It took too long.
    TimedOut,
    /// It was called off.
    Cancelled,
    /// It never began.
    NotStarted(String),
}

/// The end of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: How,
    /// Whether it wrote more than is kept.
    pub is_cut: bool,
}

/// Runs it.
pub async fn run(job: Job, mut output: OutputFile, cancelled: watch::Receiver<bool>) -> Ended {
    let mut child = match start(&job).await {
        Ok(child) => child,
        Err(error) => {
            return Ended {
                how: How::NotStarted(error.to_string()),
                is_cut: false,
            };
        }
    };
    let group = child.id();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let how = {
        let mut reading = std::pin::pin!(read_both(stdout, stderr, &mut output));
        let mut ending = std::pin::pin!(end_of(&mut child, job.timeout, cancelled));
        let mut is_read = false;
        let how = loop {
            tokio::select! {
                how = &mut ending => break how,
                () = &mut reading, if !is_read => is_read = true,
            }
        };
        end_group(group);
        if !is_read {
            // Whoever left the group and holds the pipe is not waited for.
            let _ = tokio::time::timeout(AFTERWARDS, reading).await;
        }
        how
    };
    // It is dead by now, or about to be.
    let _ = child.wait().await;
    let is_cut = output.is_cut;
    output.close();
    Ended { how, is_cut }
}

async fn start(job: &Job) -> io::Result<Child> {
    let mut command = Command::new(&job.program);
    command
        .args(&job.args)
        .env_clear()
        .envs(job.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&job.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    {
        command.process_group(0);
        if let Some(user) = job.run_as {
            command.uid(user.uid).gid(user.gid);
        }
    }
    let mut tries = 0;
    loop {
        match command.spawn() {
            // Another process that is just being born holds the file open for a moment.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                tries += 1;
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            started => return started,
        }
    }
}

async fn end_of(child: &mut Child, timeout: Duration, mut cancelled: watch::Receiver<bool>) -> How {
    let called_off = async {
        if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        status = child.wait() => match status {
            Ok(status) => how_of(status),
            Err(error) => How::NotStarted(error.to_string()),
        },
        () = tokio::time::sleep(timeout) => How::TimedOut,
        () = called_off => How::Cancelled,
    }
}

fn how_of(status: std::process::ExitStatus) -> How {
    if let Some(code) = status.code() {
        return How::Exited(code);
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return How::Signalled(signal);
    }
    How::Signalled(0)
}

#[cfg(unix)]
fn end_group(group: Option<u32>) {
    let group = group.and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
    if let Some(group) = group {
        // Nobody left in it is what is wanted.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
const fn end_group(_: Option<u32>) {}

/// Reads both pipes until both have ended, as it comes.
async fn read_both(
    mut stdout: Option<impl AsyncRead + Unpin>,
    mut stderr: Option<impl AsyncRead + Unpin>,
    output: &mut OutputFile,
) {
    let (mut one, mut other) = ([0; 4_096], [0; 4_096]);
    while stdout.is_some() || stderr.is_some() {
        tokio::select! {
            read = read_some(&mut stdout, &mut one), if stdout.is_some() => match read {
                0 => stdout = None,
                length => drop(output.add(&one[..length])),
            },
            read = read_some(&mut stderr, &mut other), if stderr.is_some() => match read {
                0 => stderr = None,
                length => drop(output.add(&other[..length])),
            },
        }
    }
}

async fn read_some(pipe: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match pipe {
        // A pipe that can't be read has ended.
        Some(pipe) => pipe.read(buffer).await.unwrap_or(0),
        None => 0,
    }
}

#[cfg(test)]
mod tests;
