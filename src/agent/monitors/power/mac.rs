//! What macOS says of mains and battery.

use super::super::kernel_file::clean;
use super::share;
use crate::wire::report_v1::PowerV1;

/// What `ioreg` says where it has no estimate.
const NO_ESTIMATE: i64 = 65_535;

/// Reads what `pmset -g batt` and `ioreg -rn AppleSmartBattery` print; nothing when the first is not
/// understood.
pub(super) fn parse(state: &str, wear: &str) -> Option<PowerV1> {
    let source = state.lines().next()?.strip_prefix("Now drawing from '")?;
    let has_mains = source.starts_with("AC Power");
    let mut power = PowerV1 {
        battery_installed: Some(false),
        ac_connected: Some(has_mains),
        ..PowerV1::default()
    };
    if let Some(line) = state.lines().find(|line| line.contains("InternalBattery")) {
        power.battery_installed = Some(true);
        read_state(line, &mut power);
        read_wear(wear, &mut power);
    }
    Some(power)
}

/// Reads a line like ` -InternalBattery-0 (id=1)<TAB>78%; discharging; 5:05 remaining present: true`.
fn read_state(line: &str, power: &mut PowerV1) {
    let mut parts = line
        .split('\t')
        .nth(1)
        .unwrap_or_default()
        .split(';')
        .map(str::trim);
    let percent = parts
        .next()
        .and_then(|part| part.strip_suffix('%')?.parse::<f64>().ok());
    power.percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
    let word = parts.next().unwrap_or_default();
    power.is_charging = match word {
        "charging" | "finishing charge" => Some(true),
        "discharging" | "charged" | "AC attached" => Some(false),
        _ => None,
    };
    let is_counted = matches!(word, "charging" | "discharging" | "finishing charge");
    power.time_left_s = parts.next().filter(|_| is_counted).and_then(seconds_left);
}

/// Seconds of a text like `5:05 remaining`.
fn seconds_left(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split(' ').next()?.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    hours
        .checked_mul(3_600)?
        .checked_add(minutes.checked_mul(60)?)
        .filter(|seconds| *seconds > 0)
}

#[expect(clippy::cast_precision_loss, reason = "milliamperes of a battery")]
fn read_wear(wear: &str, power: &mut PowerV1) {
    let number = |key: &str| value(wear, key).and_then(whole);
    let amount = |key: &str| number(key).map(|value| value as f64);
    let (design, raw_max) = (amount("DesignCapacity"), amount("AppleRawMaxCapacity"));
    // Without the raw ones (Intel) the plain ones are mAh; on Apple silicon they are percent.
    let in_mah = |key: &str| amount(key).filter(|capacity| *capacity > 100.0);
    power.design_capacity = design;
    power.max_capacity = raw_max.or_else(|| in_mah("MaxCapacity"));
    power.current_capacity = amount("AppleRawCurrentCapacity").or_else(|| in_mah("CurrentCapacity"));
    power.capacity_unit = power.max_capacity.or(design).map(|_| "mAh".to_owned());
    power.health_percent = share(power.max_capacity, design);
    power.cycle_count = number("CycleCount").and_then(|count| u64::try_from(count).ok());
    power.voltage_mv = amount("Voltage");
    power.amperage_ma = amount("Amperage").filter(|current| current.abs() < 100_000.0);
    power.temperature_c = amount("Temperature")
        .map(|hundredths| hundredths / 100.0)
        .filter(|celsius| (-40.0..150.0).contains(celsius));
    if let Some(is_connected) = value(wear, "ExternalConnected") {
        power.ac_connected = Some(is_connected == "Yes");
    }
    if power.time_left_s.is_none() && power.is_charging == Some(false) && power.ac_connected == Some(false) {
        let minutes = number("TimeRemaining").filter(|minutes| (1..NO_ESTIMATE).contains(minutes));
        power.time_left_s = minutes.and_then(|minutes| u64::try_from(minutes * 60).ok());
    }
    power.condition = value(wear, "BatteryHealth").and_then(clean);
}

