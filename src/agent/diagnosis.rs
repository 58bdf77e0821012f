//! Says where the network's trouble is: this machine, its Wi-Fi, the local network, the provider, a
//! VPN, the name servers or a service; with its evidence. Pure: [`judge`](verdict::judge) looks at one
//! moment, the [`Analyst`] says a thing only when it was so several times in a row.

pub mod evidence;
pub mod verdict;

use std::collections::VecDeque;
use std::time::Duration;

use atlas_actors::clock::Timestamp;

use self::evidence::Evidence;
use self::verdict::{Limits, Severity, Verdict, judge};
use crate::config::Config;
use crate::wire::report_v1::{DiagnosisV1, MetricsV1, TroubleV1};

/// Beginnings of troubles that are kept for counting.
const BEGINNINGS_MAX: usize = 1_000;

/// How the analyst works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnalystRule {
    /// From when on something is trouble.
    pub limits: Limits,
    /// In which time troubles are counted.
    pub window: Duration,
    /// Looks in a row after which a trouble is one, and after which it is over.
    pub looks_in_a_row: u32,
}

impl AnalystRule {
    /// By the settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let (network, quality) = (&config.network, config.network.wifi.quality_thresholds);
        Self {
            limits: Limits {
                loss_warning: quality.packet_loss_warning,
                loss_critical: quality.packet_loss_critical,
                latency_warning_ms: f64::from(quality.latency_warning),
                latency_critical_ms: f64::from(quality.latency_critical),
                poor_dbm: network.wifi.signal_thresholds.poor,
            },
            window: Duration::from_secs(network.analyzer.analysis_window),
            looks_in_a_row: network.analyzer.issue_detection_threshold,
        }
    }
}

/// Looks again and again, and is not hasty.
#[derive(Clone, Debug)]
pub struct Analyst {
    rule: AnalystRule,
    /// What is said.
    said: Option<(Verdict, Timestamp)>,
    /// Where it seems to be now, and how often in a row it seemed to be elsewhere than what is said.
    suspected: Option<(TroubleV1, u32)>,
    beginnings: VecDeque<Timestamp>,
    /// Gateways that ever answered. One that never did may be silent by its nature.
    gateway_that_answers: Option<String>,
}

impl Analyst {
    /// Nothing seen so far.
    #[must_use]
    pub const fn new(rule: AnalystRule) -> Self {
        Self {
            rule,
            said: None,
            suspected: None,
            beginnings: VecDeque::new(),
            gateway_that_answers: None,
        }
    }

    /// Looks at what is known now.
    pub fn look(&mut self, metrics: &MetricsV1, now: Timestamp) {
        let mut evidence = Evidence::of(metrics);
        if let Some(gateway) = &evidence.gateway {
            if gateway.received > 0 {
                self.gateway_that_answers = Some(gateway.address.clone());
            }
            evidence.gateway_answers = self.gateway_that_answers.as_ref() == Some(&gateway.address);
        }
        if let Some(verdict) = judge(&evidence, &self.rule.limits) {
            self.note(verdict, now);
        }
    }

    fn note(&mut self, verdict: Verdict, now: Timestamp) {
        // At the start, all is taken to be well until it is not several times in a row.
        let (said, since) = self.said.get_or_insert_with(|| (Verdict::well(), now));
        if verdict.trouble == said.trouble {
            self.suspected = None;
            *said = verdict;
            return;
        }
        let times = self.suspected.map_or(0, |(_, times)| times) + 1;
        self.suspected = Some((verdict.trouble, times));
        if times < self.rule.looks_in_a_row {
            return;
        }
        self.suspected = None;
        if verdict.trouble != TroubleV1::None {
            self.beginnings.push_back(now);
            if self.beginnings.len() > BEGINNINGS_MAX {
                self.beginnings.pop_front();
            }
        }
        (*said, *since) = (verdict, now);
    }

    /// What is said now; nothing before the first look.
    #[must_use]
    pub fn said(&self, now: Timestamp) -> Option<DiagnosisV1> {
        let (verdict, since) = self.said.as_ref()?;
        let is_recent = |at: &&Timestamp| now.since(**at) <= self.rule.window;
        let recent = self.beginnings.iter().filter(is_recent).count();
        Some(DiagnosisV1 {
            trouble: verdict.trouble,
            severity: match verdict.severity {
                Severity::Ok => "ok",
                Severity::Warning => "warning",
                Severity::Critical => "critical",
            }
            .to_owned(),
            summary: verdict.summary.clone(),
            evidence: verdict.evidence.clone(),
            since: since.to_string(),
            suspected: self.suspected.map(|(trouble, _)| trouble),
            troubles_in_window: u32::try_from(recent).unwrap_or(u32::MAX),
        })
    }
}

#[cfg(test)]
mod tests;
