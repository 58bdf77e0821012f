//! The temperature sensors that an ordinary process may read.

use sysinfo::Components;

use crate::agent::collect::tenth;
use crate::wire::report_v1::SensorV1;

/// Words in the labels of processors' sensors, the surest first.
const PROCESSOR: [&str; 5] = ["package", "tctl", "cpu", "soc", "core"];

/// All sensors that show a sensible value.
pub(super) fn read(components: &mut Components) -> Vec<SensorV1> {
    components.refresh(true);
    components
        .iter()
        .filter_map(|sensor| {
            let celsius = sensor
                .temperature()
                .filter(|celsius| (1.0..150.0).contains(celsius))?;
            Some(SensorV1 {
                label: sensor.label().to_owned(),
                celsius: tenth(celsius),
            })
        })
        .collect()
}

/// The processor's among them.
pub(super) fn of_the_processor(sensors: &[SensorV1]) -> Option<&SensorV1> {
    let named = |word: &str| {
        sensors
            .iter()
            .find(|sensor| sensor.label.to_ascii_lowercase().contains(word))
    };
    PROCESSOR.into_iter().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_processors_sensor_by_its_label() {
        let sensor = |label: &str, celsius| SensorV1 {
            label: label.to_owned(),
            celsius,
        };
        let sensors = [
            sensor("nvme Composite", 40.0),
            sensor("coretemp Core 0", 50.0),
            sensor("coretemp Package id 0", 55.0),
        ];
        assert_eq!(of_the_processor(&sensors).map(|found| found.celsius), Some(55.0));
        assert_eq!(of_the_processor(&sensors[..1]), None);
    }
}
