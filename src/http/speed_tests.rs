//! `/api/fleet/speedtest/…` as clients of 2.0 know it: the speed tests that machines remember (the last
//! 20 of each, unless their config says otherwise), and sums over them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Edge;
use super::error::ApiError;
use super::limits::{SPEED_RESULTS_DEFAULT, SPEED_RESULTS_MAX};
use super::machines::json;
use super::network::known;
use crate::wire::network_json;
use crate::wire::views::{
    MachineSpeedView, SpeedAnomaliesView, SpeedAnomalyView, SpeedComparisonView, SpeedGroupView,
    SpeedSummaryView, SpeedSumsView, SpeedTestView, SpeedTestsView,
};

/// A test that is slower than this part of its machine's test in the middle stands out.
const STANDS_OUT_BELOW: f64 = 0.5;
/// Fewer tests have no middle that means something.
const TESTS_MIN: usize = 3;

/// Which tests.
#[derive(Deserialize)]
pub struct SpeedQuery {
    hours: Option<u64>,
    machine_id: Option<String>,
    subnet: Option<String>,
    limit: Option<usize>,
}

impl SpeedQuery {
    /// The tests of that time and machine, newest first.
    fn tests(&self, edge: &Edge) -> Result<Vec<SpeedTestView>, ApiError> {
        let hours = self.hours.unwrap_or(24);
        if !(1..=8_760).contains(&hours) {
            return Err(ApiError::bad_request(
                "invalid_hours",
                "`hours` must be 1 to 8760.",
            ));
        }
        let since = edge
            .fleet
            .now()
            .minus(Duration::from_secs(hours * 3_600))
            .to_string();
        let machine = self.machine_id.as_deref().map(|id| known(edge, id)).transpose()?;
        let mut tests = network_json::tests(edge.fleet.view().rows());
        tests.retain(|test| {
            test.timestamp >= since && machine.as_ref().is_none_or(|machine| *machine == test.machine_id)
        });
        Ok(tests)
    }

    fn limit(&self) -> usize {
        self.limit.unwrap_or(SPEED_RESULTS_DEFAULT).min(SPEED_RESULTS_MAX)
    }
}

/// The fleet's speed tests in numbers.
///
/// # Errors
/// 400 for a time that is too long.
#[utoipa::path(get, path = "/api/fleet/speedtest/summary", tag = "2.0",
    params(("hours" = Option<u64>, Query, description = "Of so many hours; 24 unless said, 8,760 at most")),
    responses((status = 200, description = "The sums", body = SpeedSummaryView)))]
pub async fn summary(edge: web::Data<Edge>, query: web::Query<SpeedQuery>) -> Result<HttpResponse, ApiError> {
    let tests = query.tests(&edge)?;
    Ok(json(&SpeedSummaryView {
        machines: by_machine(&tests).len(),
        sums: sums(tests.iter()),
        timestamp: edge.fleet.now().to_string(),
    }))
}

/// One machine's speed tests.
///
/// # Errors
/// 400 without a machine, 404 when there is no such one.
#[utoipa::path(get, path = "/api/fleet/speedtest/machine", tag = "2.0",
    params(("machine_id" = String, Query, description = "Machine id or serial number"),
        ("hours" = Option<u64>, Query, description = "Of so many hours")),
    responses((status = 200, description = "The tests and their sums", body = MachineSpeedView)))]
pub async fn machine(edge: web::Data<Edge>, query: web::Query<SpeedQuery>) -> Result<HttpResponse, ApiError> {
    let Some(id) = query.machine_id.as_deref() else {
        return Err(ApiError::bad_request(
            "no_machine",
            "Say which machine: `machine_id`.",
        ));
    };
    let results = query.tests(&edge)?;
    Ok(json(&MachineSpeedView {
        machine_id: known(&edge, id)?,
        sums: sums(results.iter()),
        results,
    }))
}