/// The value of a line like `      "Voltage" = 13137`.
fn value<'a>(wear: &'a str, key: &str) -> Option<&'a str> {
    let quoted = format!("\"{key}\" = ");
    let line = wear
        .lines()
        .map(|line| line.trim_start_matches([' ', '|']))
        .find(|line| line.starts_with(&quoted))?;
    Some(line.strip_prefix(&quoted)?.trim().trim_matches('"'))
}

/// Negative numbers stand there as 64-bit two's complement.
#[expect(
    clippy::cast_possible_wrap,
    reason = "that is how a negative number is written there"
)]
fn whole(text: &str) -> Option<i64> {
    text.parse::<u64>()
        .map(|bits| bits as i64)
        .or_else(|_| text.parse())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded on Macs; the capacities on an M5 Max.
    const DISCHARGING: &str = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=22806627)\t78%; discharging; 5:05 remaining present: true\n";
    const CHARGING: &str = "Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t83%; charging; 1:00 remaining present: true\n";
    const NO_TIME: &str = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t97%; discharging; (no estimate) present: true\n";
    const SILICON: &str = "+-o AppleSmartBattery  <class AppleSmartBattery>\n    {\n      \"CurrentCapacity\" = 97\n      \"MaxCapacity\" = 100\n      \"AppleRawCurrentCapacity\" = 8205\n      \"AppleRawMaxCapacity\" = 8546\n      \"DesignCapacity\" = 8579\n      \"Voltage\" = 13137\n      \"Temperature\" = 3050\n      \"Amperage\" = 18446744073709550397\n      \"TimeRemaining\" = 17\n      \"IsCharging\" = No\n      \"ExternalConnected\" = No\n      \"BatteryInstalled\" = Yes\n      \"CycleCount\" = 12\n    }\n";
    const INTEL: &str = "  | {\n  |   \"MaxCapacity\" = 4373\n  |   \"DesignCapacity\" = 5088\n  | }\n";

    #[test]
    fn reads_a_mac_on_battery() {
        let power = parse(DISCHARGING, SILICON).unwrap();
        assert_eq!((power.percent, power.time_left_s), (Some(78.0), Some(18_300)));
        assert_eq!(
            (power.ac_connected, power.is_charging),
            (Some(false), Some(false))
        );
        assert_eq!(
            (power.amperage_ma, power.health_percent),
            (Some(-1_219.0), Some(99.6))
        );
        assert_eq!((power.temperature_c, power.cycle_count), (Some(30.5), Some(12)));
        assert_eq!(parse(NO_TIME, SILICON).unwrap().time_left_s, Some(17 * 60));
    }

    #[test]
    fn reads_an_intel_mac_that_charges() {
        let power = parse(CHARGING, INTEL).unwrap();
        assert_eq!((power.is_charging, power.time_left_s), (Some(true), Some(3_600)));
        assert_eq!(
            (power.max_capacity, power.health_percent),
            (Some(4_373.0), Some(85.9))
        );
    }

    #[test]
    fn a_desktop_has_no_battery_and_other_words_are_not_understood() {
        let power = parse("Now drawing from 'AC Power'\n", "").unwrap();
        assert_eq!(
            (power.battery_installed, power.ac_connected),
            (Some(false), Some(true))
        );
        for odd in ["", "pmset: unknown", "Strom von 'Netzteil'\n", "\u{fffd}\u{0}"] {
            assert_eq!(parse(odd, SILICON), None, "{odd}");
        }
        let cut = parse(&CHARGING[..57], &SILICON[..120]).unwrap();
        assert_eq!((cut.battery_installed, cut.percent), (Some(true), None));
        let huge =
            "Now drawing from 'AC Power'\n -InternalBattery-0\t999%; discharging; 99999999999999999999:00\n";
        let power = parse(huge, "\"CycleCount\" = 99999999999999999999999\n").unwrap();
        assert_eq!(
            (power.percent, power.time_left_s, power.cycle_count),
            (None, None, None)
        );
    }
}
