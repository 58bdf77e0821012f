//! How well the machine is protected: disk encryption, firewall and the like, and a score of it. The
//! macOS part was never run on a Mac; its parsers are tested on recorded text.

mod linux;
mod mac;
mod score;

use futures_util::future::LocalBoxFuture;

use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout};
use crate::wire::report_v1::{PostureSectionV1, SecurityEnhancedV1, SecurityV1, Unavailable};

const LOG: Layout = Layout {
    name: "security_status",
    columns: &[
        "timestamp",
        "firewall_enabled",
        "filevault_enabled",
        "gatekeeper_enabled",
        "sip_enabled",
        "screen_lock_enabled",
        "auto_updates_enabled",
        "pending_updates_count",
        "security_score",
    ],
    days_kept: 30,
};

/// Looks at how well the machine is protected.
pub struct Posture {
    log: CsvLogs,
}

impl Posture {
    /// Writes what it finds into these logs too.
    #[must_use]
    pub const fn new(log: CsvLogs) -> Self {
        Self { log }
    }
}

impl Monitor for Posture {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let mut posture = if cfg!(target_os = "macos") {
                mac::read().await
            } else if cfg!(target_os = "linux") {
                linux::read().await
            } else {
                return Err(Unavailable::Unsupported.into());
            };
            posture.security_score = score::of(&posture);
            self.log.append(&LOG, vec![row(&posture)]).await;
            Ok(finding(&posture))
        })
    }
}

fn finding(posture: &PostureSectionV1) -> Finding {
    let mut finding = Finding::section("posture", posture);
    finding.metrics.security = Some(SecurityV1 {
        firewall_enabled: posture.firewall_enabled,
        filevault_enabled: posture.disk_encrypted,
        gatekeeper_enabled: posture.gatekeeper_enabled,
        sip_enabled: posture.sip_enabled,
    });
    finding.metrics.security_enhanced = Some(SecurityEnhancedV1 {
        security_score: posture.security_score,
        firewall_enabled: posture.firewall_enabled,
        filevault_enabled: posture.disk_encrypted,
        gatekeeper_enabled: posture.gatekeeper_enabled,
        sip_enabled: posture.sip_enabled,
        screen_lock_enabled: posture.screen_lock_enabled,
        auto_updates_enabled: posture.auto_updates_enabled,
    });
    finding
}

fn row(posture: &PostureSectionV1) -> Vec<Cell> {
    vec![
        posture.firewall_enabled.into(),
        posture.disk_encrypted.into(),
        posture.gatekeeper_enabled.into(),
        posture.sip_enabled.into(),
        posture.screen_lock_enabled.into(),
        posture.auto_updates_enabled.into(),
        // Another monitor knows that, at its own time: the section `updates`.
        Cell::default(),
        posture.security_score.into(),
    ]
}

/// Writes down what is known, or why it is not.
fn note<T>(
    posture: &mut PostureSectionV1,
    what: &str,
    known: Result<T, Missing>,
    set: impl FnOnce(&mut PostureSectionV1, T),
) {
    match known {
        Ok(known) => set(posture, known),
        Err(missing) => {
            let unavailable = posture.unavailable.get_or_insert_default();
            unavailable.insert(what.to_owned(), missing.why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_2_0_read_it_under_their_names() {
        let posture = PostureSectionV1 {
            disk_encrypted: Some(true),
            security_score: Some(70),
            ..PostureSectionV1::default()
        };
        let metrics = finding(&posture).metrics;
        assert_eq!(metrics.security.unwrap().filevault_enabled, Some(true));
        assert_eq!(metrics.security_enhanced.unwrap().security_score, Some(70));
        assert_eq!(row(&posture).len() + 1, LOG.columns.len());
    }

    #[actix_rt::test]
    async fn this_machine_says_what_it_knows_and_why_not() {
        let finding = Posture::new(CsvLogs::default()).look().await.unwrap();
        let posture = &finding.sections["posture"];
        for what in ["disk_encrypted", "firewall_enabled", "auto_updates_enabled"] {
            assert!(
                posture[what].is_boolean() || posture["unavailable"][what].is_string(),
                "{what}: {posture}"
            );
        }
    }
}
