//! Services that should answer, as `network.checks.targets` names them: whether they do, how fast, and
//! for how long their certificates are good.

pub mod ask;
pub mod target;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream;
use rustls::client::danger::ServerCertVerifier;

use self::target::{CheckTarget, TargetError};
use super::{Finding, Missing, Monitor};
use crate::agent::collect::hundredth;
use crate::wire::report_v1::{CheckV1, MetricsV1, SaasCategoryV1, Unavailable};

/// Services that are asked at the same time: more would be a burst that slows them all.
const TOGETHER: usize = 8;
/// Services of one machine: each costs a connection a minute and 300 bytes of each report.
const TARGETS_MAX: usize = 50;

/// Asks services.
pub struct Checks {
    targets: Vec<Result<CheckTarget, TargetError>>,
    /// Judges certificates; made when the first one is met, since it reads all authorities.
    judge: Option<Arc<dyn ServerCertVerifier>>,
}

impl Checks {
    /// By the settings.
    #[must_use]
    pub fn new(targets: &[String]) -> Self {
        let targets = targets.iter().take(TARGETS_MAX);
        Self {
            targets: targets.map(|text| CheckTarget::parse(text)).collect(),
            judge: None,
        }
    }

    /// The same, with another judge of certificates than the system.
    #[must_use]
    pub fn judged_by(mut self, judge: Arc<dyn ServerCertVerifier>) -> Self {
        self.judge = Some(judge);
        self
    }

    fn judge(&mut self) -> Result<Arc<dyn ServerCertVerifier>, Missing> {
        if let Some(judge) = &self.judge {
            return Ok(judge.clone());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let judge: Arc<dyn ServerCertVerifier> = Arc::new(
            rustls_platform_verifier::Verifier::new(provider).map_err(|error| Missing {
                why: Unavailable::Unsupported,
                detail: Some(format!(
                    "the system's certificate authorities can't be read: {error}"
                )),
            })?,
        );
        self.judge = Some(judge.clone());
        Ok(judge)
    }
}

impl Monitor for Checks {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let judge = self.judge()?;
            let asked = self.targets.iter().map(|target| {
                let judge = judge.clone();
                async move {
                    match target {
                        Ok(target) => ask::ask(target, judge).await,
                        Err(error) => unreadable(*error),
                    }
                }
            });
            let checks: Vec<CheckV1> = stream::iter(asked).buffered(TOGETHER).collect().await;
            Ok(Finding::from(MetricsV1 {
                saas_endpoints: Some(in_words_of_2_0(&checks)),
                checks: Some(checks),
                ..MetricsV1::default()
            }))
        })
    }
}

/// A mistake in the settings is shown where the service would be.
fn unreadable(error: TargetError) -> CheckV1 {
    CheckV1 {
        name: "?".to_owned(),
        target: String::new(),
        kind: String::new(),
        is_up: false,
        latency_ms: None,
        dns_ms: None,
        connect_ms: None,
        tls_ms: None,
        status: None,
        tls_days_left: None,
        tls_version: None,
        error: Some(error.to_string()),
    }
}

/// As 2.0 reports it; the kind is the category.
fn in_words_of_2_0(checks: &[CheckV1]) -> BTreeMap<String, SaasCategoryV1> {
    let mut by_kind: BTreeMap<String, Vec<&CheckV1>> = BTreeMap::new();
    for check in checks.iter().filter(|check| !check.kind.is_empty()) {
        by_kind.entry(check.kind.clone()).or_default().push(check);
    }
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let sums = by_kind.into_iter().map(|(kind, checks)| {
        let up = checks.iter().filter(|check| check.is_up);
        let took: Vec<f64> = up.filter_map(|check| check.latency_ms).collect();
        let sum = SaasCategoryV1 {
            availability: hundredth(number(took.len()) / number(checks.len()) * 100.0),
            avg_latency: (!took.is_empty()).then(|| hundredth(took.iter().sum::<f64>() / number(took.len()))),
        };
        (kind, sum)
    });
    sums.collect()
}

#[cfg(test)]
mod tests;
