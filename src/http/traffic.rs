//! Counts what each route answered and how long it took. Atomics, one row for each route: a request
//! adds to three numbers and waits for nobody.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::Edge;
use crate::wire::exposition::{Exposition, FamilyKind};

/// Upper bounds of the histogram's buckets, in microseconds, and as Prometheus writes them in seconds.
const BUCKETS: [(u64, &str); 11] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (1_000_000, "1"),
    (5_000_000, "5"),
];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What one route did.
#[derive(Debug)]
struct RouteTraffic {
    method: String,
    path: &'static str,
    by_class: [AtomicU64; CLASSES.len()],
    buckets: [AtomicU64; BUCKETS.len()],
    sum_us: AtomicU64,
}

/// What all routes did, in the order of the table.
#[derive(Debug)]
pub struct Traffic(Vec<RouteTraffic>);

impl Traffic {
    /// Nothing so far.
    pub fn new(routes: impl Iterator<Item = (Method, &'static str)>) -> Self {
        let row = |(method, path): (Method, &'static str)| RouteTraffic {
            method: method.to_string(),
            path,
            by_class: Default::default(),
            buckets: Default::default(),
            sum_us: AtomicU64::default(),
        };
        Self(routes.map(row).collect())
    }

    /// A route has answered.
    pub fn count(&self, route: usize, status: StatusCode, took: Duration) {
        let Some(row) = self.0.get(route) else { return };
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        row.by_class[class].fetch_add(1, Relaxed);
        row.sum_us.fetch_add(took_us, Relaxed);
        if let Some(bucket) = BUCKETS.iter().position(|(bound, _)| took_us <= *bound) {
            row.buckets[bucket].fetch_add(1, Relaxed);
        }
    }

    /// Writes it down. Routes that nobody has called are left out.
    pub fn expose(&self, text: &mut Exposition) {
        let called = || self.0.iter().filter(|row| row.total() > 0);
        let name = "atlas_http_requests_total";
        text.family(name, FamilyKind::Counter, "Requests that were answered.");
        for row in called() {
            for (class, count) in CLASSES.iter().zip(&row.by_class) {
                let count = count.load(Relaxed);
                if count > 0 {
                    let labels = [
                        ("method", row.method.as_str()),
                        ("route", row.path),
                        ("status", *class),
                    ];
                    text.sample(name, &labels, count);
                }
            }
        }
        let name = "atlas_http_request_duration_seconds";
        text.family(name, FamilyKind::Histogram, "How long their first byte took.");
        for row in called() {
            row.expose_histogram(name, text);
        }
    }
}

/// The middleware that counts for a route, by its place in the table.
///
/// # Errors
/// Those of the service within.
pub async fn count(
    route: usize,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let edge = request.app_data::<web::Data<Edge>>().cloned();
    let started = Instant::now();
    let answered = next.call(request).await;
    if let Some(edge) = edge {
        let status = match &answered {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        edge.traffic.count(route, status, started.elapsed());
    }
    answered
}

impl RouteTraffic {
    fn total(&self) -> u64 {
        self.by_class.iter().map(|count| count.load(Relaxed)).sum()
    }

    fn expose_histogram(&self, name: &str, text: &mut Exposition) {
        let route = [("method", self.method.as_str()), ("route", self.path)];
        // Read first, since a bucket may never hold more than the count that follows it.
        let buckets: Vec<u64> = self.buckets.iter().map(|count| count.load(Relaxed)).collect();
        let total = self.total().max(buckets.iter().sum());
        let mut below = 0;
        for ((_, bound), count) in BUCKETS.iter().zip(buckets) {
            below += count;
            text.sample(
                &format!("{name}_bucket"),
                &[route[0], route[1], ("le", bound)],
                below,
            );
        }
        text.sample(
            &format!("{name}_bucket"),
            &[route[0], route[1], ("le", "+Inf")],
            total,
        );
        let sum = Duration::from_micros(self.sum_us.load(Relaxed)).as_secs_f64();
        text.sample(&format!("{name}_sum"), &route, sum);
        text.sample(&format!("{name}_count"), &route, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_class_and_adds_buckets_up() {
        let traffic = Traffic::new([(Method::GET, "/a"), (Method::GET, "/b")].into_iter());
        for (status, millis) in [(200, 1), (404, 3), (200, 9_000)] {
            traffic.count(
                0,
                StatusCode::from_u16(status).unwrap(),
                Duration::from_millis(millis),
            );
        }
        traffic.count(99, StatusCode::OK, Duration::ZERO);
        let mut text = Exposition::default();
        traffic.expose(&mut text);
        let text = text.into_text();
        let has = |line: &str| assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        has("atlas_http_requests_total{method=\"GET\",route=\"/a\",status=\"2xx\"} 2");
        has("atlas_http_requests_total{method=\"GET\",route=\"/a\",status=\"4xx\"} 1");
        has("atlas_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"0.001\"} 1");
        has("atlas_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"5\"} 2");
        has("atlas_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"+Inf\"} 3");
        has("atlas_http_request_duration_seconds_sum{method=\"GET\",route=\"/a\"} 9.004");
        assert!(!text.contains("/b"));
    }
}