/// Machines beside each other, the fastest first.
///
/// # Errors
/// 400 for a time that is too long.
#[utoipa::path(get, path = "/api/fleet/speedtest/comparison", tag = "2.0",
    params(("hours" = Option<u64>, Query, description = "Of so many hours")),
    responses((status = 200, description = "The machines", body = SpeedComparisonView)))]
pub async fn comparison(
    edge: web::Data<Edge>,
    query: web::Query<SpeedQuery>,
) -> Result<HttpResponse, ApiError> {
    let tests = query.tests(&edge)?;
    let machines = by_machine(&tests)
        .into_iter()
        .map(|(name, tests)| group(name.to_owned(), 1, &tests));
    Ok(json(&SpeedComparisonView {
        machines: fastest_first(machines.collect()),
        subnets: Vec::new(),
    }))
}

/// Subnets beside each other; with `subnet`, that one alone.
///
/// # Errors
/// 400 for a time that is too long.
#[utoipa::path(get, path = "/api/fleet/speedtest/subnet", tag = "2.0",
    params(("subnet" = Option<String>, Query, description = "As 192.0.2.0/24 or 192.0.2"),
        ("hours" = Option<u64>, Query, description = "Of so many hours")),
    responses((status = 200, description = "The subnets", body = SpeedComparisonView)))]
pub async fn subnet(edge: web::Data<Edge>, query: web::Query<SpeedQuery>) -> Result<HttpResponse, ApiError> {
    let tests = query.tests(&edge)?;
    let view = edge.fleet.view();
    let mut subnets: BTreeMap<String, (usize, Vec<&SpeedTestView>)> = BTreeMap::new();
    for (machine, tests) in by_machine(&tests) {
        let address = view
            .find(machine)
            .and_then(|row| row.snapshot.facts.local_ip.clone());
        if let Some(subnet) = address.as_deref().and_then(subnet_of) {
            let (machines, all) = subnets.entry(subnet).or_default();
            *machines += 1;
            all.extend(tests);
        }
    }
    let wanted = |name: &str| {
        query
            .subnet
            .as_deref()
            .is_none_or(|wanted| name.starts_with(wanted))
    };
    let subnets = subnets.into_iter().filter(|(name, _)| wanted(name));
    let subnets = subnets.map(|(name, (machines, tests))| group(name, machines, &tests));
    Ok(json(&SpeedComparisonView {
        machines: Vec::new(),
        subnets: fastest_first(subnets.collect()),
    }))
}

/// Tests that stand out against others of their machine.
///
/// # Errors
/// 400 for a time that is too long.
#[utoipa::path(get, path = "/api/fleet/speedtest/anomalies", tag = "2.0",
    params(("hours" = Option<u64>, Query, description = "Of so many hours")),
    responses((status = 200, description = "The tests", body = SpeedAnomaliesView)))]
pub async fn anomalies(
    edge: web::Data<Edge>,
    query: web::Query<SpeedQuery>,
) -> Result<HttpResponse, ApiError> {
    let tests = query.tests(&edge)?;
    let of_machines = by_machine(&tests).into_values();
    let mut anomalies: Vec<_> = of_machines.flat_map(|tests| standing_out(&tests)).collect();
    anomalies.sort_by(|one, other| other.test.timestamp.cmp(&one.test.timestamp));
    Ok(json(&SpeedAnomaliesView {
        count: anomalies.len(),
        anomalies,
    }))
}

/// The newest tests.
///
/// # Errors
/// 400 for a time that is too long.
#[utoipa::path(get, path = "/api/fleet/speedtest/recent", tag = "2.0",
    params(("machine_id" = Option<String>, Query, description = "Of that machine"),
        ("limit" = Option<usize>, Query, description = "At most so many; 20 unless said")),
    responses((status = 200, description = "The tests", body = SpeedTestsView)))]
pub async fn recent(edge: web::Data<Edge>, query: web::Query<SpeedQuery>) -> Result<HttpResponse, ApiError> {
    let mut results = query.tests(&edge)?;
    results.truncate(query.limit());
    Ok(json(&SpeedTestsView {
        count: results.len(),
        results,
    }))
}

