//! What the server's own process takes, under the names that Prometheus's own clients use.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::wire::exposition::{Exposition, FamilyKind};

/// Writes it down; what the system does not tell is left out.
pub(super) fn expose(text: &mut Exposition) {
    let pid = Pid::from_u32(std::process::id());
    let Ok(mut system) = System::new() else { return };
    let wanted = ProcessRefreshKind::nothing().with_cpu().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, wanted);
    let Some(process) = system.process(pid) else {
        return;
    };
    text.single(
        "process_cpu_seconds_total",
        FamilyKind::Counter,
        "Processor time of this process.",
        std::time::Duration::from_millis(process.accumulated_cpu_time()).as_secs_f64(),
    );
    text.single(
        "process_resident_memory_bytes",
        FamilyKind::Gauge,
        "Memory of this process that is in use.",
        process.memory(),
    );
    text.single(
        "process_start_time_seconds",
        FamilyKind::Gauge,
        "When this process was started.",
        process.start_time(),
    );
    if let Some(open) = process.open_files() {
        text.single(
            "process_open_fds",
            FamilyKind::Gauge,
            "Files and connections that this process has open.",
            open,
        );
    }
}
