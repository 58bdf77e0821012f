//! What launchd says of its services.

use super::super::kernel_file::clean;
use crate::wire::report_v1::{FailedServiceV1, ServiceV1, ServicesSectionV1};

/// Signals by which a service is stopped in the ordinary way: launchd's own (TERM), and the system's
/// when memory runs short (KILL).
const ORDINARY: [i64; 3] = [0, -15, -9];

/// Reads what `launchctl list` prints: process id or `-`, status, label.
pub(super) fn parse(said: &str) -> Option<ServicesSectionV1> {
    let mut lines = said.lines();
    let heading: Vec<_> = lines.next()?.split('\t').collect();
    if heading != ["PID", "Status", "Label"] {
        return None;
    }
    let mut services = ServicesSectionV1 {
        manager: "launchd".to_owned(),
        ..ServicesSectionV1::default()
    };
    for (pid, status, label) in lines.filter_map(row) {
        services.total += 1;
        if pid.is_some() {
            services.running += 1;
            services.services.push(ServiceV1 {
                name: label,
                state: "running".to_owned(),
            });
        } else if !ORDINARY.contains(&status) {
            services.failed.push(FailedServiceV1 {
                name: label,
                status: if status < 0 {
                    format!("signal {}", status.unsigned_abs())
                } else {
                    format!("exit-code {status}")
                },
                since: None,
            });
        }
    }
    Some(services)
}

fn row(line: &str) -> Option<(Option<u32>, i64, String)> {
    let mut columns = line.split('\t');
    let (pid, status, label) = (columns.next()?, columns.next()?, columns.next()?);
    let pid = if pid == "-" { None } else { Some(pid.parse().ok()?) };
    Some((pid, status.parse().ok()?, clean(label)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    // As recorded on Macs.
    const LIST: &str = "PID\tStatus\tLabel\n28176\t0\tcom.apple.Finder\n-\t78\tcom.example.broken\n81502\t-15\tcom.example.running\n-\t0\tcom.apple.idle\n-\t-9\tcom.apple.reaped\n-\t-11\tcom.example.crashed\n";

    #[test]
    fn reads_what_a_mac_prints() {
        let services = parse(LIST).unwrap();
        assert_eq!((services.total, services.running), (6, 2));
        let failed: Vec<_> = services
            .failed
            .iter()
            .map(|failed| (&*failed.name, &*failed.status))
            .collect();
        assert_eq!(
            failed,
            [
                ("com.example.broken", "exit-code 78"),
                ("com.example.crashed", "signal 11")
            ]
        );
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "Could not connect to launchd",
            "PID Status Label",
            "\u{fffd}\u{0}",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        let odd = parse("PID\tStatus\tLabel\n-\t99999999999999999999\ta\n-\t1\n1\t0\t\u{0}\n").unwrap();
        assert_eq!((odd.total, odd.failed.len()), (0, 0));
    }
}
