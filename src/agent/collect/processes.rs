//! The processes that take the most.

use std::cmp::Reverse;
use std::time::Duration;

use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, Users};

use super::{percent, rate, tenth};
use crate::wire::report_v1::{ProcessV1, ProcessesV1};

/// How many of each kind (contract, section 2).
const TOP: usize = 5;

/// Looks at all processes, at no more than is needed: not at each one's threads, which are most of what
/// there is to read and are shown nowhere.
pub(super) fn refresh(system: &mut System) {
    let wanted = ProcessRefreshKind::nothing()
        .with_cpu()
        .with_memory()
        .with_disk_usage()
        .with_user(UpdateKind::OnlyIfNotSet)
        .without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, wanted);
}

/// The processes that take the most processor, memory and disk. The kernel tells the disk's part of
/// one's own processes only, unless the agent is root.
pub(super) fn collect(system: &mut System, users: Option<&Users>, elapsed: Duration) -> ProcessesV1 {
    refresh(system);
    let mut all: Vec<&Process> = system
        .processes()
        .values()
        .filter(|process| process.thread_kind().is_none())
        .collect();
    let total_memory = system.total_memory();
    let top = |all: &[&Process]| {
        all.iter()
            .take(TOP)
            .map(|one| view(one, total_memory, users, elapsed))
            .collect()
    };
    all.sort_by(|one, other| other.cpu_usage().total_cmp(&one.cpu_usage()));
    let top_cpu = top(&all);
    all.sort_by_key(|process| Reverse(process.memory()));
    let top_memory = top(&all);
    let total = all.len();
    all.retain(|process| disk_bytes(process) > 0);
    all.sort_by_key(|process| Reverse(disk_bytes(process)));
    ProcessesV1 {
        total,
        top_cpu,
        top_memory,
        top_disk: top(&all),
    }
}

/// Read and written since the last look.
fn disk_bytes(process: &Process) -> u64 {
    let usage = process.disk_usage();
    usage.read_bytes.saturating_add(usage.written_bytes)
}

fn view(process: &Process, total_memory: u64, users: Option<&Users>, elapsed: Duration) -> ProcessV1 {
    let disk = Some(disk_bytes(process)).filter(|bytes| *bytes > 0);
    let user = process.user_id().and_then(|id| users?.get_user_by_id(id));
    ProcessV1 {
        pid: process.pid().as_u32(),
        name: process.name().to_string_lossy().into_owned(),
        cpu: tenth(process.cpu_usage()),
        memory: percent(process.memory(), total_memory).unwrap_or_default(),
        memory_bytes: process.memory(),
        disk_bytes_per_s: disk.and_then(|bytes| rate(bytes, elapsed)),
        user: user.map(|user| user.name().to_owned()),
    }
}
