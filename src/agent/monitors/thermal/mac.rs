//! What `pmset -g therm` says on macOS.

use super::super::kernel_file::clean;
use crate::wire::report_v1::ThermalV1;

/// Reads it; what is not understood is left out.
pub(super) fn parse(said: &str) -> ThermalV1 {
    let limit = said.lines().find_map(|line| {
        let value = line.trim().strip_prefix("CPU_Speed_Limit")?;
        value.trim_start().strip_prefix('=')?.trim().parse::<f64>().ok()
    });
    let limit = limit.filter(|percent| (0.0..=100.0).contains(percent));
    let is_nominal = said.contains("No thermal warning level has been recorded");
    let warning = said.lines().find_map(|line| {
        let level = line.trim().strip_prefix("Thermal Warning Level")?;
        clean(level.trim_start().strip_prefix('=')?)
    });
    ThermalV1 {
        cpu_limit_percent: limit,
        is_throttled: limit.map(|limit| limit < 100.0).or(is_nominal.then_some(false)),
        pressure: warning.or_else(|| (is_nominal || limit == Some(100.0)).then(|| "nominal".to_owned())),
        ..ThermalV1::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape that others' tests use; not recorded by us on a Mac.
    const SILICON: &str = "Note: No thermal warning level has been recorded\nNote: No performance warning level has been recorded\nNote: No CPU power status has been recorded\n";
    const INTEL: &str = "Note: No thermal warning level has been recorded\nCPU Power notify\n\tCPU_Scheduler_Limit \t= 100\n\tCPU_Available_CPUs \t= 8\n\tCPU_Speed_Limit \t= 62\n";

    #[test]
    fn reads_what_a_mac_prints() {
        let silicon = parse(SILICON);
        assert_eq!(
            (silicon.pressure.as_deref(), silicon.is_throttled),
            (Some("nominal"), Some(false))
        );
        let intel = parse(INTEL);
        assert_eq!(
            (intel.cpu_limit_percent, intel.is_throttled),
            (Some(62.0), Some(true))
        );
    }

    #[test]
    fn other_words_say_nothing() {
        for odd in [
            "",
            "pmset: Fehler",
            "CPU_Speed_Limit = 1e99",
            "CPU_Speed_Limit =",
            "\u{fffd}\u{0}",
        ] {
            assert_eq!(parse(odd), ThermalV1::default(), "{odd}");
        }
    }
}
