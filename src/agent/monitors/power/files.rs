//! What Linux says of mains and battery (/sys/class/power_supply).

use std::path::{Path, PathBuf};

use super::super::kernel_file::{entries, number, text};
use super::share;
use crate::wire::report_v1::PowerV1;

/// Reads the folder; nothing where there is none.
pub(super) fn read(folder: &Path) -> Option<PowerV1> {
    if !folder.is_dir() {
        return None;
    }
    let supplies = entries(folder);
    let is_of_kind = |path: &PathBuf, kind: &str| text(&path.join("type")).is_some_and(|word| word == kind);
    // A mouse's battery is not the machine's.
    let is_own = |path: &PathBuf| text(&path.join("scope")).is_none_or(|scope| scope != "Device");
    let mains: Vec<_> = supplies
        .iter()
        .filter(|path| is_of_kind(path, "Mains") || is_of_kind(path, "USB"))
        .filter_map(|path| number::<u8>(&path.join("online")))
        .collect();
    let has_mains = (!mains.is_empty()).then(|| mains.iter().any(|online| *online > 0));
    let battery = supplies
        .iter()
        .find(|path| is_of_kind(path, "Battery") && is_own(path));
    let Some(battery) = battery else {
        return Some(PowerV1 {
            battery_installed: Some(false),
            ac_connected: has_mains,
            ..PowerV1::default()
        });
    };
    Some(of_battery(battery, has_mains))
}

fn of_battery(battery: &Path, has_mains: Option<bool>) -> PowerV1 {
    let value = |name: &str| number::<f64>(&battery.join(name)).filter(|value| value.is_finite());
    let status = text(&battery.join("status")).unwrap_or_default();
    let (is_charging, is_discharging) = (status == "Charging", status == "Discharging");
    let is_energy = value("energy_full").is_some();
    let capacity = |part: &str| {
        let kind = if is_energy { "energy" } else { "charge" };
        Some((value(&format!("{kind}_{part}"))? / 1_000.0).round())
    };
    let (now, full, design) = (capacity("now"), capacity("full"), capacity("full_design"));
    let current = value("current_now").map(|current| (current / 1_000.0).round().abs());
    let flow = if is_energy {
        value("power_now").map(|power| power.abs() / 1_000.0)
    } else {
        current
    };
    PowerV1 {
        battery_installed: Some(value("present").is_none_or(|present| present > 0.0)),
        ac_connected: has_mains.or_else(|| (!status.is_empty()).then_some(!is_discharging)),
        percent: value("capacity").filter(|percent| (0.0..=100.0).contains(percent)),
        is_charging: (!status.is_empty()).then_some(is_charging),
        time_left_s: time_left(is_charging, is_discharging, now, full, flow),
        health_percent: share(full, design),
        cycle_count: number(&battery.join("cycle_count")).filter(|count: &u64| *count > 0),
        design_capacity: design,
        max_capacity: full,
        current_capacity: now,
        capacity_unit: now
            .or(full)
            .map(|_| if is_energy { "mWh" } else { "mAh" }.to_owned()),
        voltage_mv: value("voltage_now").map(|voltage| (voltage / 1_000.0).round()),
        amperage_ma: current.map(|current| if is_discharging { -current } else { current }),
        temperature_c: value("temp").map(|tenths| tenths / 10.0),
        condition: text(&battery.join("health")).filter(|word| word != "Unknown"),
    }
}

/// Seconds until it is full or empty at this rate.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded to a hundred hours"
)]
fn time_left(
    is_charging: bool,
    is_discharging: bool,
    now: Option<f64>,
    full: Option<f64>,
    flow: Option<f64>,
) -> Option<u64> {
    let flow = flow.filter(|flow| *flow >= 1.0)?;
    let way = match (is_charging, is_discharging) {
        (true, _) => full? - now?,
        (_, true) => now?,
        _ => return None,
    };
    let seconds = way / flow * 3_600.0;
    (0.0..=360_000.0).contains(&seconds).then_some(seconds as u64)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn supply(folder: &Path, name: &str, files: &[(&str, &str)]) {
        let supply = folder.join(name);
        fs::create_dir_all(&supply).unwrap();
        for (file, content) in files {
            fs::write(supply.join(file), format!("{content}\n")).unwrap();
        }
    }

    #[test]
    fn reads_a_laptop_that_counts_energy() {
        let folder = tempfile::tempdir().unwrap();
        supply(folder.path(), "AC", &[("type", "Mains"), ("online", "0")]);
        supply(
            folder.path(),
            "hidpp_battery_0",
            &[("type", "Battery"), ("scope", "Device"), ("capacity", "5")],
        );
        supply(
            folder.path(),
            "BAT0",
            &[
                ("type", "Battery"),
                ("status", "Discharging"),
                ("capacity", "50"),
                ("cycle_count", "212"),
                ("energy_now", "25000000"),
                ("energy_full", "50000000"),
                ("energy_full_design", "57000000"),
                ("power_now", "12500000"),
                ("voltage_now", "11400000"),
            ],
        );
        let power = read(folder.path()).unwrap();
        assert_eq!((power.percent, power.ac_connected), (Some(50.0), Some(false)));
        assert_eq!((power.health_percent, power.cycle_count), (Some(87.7), Some(212)));
        assert_eq!(power.time_left_s, Some(7_200));
        assert_eq!(power.capacity_unit.as_deref(), Some("mWh"));
        assert_eq!(power.temperature_c, None);
    }

    #[test]
    fn reads_one_that_counts_charge() {
        let folder = tempfile::tempdir().unwrap();
        supply(
            folder.path(),
            "BAT1",
            &[
                ("type", "Battery"),
                ("status", "Charging"),
                ("capacity", "40"),
                ("charge_now", "2000000"),
                ("charge_full", "4000000"),
                ("charge_full_design", "5000000"),
                ("current_now", "1000000"),
                ("temp", "305"),
            ],
        );
        let power = read(folder.path()).unwrap();
        assert_eq!(
            (power.health_percent, power.time_left_s),
            (Some(80.0), Some(7_200))
        );
        assert_eq!(
            (power.amperage_ma, power.temperature_c),
            (Some(1_000.0), Some(30.5))
        );
        assert_eq!(power.ac_connected, Some(true));
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let odd = [
            ("type", "Battery"),
            ("status", "\u{0}"),
            ("capacity", "999"),
            ("energy_now", "1e400"),
            ("charge_full", "NaN"),
            ("cycle_count", "-1"),
        ];
        supply(folder.path(), "BAT0", &odd);
        let power = read(folder.path()).unwrap();
        let nothing = PowerV1 {
            battery_installed: Some(true),
            ..PowerV1::default()
        };
        assert_eq!(power, nothing);
        assert_eq!(read(Path::new("/nonexistent")), None);
    }
}
