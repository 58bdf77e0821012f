//! Ends a process, if it is still the one that was meant: a number is soon another process's.

use std::time::Duration;

use atlas_actors::command_queue::command::CommandState;
use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use super::{failed, succeeded};
use crate::agent::commands::ledger::End;

/// How long a process has to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
const LOOK_PERIOD: Duration = Duration::from_millis(100);

/// When the process of that number was started and what it is called.
fn find(pid: u32) -> Option<(u64, String)> {
    let mut system = System::new().ok()?;
    let pid = Pid::from_u32(pid);
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing(),
    );
    // One that has ended and that its parent has not asked after is there only by name.
    let process = system
        .process(pid)
        .filter(|process| process.status() != ProcessStatus::Zombie)?;
    Some((
        process.start_time(),
        process.name().to_string_lossy().into_owned(),
    ))
}

/// Asks it to end, and ends it when it does not.
pub(super) async fn kill(pid: u32, start_time_s: u64, name: &str) -> End {
    if pid == std::process::id() {
        return failed("is_the_agent", "That process is this agent: use restart_agent.");
    }
    let meant = (start_time_s, name.to_owned());
    match find(pid) {
        None => return failed("no_such_process", "There is no process of that number."),
        Some(found) if found != meant => {
            return failed("another_process", "That number is another process's now.");
        }
        Some(_) => {}
    }
    for signal in [Signal::Ask, Signal::End] {
        if let Err(why) = send(pid, signal) {
            return failed("not_permitted", why);
        }
        let patience = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < patience {
            if find(pid).as_ref() != Some(&meant) {
                return succeeded("The process has ended.");
            }
            tokio::time::sleep(LOOK_PERIOD).await;
        }
    }
    End::new(CommandState::Failed, "still_there", "The process does not end.")
}

#[derive(Clone, Copy)]
enum Signal {
    Ask,
    End,
}

#[cfg(unix)]
fn send(pid: u32, signal: Signal) -> Result<(), String> {
    let raw = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let pid = raw.ok_or_else(|| "that is no process number".to_owned())?;
    let signal = match signal {
        Signal::Ask => rustix::process::Signal::TERM,
        Signal::End => rustix::process::Signal::KILL,
    };
    match rustix::process::kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(format!("The process can't be ended: {error}.")),
    }
}

#[cfg(not(unix))]
fn send(_: u32, _: Signal) -> Result<(), String> {
    Err("Processes can't be ended on this system.".to_owned())
}
