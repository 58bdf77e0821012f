//! Owns the change to the next TLS key: it waits until nearly all agents have been told of that key, or is
//! made by hand. An agent counts as told when it seals with a key that it agreed on since: the answer to
//! that had the next TLS key in it, and the agent has kept it. That a change waits outlives a restart.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_actors::Fleet;
use atlas_actors::audit_log::{AuditAction, Witness};

use super::served::Served;
use super::{Certificates, RenewError};
use crate::secret_file;
use crate::tls::own::Key;

/// So many percent of the agents must have been told. Reason: a machine in a drawer must not hold it up
/// for ever; such an agent asks for the keys when it comes back.
const TOLD_PERCENT_MIN: usize = 95;
/// How often it is looked whether they have.
const LOOK_PERIOD: Duration = Duration::from_secs(5);

/// How many agents know the next key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Those that have been told.
    pub told: usize,
    /// All that may report.
    pub agents: usize,
}

impl Told {
    /// Whether the change may be made.
    #[must_use]
    pub const fn are_enough(self) -> bool {
        self.told * 100 >= self.agents * TOLD_PERCENT_MIN
    }
}

/// The change to the next key.
#[derive(Clone)]
pub struct KeyChange {
    fleet: Fleet,
    certificates: Certificates,
    /// There while a change waits.
    file: PathBuf,
    waits: Arc<AtomicBool>,
}

impl KeyChange {
    /// Takes up a change that waits, and looks from then on whether it can be made.
    #[must_use]
    pub fn start(fleet: &Fleet, certificates: &Certificates, file: PathBuf) -> Self {
        let change = Self {
            fleet: fleet.clone(),
            certificates: certificates.clone(),
            waits: Arc::new(AtomicBool::new(file.exists())),
            file,
        };
        let watching = change.clone();
        actix_rt::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_PERIOD).await;
                watching.make_when_told().await;
            }
        });
        change
    }

    /// How many agents know the next key now.
    #[must_use]
    pub fn told(&self) -> Told {
        let since = self.certificates.now().next_key_since;
        let credentials = self.fleet.credentials();
        let active = credentials
            .agents()
            .iter()
            .filter_map(|agent| agent.reporting_key());
        let (mut told, mut agents) = (0, 0);
        for key in active {
            agents += 1;
            told += usize::from(since.is_some_and(|since| key.agreed_at >= since));
        }
        Told { told, agents }
    }

    /// Whether a change waits.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Asks for the change: it is made when enough agents know the key, which may be now.
    ///
    /// # Errors
    /// When it can't be made, or can't be written down that it waits.
    pub async fn ask(&self) -> Result<Arc<Served>, RenewError> {
        let served = self.certificates.now();
        if self.told().are_enough() || served.next_pin.is_none() {
            return self.make().await;
        }
        self.set_waiting(true).await?;
        Ok(served)
    }

    /// Makes the change at once, whoever knows the key.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn make(&self) -> Result<Arc<Served>, RenewError> {
        let served = self.certificates.renew(Key::Next).await?;
        self.set_waiting(false).await?;
        Ok(served)
    }

    async fn set_waiting(&self, waits: bool) -> Result<(), RenewError> {
        let file = self.file.clone();
        let written = tokio::task::spawn_blocking(move || match waits {
            true => secret_file::write(&file, b""),
            false if file.exists() => std::fs::remove_file(&file),
            false => Ok(()),
        });
        let failed =
            |why: String| RenewError(format!("it can't be written down that the change waits: {why}"));
        written
            .await
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))?;
        self.waits.store(waits, Ordering::Relaxed);
        Ok(())
    }

    async fn make_when_told(&self) {
        if !self.waits() {
            return;
        }
        let told = self.told();
        if !told.are_enough() {
            return;
        }
        let record = Witness {
            actor: "atlas".to_owned(),
            address: String::new(),
            action: AuditAction::ChangeCertificate,
            target: format!("a new key, which {} of {} agents know", told.told, told.agents),
            result: Witness::OK.to_owned(),
            request_id: String::new(),
        };
        let made = match self.fleet.witness(record).await {
            Ok(_) => self.make().await.map(drop),
            Err(error) => Err(RenewError(error.to_string())),
        };
        match made {
            Ok(()) => tracing::info!(
                told.told,
                told.agents,
                "the next TLS key is served: enough agents know it"
            ),
            Err(error) => tracing::warn!(%error, "the change of the TLS key waits on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_95_of_100_and_for_nobody_where_nobody_is() {
        let are_enough = |told, agents| Told { told, agents }.are_enough();
        assert!(are_enough(0, 0) && are_enough(1, 1) && are_enough(95, 100) && are_enough(19, 20));
        assert!(!are_enough(94, 100) && !are_enough(0, 1) && !are_enough(18, 19));
    }
}
