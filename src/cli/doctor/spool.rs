//! What waits in the agent's spool, looked at from outside: an agent that runs is not disturbed.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::finding::Finding;
use crate::agent::spool::ledger::Ledger;

/// A report that waits so long says that none arrives.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// Looks at the spool in the agent's folder.
pub(super) fn look(agent_dir: &Path) -> Vec<Finding> {
    let spool = agent_dir.join("spool");
    if !spool.exists() {
        return vec![Finding::warn(
            "spool",
            "no agent has run here yet",
            "start it: `atlas agent`, or `atlas service install --agent`",
        )];
    }
    let mut findings = vec![running(&spool)];
    match waiting(&spool) {
        Ok((0, _)) => findings.push(Finding::ok("spool", "no report waits")),
        Ok((count, oldest)) if oldest < WAIT_MAX => {
            findings.push(Finding::ok("spool", format!("{count} reports are on their way")));
        }
        Ok((count, oldest)) => findings.push(Finding::warn(
            "spool",
            format!(
                "{count} reports wait, the oldest for {} minutes",
                oldest.as_secs() / 60
            ),
            "they are sent when an agent runs and reaches its server: the other lines say what is in the way",
        )),
        Err(error) => findings.push(Finding::fail(
            "spool",
            format!("{} can't be read: {error}", spool.display()),
            "call it as the user that the agent runs as",
        )),
    }
    findings.extend(lost(&spool));
    findings
}

fn running(spool: &Path) -> Finding {
    match File::open(spool.join("lock")).map(|lock| lock.try_lock()) {
        Ok(Err(TryLockError::WouldBlock)) => Finding::ok("agent", "an agent runs"),
        _ => Finding::warn(
            "agent",
            "no agent runs",
            "start it: `atlas agent`, or `atlas service install --agent`",
        ),
    }
}

/// How many reports wait, and how long the oldest has.
fn waiting(spool: &Path) -> std::io::Result<(usize, Duration)> {
    let (mut count, mut oldest) = (0, Duration::ZERO);
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".json"));
        if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
            count += 1;
            // A file whose time lies ahead is new.
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            oldest = oldest.max(age);
        }
    }
    Ok((count, oldest))
}

/// Reports that will never arrive.
fn lost(spool: &Path) -> Option<Finding> {
    let lost = Ledger::read(spool).ok().flatten()?.lost();
    (lost > 0).then(|| {
        Finding::warn(
            "spool",
            format!("{lost} reports were lost so far: the spool was full, or its files were damaged"),
            "it holds about a day; the machine's page shows the gap",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn what_waits_is_counted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let verdicts = |findings: Vec<Finding>| findings.iter().map(|one| one.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(look(folder.path())), [Verdict::Warn]);
        let spool = folder.path().join("spool");
        fs::create_dir(&spool).unwrap();
        fs::write(spool.join("lock"), "").unwrap();
        fs::write(spool.join("00000000000000000001.json"), "{}").unwrap();
        Ledger::new(1, 1).write(&spool).unwrap();
        assert_eq!(waiting(&spool).unwrap().0, 1);
        let lock = File::open(spool.join("lock")).unwrap();
        lock.try_lock().unwrap();
        assert_eq!(verdicts(look(folder.path())), [Verdict::Ok, Verdict::Ok]);
        drop(lock);
        let mut ledger = Ledger::new(1, 1);
        ledger.dropped = 3;
        ledger.write(&spool).unwrap();
        let found = look(folder.path());
        assert_eq!(
            verdicts(found.clone()),
            [Verdict::Warn, Verdict::Ok, Verdict::Warn]
        );
        assert!(found[2].what.starts_with("3 reports were lost"));
    }
}
