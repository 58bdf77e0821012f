//! Owns the parts of a report that say how services fare which the machine asks: name servers, and
//! those that the config names; and 2.0's sums of both.

use serde::{Deserialize, Serialize};

part! {
    /// Whether names are found, and how fast.
    DnsV1 {
        /// `udp` (each name server was asked by a packet of its own) or `system` (the system's resolver
        /// was asked, since no name server is known).
        method: String,
        /// Milliseconds to an answer, on average, of the first name server that answers.
        latency_ms: f64,
        /// Percent of all questions that were answered.
        availability_percent: f64,
        /// Each name server.
        resolvers: Vec<ResolverV1>,
    }
}

/// One name server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolverV1 {
    /// Its address.
    pub address: String,
    /// Questions asked.
    pub asked: u32,
    /// Questions answered.
    pub answered: u32,
    /// Milliseconds to an answer, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// What went wrong last: `timed_out`, `no_such_name`, `refused` and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One service that the config names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckV1 {
    /// What people call it.
    pub name: String,
    /// Its address as it was configured.
    pub target: String,
    /// `https`, `http`, `tcp` or `tls`.
    pub kind: String,
    /// Whether it answers as it should.
    pub is_up: bool,
    /// Milliseconds for the whole of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// Milliseconds until its name was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_ms: Option<f64>,
    /// Milliseconds until it was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// Milliseconds that TLS took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// HTTP's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Days until its certificate ends; negative when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_days_left: Option<i64>,
    /// The version of TLS that was spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_version: Option<String>,
    /// What was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// 2.0's words on services of one category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SaasCategoryV1 {
    /// Percent of them that answer.
    pub availability: f64,
    /// Milliseconds on average; null when none answers.
    pub avg_latency: Option<f64>,
}

part! {
    /// 2.0's words on the network.
    NetworkQualityV1 {
        /// Percent of the sent TCP segments that were sent again.
        tcp_retransmit_rate: f64,
        /// Milliseconds to a name server's answer.
        dns_avg_latency: f64,
        /// Percent of the questions that were answered.
        dns_availability: f64,
        /// Milliseconds that TLS took with the configured services.
        tls_avg_latency: f64,
        /// Milliseconds that the configured HTTP services took.
        http_avg_latency: f64,
    }
}
