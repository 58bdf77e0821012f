//! 2.0's sums over speed tests (contract, section 3).

use serde::Serialize;
use utoipa::ToSchema;

use super::network::SpeedTestView;

/// Speed tests, newest first.
#[derive(Serialize, ToSchema)]
pub struct SpeedTestsView {
    /// The tests.
    pub results: Vec<SpeedTestView>,
    /// How many.
    pub count: usize,
}

/// Sums over speed tests.
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct SpeedSumsView {
    /// How many tests.
    pub total_tests: usize,
    /// How many of these were slow.
    pub slow_tests: usize,
    /// Megabits a second towards the machine, on average.
    #[schema(required)]
    pub avg_download: Option<f64>,
    /// The slowest.
    #[schema(required)]
    pub min_download: Option<f64>,
    /// The fastest.
    #[schema(required)]
    pub max_download: Option<f64>,
    /// Megabits a second from the machine, on average.
    #[schema(required)]
    pub avg_upload: Option<f64>,
    /// Milliseconds, on average.
    #[schema(required)]
    pub avg_ping: Option<f64>,
}

/// The fleet's speed tests in numbers.
#[derive(Serialize, ToSchema)]
pub struct SpeedSummaryView {
    /// Machines that tested.
    pub machines: usize,
    /// The sums.
    #[serde(flatten)]
    pub sums: SpeedSumsView,
    /// The server's time.
    pub timestamp: String,
}

/// One machine's speed tests.
#[derive(Serialize, ToSchema)]
pub struct MachineSpeedView {
    /// Whose.
    pub machine_id: String,
    /// The sums.
    #[serde(flatten)]
    pub sums: SpeedSumsView,
    /// The tests, newest first.
    pub results: Vec<SpeedTestView>,
}

/// Machines or subnets beside each other, fastest first.
#[derive(Serialize, ToSchema)]
pub struct SpeedComparisonView {
    /// Machines; empty where subnets are compared.
    pub machines: Vec<SpeedGroupView>,
    /// Subnets; empty where machines are compared.
    pub subnets: Vec<SpeedGroupView>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct SpeedGroupView {
    /// The machine's id, or the subnet as `192.0.2.0/24`.
    pub name: String,
    /// Machines in it.
    pub machines: usize,
    /// The sums.
    #[serde(flatten)]
    pub sums: SpeedSumsView,
}

/// Tests that stand out: less than half as fast as the machine's test in the middle.
#[derive(Serialize, ToSchema)]
pub struct SpeedAnomaliesView {
    /// The tests, newest first.
    pub anomalies: Vec<SpeedAnomalyView>,
    /// How many.
    pub count: usize,
}

/// A test that stands out.
#[derive(Serialize, ToSchema)]
pub struct SpeedAnomalyView {
    /// The test.
    #[serde(flatten)]
    pub test: SpeedTestView,
    /// Megabits a second of the machine's test in the middle.
    pub expected_download: f64,
    /// By how many percent it was slower.
    pub deviation_percent: f64,
}
