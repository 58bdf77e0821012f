//! Processor, load and memory.

use sysinfo::System;

use super::{percent, tenth};
use crate::wire::report_v1::{CpuV1, MemoryV1};

/// Time in use since the last look, over all cores and for each.
pub(super) fn collect(system: &mut System) -> CpuV1 {
    system.refresh_cpu_usage();
    let load = System::load_average().ok();
    CpuV1 {
        percent: Some(tenth(system.global_cpu_usage())),
        per_core: Some(system.cpus().iter().map(|core| tenth(core.usage())).collect()),
        load_avg: load
            .map(|load| [load.one, load.five, load.fifteen].map(|load| (load * 100.0).round() / 100.0)),
        count: System::physical_core_count().ok(),
        threads: Some(system.cpus().len()),
    }
}

/// Memory and swap.
pub(super) fn memory(system: &mut System) -> MemoryV1 {
    system.refresh_memory();
    let (total, available) = (system.total_memory(), system.available_memory());
    let used = total.saturating_sub(available);
    MemoryV1 {
        total: Some(total),
        available: Some(available),
        used: Some(used),
        percent: percent(used, total),
        swap_total: Some(system.total_swap()),
        swap_used: Some(system.used_swap()),
        swap_percent: percent(system.used_swap(), system.total_swap()),
    }
}
