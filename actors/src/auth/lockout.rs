//! Slows down who guesses passwords: five failures of one user from one address, and that pair waits
//! five minutes (contract, section 4). Others, and the user from elsewhere, go on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::model::UserName;

const FAILURES_MAX: u32 = 5;
const LOCKED_FOR: Duration = Duration::from_secs(300);
/// Pairs that are remembered. Reason: whoever makes up names must not fill the memory.
const PAIRS_MAX: usize = 100_000;

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// The failures of late.
#[derive(Debug, Default)]
pub struct Lockout(HashMap<(UserName, IpAddr), Failures>);

impl Lockout {
    /// How long that user must still wait at that address.
    #[must_use]
    pub fn wait(&self, user: &UserName, from: IpAddr, now: Timestamp) -> Option<Duration> {
        let failures = self
            .0
            .get(&(user.clone(), from))
            .filter(|f| f.count >= FAILURES_MAX)?;
        LOCKED_FOR
            .checked_sub(now.since(failures.last))
            .filter(|left| !left.is_zero())
    }

    /// A wrong password.
    pub fn note_failure(&mut self, user: &UserName, from: IpAddr, now: Timestamp) {
        self.forget_old_when_full(now);
        let failures = self.0.entry((user.clone(), from)).or_default();
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// The right password.
    pub fn note_success(&mut self, user: &UserName, from: IpAddr) {
        self.0.remove(&(user.clone(), from));
    }

    /// Drops what no longer locks anybody out.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.0.retain(|_, failures| now.since(failures.last) < LOCKED_FOR);
    }

    fn forget_old_when_full(&mut self, now: Timestamp) {
        if self.0.len() >= PAIRS_MAX {
            self.forget_old(now);
        }
        if self.0.len() >= PAIRS_MAX {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_one_pair_for_five_minutes() {
        let (home, elsewhere) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let user = UserName::parse("admin").unwrap();
        let mut lockout = Lockout::default();
        for second in 0..5 {
            assert_eq!(lockout.wait(&user, home, Timestamp::from_secs(second)), None);
            lockout.note_failure(&user, home, Timestamp::from_secs(second));
        }
        assert_eq!(
            lockout.wait(&user, home, Timestamp::from_secs(4)),
            Some(LOCKED_FOR)
        );
        assert_eq!(lockout.wait(&user, elsewhere, Timestamp::from_secs(4)), None);
        assert_eq!(lockout.wait(&user, home, Timestamp::from_secs(304)), None);
    }
}
