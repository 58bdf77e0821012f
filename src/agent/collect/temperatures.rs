//! Temperatures, where the machine has sensors that an ordinary process may read.

use sysinfo::Components;

use super::tenth;
use crate::wire::report_v1::{SensorV1, TemperatureV1};

/// Words in the labels of processors' sensors, the surest first.
const PROCESSOR: [&str; 5] = ["package", "tctl", "cpu", "soc", "core"];

/// All sensors that show a sensible value.
pub(super) fn collect(components: &mut Components) -> Vec<SensorV1> {
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

/// The processor's temperature among them.
pub(super) fn of_the_processor(sensors: &[SensorV1]) -> Option<TemperatureV1> {
    let named = |word: &str| {
        sensors
            .iter()
            .find(|sensor| sensor.label.to_ascii_lowercase().contains(word))
    };
    let sensor = PROCESSOR.into_iter().find_map(named)?;
    Some(TemperatureV1 {
        cpu: sensor.celsius,
        unit: "C".to_owned(),
    })
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
        assert_eq!(of_the_processor(&sensors).map(|found| found.cpu), Some(55.0));
        assert_eq!(of_the_processor(&sensors[..1]), None);
    }
}
