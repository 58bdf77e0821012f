//! What Linux says of fans (hwmon), of the processor's clock (cpufreq) and of throttling.

use std::path::{Path, PathBuf};

use super::super::kernel_file::{entries, name, number, text};
use crate::wire::report_v1::{FanV1, ThermalV1};

/// No fan turns faster; above it a sensor is broken.
const RPM_MAX: u64 = 100_000;
/// More fans than any chassis has.
const FANS_MAX: usize = 32;

/// Reads the folders below `/sys`.
pub(super) fn read(sys: &Path) -> ThermalV1 {
    let cores: Vec<_> = entries(&sys.join("devices/system/cpu"))
        .into_iter()
        .filter(|path| {
            let digits = name(path);
            digits
                .strip_prefix("cpu")
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        })
        .collect();
    let fans = fans(&sys.join("class/hwmon"));
    ThermalV1 {
        fans: (!fans.is_empty()).then_some(fans),
        cpu_mhz: mean(&kilohertz(&cores, "cpufreq/scaling_cur_freq")),
        cpu_max_mhz: kilohertz(&cores, "cpufreq/cpuinfo_max_freq")
            .into_iter()
            .reduce(f64::max)
            .map(megahertz),
        throttle_count: throttle_count(&cores),
        ..ThermalV1::default()
    }
}

fn fans(hwmon: &Path) -> Vec<FanV1> {
    let chips = entries(hwmon).into_iter();
    let fans = chips.flat_map(|chip| {
        let inputs: Vec<_> = entries(&chip)
            .into_iter()
            .filter(|path| name(path).starts_with("fan") && name(path).ends_with("_input"))
            .collect();
        inputs.into_iter().filter_map(move |input| fan(&chip, &input))
    });
    fans.take(FANS_MAX).collect()
}

fn fan(chip: &Path, input: &Path) -> Option<FanV1> {
    let rpm = number(input).filter(|rpm: &u64| *rpm <= RPM_MAX)?;
    let of_input = name(input);
    let number = of_input.strip_suffix("_input")?;
    let label = text(&chip.join(format!("{number}_label")));
    let chip = text(&chip.join("name")).unwrap_or_default();
    Some(FanV1 {
        label: label.unwrap_or_else(|| format!("{chip} {number}").trim().to_owned()),
        rpm,
    })
}

fn kilohertz(cores: &[PathBuf], file: &str) -> Vec<f64> {
    let values = cores.iter().filter_map(|core| number::<u32>(&core.join(file)));
    values.map(f64::from).collect()
}

fn mean(kilohertz: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a number of cores")]
    let cores = kilohertz.len() as f64;
    (cores > 0.0).then(|| megahertz(kilohertz.iter().sum::<f64>() / cores))
}

fn megahertz(kilohertz: f64) -> f64 {
    (kilohertz / 1_000.0).round()
}

/// Each core counts for itself; all cores of a package count the package's.
fn throttle_count(cores: &[PathBuf]) -> Option<u64> {
    let count = |file: &str| {
        cores
            .iter()
            .filter_map(|core| number::<u64>(&core.join("thermal_throttle").join(file)))
            .collect::<Vec<_>>()
    };
    let (each, package) = (count("core_throttle_count"), count("package_throttle_count"));
    if each.is_empty() && package.is_empty() {
        return None;
    }
    let all = each.into_iter().fold(0_u64, u64::saturating_add);
    Some(all.saturating_add(package.into_iter().max().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::monitors::kernel_file::tests::write;

    #[test]
    fn reads_fans_clock_and_throttling() {
        let sys = tempfile::tempdir().unwrap();
        for (file, content) in [
            ("class/hwmon/hwmon0/name", "thinkpad"),
            ("class/hwmon/hwmon0/fan1_input", "2400"),
            ("class/hwmon/hwmon1/name", "nct6775"),
            ("class/hwmon/hwmon1/fan2_input", "0"),
            ("class/hwmon/hwmon1/fan2_label", "rear"),
            ("class/hwmon/hwmon1/fan3_input", "99999999999999999999"),
            ("devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1200000"),
            ("devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "4700000"),
            ("devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "1800000"),
            (
                "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count",
                "3",
            ),
            (
                "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count",
                "7",
            ),
            (
                "devices/system/cpu/cpu1/thermal_throttle/package_throttle_count",
                "7",
            ),
            ("devices/system/cpu/cpufreq/policy0", "not a core"),
        ] {
            write(sys.path(), file, content);
        }
        let thermal = read(sys.path());
        let fans: Vec<_> = thermal
            .fans
            .iter()
            .flatten()
            .map(|fan| (&*fan.label, fan.rpm))
            .collect();
        assert_eq!(fans, [("thinkpad fan1", 2_400), ("rear", 0)]);
        assert_eq!(
            (thermal.cpu_mhz, thermal.cpu_max_mhz),
            (Some(1_500.0), Some(4_700.0))
        );
        assert_eq!(thermal.throttle_count, Some(10));
    }

    #[test]
    fn a_virtual_machine_has_nothing_of_it() {
        assert_eq!(read(Path::new("/nonexistent")), ThermalV1::default());
    }
}
