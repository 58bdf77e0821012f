//! What an agent says before it falls silent, and whether its machine is about to be shut down.

use std::path::Path;
use std::time::Duration;

use atlas_actors::model::{Announcement, Delivery};

use super::sealed_post::{Speaking, sealed_post};
use super::spool::NewestReport;
use crate::wire::absence::{NOTICE_ROUTE, NoticeV2};

/// How long an announcement may take. Reason: a service manager waits ten seconds and more for the
/// agent's end, a machine that goes to sleep about five.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What systemd makes while the machine is being shut down.
const SHUTDOWN_MARKS: [&str; 2] = ["run/systemd/shutdown/scheduled", "run/nologin"];

/// Says it. A server that can't be reached finds out by itself, and hears afterwards why.
pub(super) async fn announce(speaking: Speaking, what: Announcement) {
    let newest = speaking.spool.send(NewestReport).await.ok().flatten();
    let notice = NoticeV2 {
        announce: what.name().to_owned(),
        spool: newest.map(|Delivery { spool, .. }| format!("{spool:016x}")),
        seq: newest.map_or(0, |newest| newest.seq),
    };
    let Ok(request) = sealed_post(&speaking, NOTICE_ROUTE, 0, &notice).await else {
        return;
    };
    match request.timeout(TIMEOUT).send().await {
        Ok(answer) if answer.status().is_success() => tracing::info!(what = what.name(), "announced"),
        Ok(answer) => tracing::debug!(status = %answer.status(), "the announcement was not taken"),
        Err(_) => tracing::debug!("the announcement did not arrive"),
    }
}

/// Why the agent is told to end: its machine is shut down, or only the agent is stopped. Where that
/// can't be told, the next start finds it out.
#[must_use]
pub fn why_told_to_end() -> Announcement {
    why_told(Path::new("/"))
}

fn why_told(root: &Path) -> Announcement {
    if SHUTDOWN_MARKS.iter().any(|mark| root.join(mark).exists()) {
        Announcement::Shutdown
    } else {
        Announcement::Stop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shutdown_is_told_from_a_stop_by_what_systemd_makes() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(why_told(root.path()), Announcement::Stop);
        std::fs::create_dir_all(root.path().join("run/systemd/shutdown")).unwrap();
        std::fs::write(root.path().join(SHUTDOWN_MARKS[0]), "").unwrap();
        assert_eq!(why_told(root.path()), Announcement::Shutdown);
    }
}