fn by_machine(tests: &[SpeedTestView]) -> BTreeMap<&str, Vec<&SpeedTestView>> {
    let mut machines: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for test in tests {
        machines.entry(&test.machine_id).or_default().push(test);
    }
    machines
}

fn group(name: String, machines: usize, tests: &[&SpeedTestView]) -> SpeedGroupView {
    SpeedGroupView {
        name,
        machines,
        sums: sums(tests.iter().copied()),
    }
}

fn fastest_first(mut groups: Vec<SpeedGroupView>) -> Vec<SpeedGroupView> {
    let speed = |group: &SpeedGroupView| group.sums.avg_download.unwrap_or(-1.0);
    groups.sort_by(|one, other| speed(other).total_cmp(&speed(one)));
    groups
}

fn sums<'t>(tests: impl Iterator<Item = &'t SpeedTestView> + Clone) -> SpeedSumsView {
    let downloads = tests.clone().filter_map(|test| test.download);
    SpeedSumsView {
        total_tests: tests.clone().count(),
        slow_tests: tests.clone().filter(|test| test.is_slow).count(),
        avg_download: mean(downloads.clone()),
        min_download: downloads.clone().reduce(f64::min),
        max_download: downloads.reduce(f64::max),
        avg_upload: mean(tests.clone().filter_map(|test| test.upload)),
        avg_ping: mean(tests.filter_map(|test| test.ping)),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| hundredth(sum / count))
}

fn hundredth(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// One machine's tests that are much slower than its test in the middle.
fn standing_out(tests: &[&SpeedTestView]) -> Vec<SpeedAnomalyView> {
    let mut speeds: Vec<_> = tests.iter().filter_map(|test| test.download).collect();
    if speeds.len() < TESTS_MIN {
        return Vec::new();
    }
    speeds.sort_by(f64::total_cmp);
    let middle = speeds[speeds.len() / 2];
    let slow = tests.iter().filter_map(|test| {
        let download = test
            .download
            .filter(|download| *download < middle * STANDS_OUT_BELOW)?;
        Some(SpeedAnomalyView {
            test: (*test).clone(),
            expected_download: middle,
            deviation_percent: hundredth((middle - download) / middle * 100.0),
        })
    });
    slow.collect()
}

/// The network of 256 addresses that an address is in.
fn subnet_of(address: &str) -> Option<String> {
    let [a, b, c, _] = address.parse::<Ipv4Addr>().ok()?.octets();
    Some(format!("{a}.{b}.{c}.0/24"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(download: f64) -> SpeedTestView {
        SpeedTestView {
            machine_id: "m".to_owned(),
            timestamp: String::new(),
            server: String::new(),
            download: Some(download),
            upload: None,
            ping: Some(10.0),
            jitter: None,
            is_slow: download < 20.0,
        }
    }

    #[test]
    fn a_test_that_is_half_as_fast_as_usual_stands_out() {
        let tests = [100.0, 90.0, 95.0, 12.0].map(test);
        let all: Vec<_> = tests.iter().collect();
        let found = standing_out(&all);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].expected_download, found[0].deviation_percent),
            (95.0, 87.37)
        );
        assert!(standing_out(&all[2..]).is_empty(), "two tests have no middle");
        let sums = sums(tests.iter());
        assert_eq!(
            (sums.total_tests, sums.slow_tests, sums.avg_download),
            (4, 1, Some(74.25))
        );
        assert_eq!(
            (sums.min_download, sums.max_download, sums.avg_upload),
            (Some(12.0), Some(100.0), None)
        );
    }

    #[test]
    fn an_address_is_in_its_subnet() {
        assert_eq!(subnet_of("192.168.7.9").as_deref(), Some("192.168.7.0/24"));
        assert_eq!(subnet_of("fe80::1"), None);
    }
}
