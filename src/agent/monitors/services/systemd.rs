//! What systemd says of its services.

use std::collections::BTreeMap;

use atlas_actors::clock::Timestamp;
use serde::Deserialize;

use super::super::kernel_file::clean;
use crate::wire::report_v1::{FailedServiceV1, ServiceV1, ServicesSectionV1};

/// What is asked about those that failed. Times since boot are the same in every language and release.
pub(super) const SHOWN: &str = "--property=Id,Result,ExecMainStatus,StateChangeTimestampMonotonic";

#[derive(Deserialize)]
struct Unit {
    unit: String,
    #[serde(default)]
    load: String,
    #[serde(default)]
    active: String,
    #[serde(default)]
    sub: String,
}

/// Reads what `systemctl list-units --type=service --all --output=json` prints.
pub(super) fn parse_units(json: &str) -> Option<ServicesSectionV1> {
    let units: Vec<Unit> = serde_json::from_str(json).ok()?;
    // What others only refer to is no service.
    let units: Vec<_> = units
        .into_iter()
        .filter(|unit| unit.load != "not-found")
        .filter_map(|unit| Some((clean(&unit.unit)?, unit)))
        .collect();
    let failed = units.iter().filter(|(_, unit)| unit.active == "failed");
    let active = units.iter().filter(|(_, unit)| unit.active == "active");
    Some(ServicesSectionV1 {
        manager: "systemd".to_owned(),
        total: units.len(),
        running: units.iter().filter(|(_, unit)| unit.sub == "running").count(),
        failed: failed
            .map(|(name, _)| FailedServiceV1 {
                name: name.clone(),
                status: "failed".to_owned(),
                since: None,
            })
            .collect(),
        services: active
            .map(|(name, unit)| ServiceV1 {
                name: name.clone(),
                state: clean(&unit.sub).unwrap_or_default(),
            })
            .collect(),
        is_cut: false,
    })
}

/// Reads what `systemctl show` prints of those that failed: blocks of `Key=value` with an empty line
/// between.
pub(super) fn explain(failed: &mut [FailedServiceV1], said: &str, booted_s: Option<i64>) {
    for block in said.split("\n\n") {
        let fields: BTreeMap<_, _> = block.lines().filter_map(|line| line.split_once('=')).collect();
        let service = fields
            .get("Id")
            .and_then(|id| failed.iter_mut().find(|failed| failed.name == *id));
        let Some(service) = service else { continue };
        if let Some(result) = fields.get("Result").and_then(|result| clean(result)) {
            let status = fields.get("ExecMainStatus").copied().unwrap_or_default();
            let is_number = !status.is_empty() && status.bytes().all(|byte| byte.is_ascii_digit());
            service.status = if is_number && status != "0" {
                format!("{result} {status}")
            } else {
                result
            };
        }
        let since_boot = fields.get("StateChangeTimestampMonotonic");
        let since_boot_us: Option<i64> = since_boot.and_then(|value| value.parse().ok());
        service.since = booted_s
            .zip(since_boot_us.filter(|us| *us > 0))
            .and_then(|(boot, us)| boot.checked_add(us / 1_000_000))
            .map(|seconds| Timestamp::from_secs(seconds).to_string());
    }
}

/// When the system was started, unix seconds: the line `btime` of /proc/stat.
pub(super) fn parse_boot_time(stat: &str) -> Option<i64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // As systemd 252 printed it, shortened.
    const UNITS: &str = r#"[{"unit":"systemd-journald.service","load":"loaded","active":"active","sub":"running","job":"","description":"Journal Service"},
        {"unit":"breaks.service","load":"loaded","active":"failed","sub":"failed","job":"","description":"/bin/sh -c exit 3"},
        {"unit":"systemd-sysctl.service","load":"loaded","active":"active","sub":"exited","job":"","description":"Apply Kernel Variables"},
        {"unit":"apt-daily.service","load":"loaded","active":"inactive","sub":"dead","job":"","description":"Daily apt download activities"},
        {"unit":"auditd.service","load":"not-found","active":"inactive","sub":"dead","job":"","description":"auditd.service"}]"#;
    const SHOWN: &str =
        "Id=breaks.service\nResult=exit-code\nExecMainStatus=3\nStateChangeTimestampMonotonic=61000000\n";

    #[test]
    fn reads_services_and_how_they_failed() {
        let mut services = parse_units(UNITS).unwrap();
        assert_eq!((services.total, services.running), (4, 1));
        assert_eq!(services.services.len(), 2);
        explain(&mut services.failed, SHOWN, Some(1_760_000_000));
        assert_eq!(
            services.failed,
            [FailedServiceV1 {
                name: "breaks.service".to_owned(),
                status: "exit-code 3".to_owned(),
                since: Some("2025-10-09T08:54:21.000Z".to_owned()),
            }]
        );
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "Failed to connect to bus",
            "{}",
            "[{\"unit\":5}]",
            &UNITS[..90],
            "\u{fffd}\u{0}",
        ] {
            assert_eq!(parse_units(odd), None, "{odd}");
        }
        let mut failed = parse_units(UNITS).unwrap().failed;
        let huge = "Id=breaks.service\nExecMainStatus=-1\nStateChangeTimestampMonotonic=99999999999999999999\n\nId=other\n\n=\n";
        explain(&mut failed, huge, Some(i64::MAX));
        assert_eq!((&*failed[0].status, &failed[0].since), ("failed", &None));
        assert_eq!(parse_boot_time("cpu 1\nbtime 1760000000\n"), Some(1_760_000_000));
        assert_eq!(parse_boot_time("btime x"), None);
    }
}
