//! The battery: from the kernel's files on Linux, from `pmset -g batt` on macOS. The macOS part was
//! never run on a Mac; its parser is tested on recorded text.

use std::path::Path;
use std::process::Command;

use crate::wire::report_v1::BatteryV1;

/// The battery, if there is one.
pub(super) fn collect() -> Option<BatteryV1> {
    if cfg!(target_os = "macos") {
        let output = Command::new("/usr/bin/pmset")
            .args(["-g", "batt"])
            .output()
            .ok()?;
        parse_pmset(&String::from_utf8_lossy(&output.stdout))
    } else {
        from_files(Path::new("/sys/class/power_supply"))
    }
}

fn from_files(folder: &Path) -> Option<BatteryV1> {
    let supplies: Vec<_> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let read = |path: &Path, name: &str| std::fs::read_to_string(path.join(name)).ok();
    let battery = supplies
        .iter()
        .find(|path| read(path, "type").is_some_and(|kind| kind.trim() == "Battery"))?;
    let status = read(battery, "status")?;
    Some(BatteryV1 {
        percent: read(battery, "capacity")?.trim().parse().ok()?,
        plugged: status.trim() != "Discharging",
        time_left: None,
    })
}

/// Reads a line like ` -InternalBattery-0 (id=1)<TAB>78%; discharging; 5:05 remaining present: true`.
fn parse_pmset(text: &str) -> Option<BatteryV1> {
    let line = text.lines().find(|line| line.contains("InternalBattery"))?;
    let mut parts = line.split('\t').nth(1)?.split(';').map(str::trim);
    let percent: f64 = parts.next()?.strip_suffix('%')?.parse().ok()?;
    let state = parts.next()?;
    Some(BatteryV1 {
        percent: Some(percent).filter(|percent| (0.0..=100.0).contains(percent))?,
        plugged: state != "discharging",
        time_left: parts
            .next()
            .filter(|_| state == "discharging")
            .and_then(seconds_left),
    })
}

/// Seconds of a text like `5:05 remaining`.
fn seconds_left(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split(' ').next()?.split_once(':')?;
    Some(hours.parse::<u64>().ok()?.checked_mul(3_600)? + minutes.parse::<u64>().ok()? * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    // As recorded on Macs.
    const DISCHARGING: &str = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=22806627)\t78%; discharging; 5:05 remaining present: true\n";
    const CHARGING: &str = "Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t83%; charging; 1:00 remaining present: true\n";

    #[test]
    fn reads_what_a_mac_prints() {
        let battery = parse_pmset(DISCHARGING).unwrap();
        assert_eq!(
            (battery.percent, battery.plugged, battery.time_left),
            (78.0, false, Some(18_300))
        );
        assert!(parse_pmset(CHARGING).unwrap().plugged);
    }

    #[test]
    fn a_machine_without_a_battery_has_none() {
        assert_eq!(parse_pmset("Now drawing from 'AC Power'\n"), None);
        assert_eq!(parse_pmset(" -InternalBattery-0\t999%; x"), None);
        assert_eq!(from_files(Path::new("/nonexistent")), None);
    }
}
