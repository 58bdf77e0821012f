//! What Prometheus's HTTP service discovery reads.

use serde::Serialize;
use utoipa::ToSchema;

/// One target.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScrapeTargetView {
    /// Where it is scraped: this server.
    #[schema(value_type = Vec<String>)]
    pub targets: [String; 1],
    /// How, and what it is.
    pub labels: ScrapeLabels,
}

/// A target's labels.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScrapeLabels {
    /// Always `https`.
    #[serde(rename = "__scheme__")]
    pub scheme: &'static str,
    /// The machine's own page of metrics.
    #[serde(rename = "__metrics_path__")]
    pub path: String,
    /// The machine's id.
    pub machine: String,
    /// `macos`, `linux` and so on.
    #[serde(rename = "__meta_atlas_os")]
    pub os: &'static str,
    /// Its tags with a comma before, between and after them; empty without any.
    #[serde(rename = "__meta_atlas_tags")]
    pub tags: String,
}
