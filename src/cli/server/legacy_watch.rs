//! Says in the log, daily, how many machines still have an agent of 1.x or 2.0: all of them share one
//! key, so that each could speak for another.

use std::time::Duration;

use atlas_actors::Fleet;

/// The first time comes when machines have had the time to report.
const FIRST_AFTER: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(86_400);

/// Starts to watch, until the process ends.
pub(super) fn start(fleet: &Fleet) {
    let fleet = fleet.clone();
    actix_rt::spawn(async move {
        tokio::time::sleep(FIRST_AFTER).await;
        loop {
            let machines = fleet.view().totals().legacy;
            if machines > 0 {
                tracing::warn!(
                    machines,
                    "security: these have an agent of 1.x or 2.0 with a key that all of them share; enrol them anew"
                );
            }
            tokio::time::sleep(DAY).await;
        }
    });
}
