//! Slows down who guesses passwords, and never locks out the one whose account it is. Failures
//! are counted in buckets that leak:
//!
//! | Bucket | Full at | Then |
//! |---|---|---|
//! | user from one network | 5 | that pair waits five minutes (contract, section 4) |
//! | network (/24 or /64) | 50 | that network waits five minutes |
//! | user | 10 | each attempt is answered later, by 30 s at most: nobody can lock a user out |
//! | known device of the user | 10 | that device waits five minutes; the others are not asked |
//! | user's one-time codes | 5 | codes wait five minutes: the password was right already |

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::credentials::Digest;
use crate::clock::Timestamp;
use crate::limits::{LOCKOUT_BUCKETS_MAX, LOCKOUT_BUCKETS_STORED};
use crate::model::UserName;

const LOCKED_FOR: Duration = Duration::from_secs(300);
/// The longest that a user's bucket holds an attempt back.
pub const DELAY_MAX: Duration = Duration::from_secs(30);

/// A network: the first 24 bits of an IPv4 address, the first 64 of an IPv6 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & !0xff).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        })
    }
}

/// Where failures are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bucket {
    /// One user from one network.
    Pair(UserName, Network),
    /// All users from one network.
    Network(Network),
    /// One user from everywhere.
    User(UserName),
    /// A device, or a session, that has proved the user's password before.
    Known(Digest),
    /// A user's one-time codes.
    Codes(UserName),
}

impl Bucket {
    const fn failures_max(&self) -> u32 {
        match self {
            Self::Pair(..) | Self::Codes(_) => 5,
            Self::User(_) | Self::Known(_) => 10,
            Self::Network(_) => 50,
        }
    }

    /// How long it takes until one failure is forgotten.
    fn leak(&self) -> Duration {
        LOCKED_FOR / self.failures_max()
    }
}

/// Who tries to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The name that was typed.
    pub user: UserName,
    /// From where.
    pub from: Network,
    /// The device, if this user has signed in on it before.
    pub known: Option<Digest>,
}

/// Whether an attempt may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// At once.
    Go,
    /// After so long.
    Slow(Duration),
    /// Not before so long; the attempt is refused unread.
    Locked(Duration),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Level {
    failures: f64,
    at: Timestamp,
    locked_until: Timestamp,
}

impl Level {
    fn now(&self, leak: Duration, now: Timestamp) -> f64 {
        (self.failures - now.since(self.at).as_secs_f64() / leak.as_secs_f64()).max(0.0)
    }
}

/// The failures of late.
#[derive(Debug, Default)]
pub struct Lockout {
    levels: HashMap<Bucket, Level>,
    is_changed: bool,
    has_locked: bool,
}

/// What is kept over a restart: the fullest buckets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredLockout(Vec<(Bucket, Level)>);

impl Lockout {
    /// What was kept over a restart.
    #[must_use]
    pub fn restore(stored: StoredLockout) -> Self {
        Self {
            levels: stored.0.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Whether a failure was noted or forgiven since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Whether a bucket was locked since this was last asked.
    pub fn take_locked(&mut self) -> bool {
        std::mem::take(&mut self.has_locked)
    }

    /// What is to be kept.
    #[must_use]
    pub fn to_stored(&self) -> StoredLockout {
        let mut all: Vec<_> = self
            .levels
            .iter()
            .map(|(bucket, level)| (bucket.clone(), *level))
            .collect();
        all.sort_by_key(|(_, level)| std::cmp::Reverse((level.locked_until, level.at)));
        all.truncate(LOCKOUT_BUCKETS_STORED);
        StoredLockout(all)
    }

    /// Whether that attempt may go on; if so it counts as a failure until [`Lockout::forgive`].
    /// `waited`: for so long it has been held back already.
    pub fn admit(&mut self, attempt: &Attempt, waited: Duration, now: Timestamp) -> Verdict {
        let buckets = buckets(attempt);
        if let Some(left) = buckets.iter().filter_map(|bucket| self.locked(bucket, now)).max() {
            return Verdict::Locked(left);
        }
        let delay = self.delay(attempt, now);
        if waited.is_zero() && !delay.is_zero() {
            return Verdict::Slow(delay);
        }
        for bucket in buckets {
            self.note_failure(bucket, now);
        }
        Verdict::Go
    }

    /// The attempt was right: it was none of the failures, and its pair or device starts anew.
    pub fn forgive(&mut self, attempt: &Attempt) {
        self.is_changed = true;
        for bucket in buckets(attempt) {
            if matches!(bucket, Bucket::Pair(..) | Bucket::Known(_)) {
                self.levels.remove(&bucket);
            } else if let Some(level) = self.levels.get_mut(&bucket) {
                level.failures = (level.failures - 1.0).max(0.0);
            }
        }
    }

    /// How long that bucket still refuses.
    #[must_use]
    pub fn locked(&self, bucket: &Bucket, now: Timestamp) -> Option<Duration> {
        let until = self.levels.get(bucket)?.locked_until;
        (until > now).then(|| until.since(now))
    }

    /// Whether so many have failed for that user that attempts are held back.
    #[must_use]
    pub fn holds_back(&self, user: &UserName, now: Timestamp) -> bool {
        !self.delay_of(user, now).is_zero()
    }

    /// Counts a failure; what fills the bucket locks it.
    pub fn note_failure(&mut self, bucket: Bucket, now: Timestamp) {
        self.make_room(now);
        self.is_changed = true;
        let (max, leak) = (f64::from(bucket.failures_max()), bucket.leak());
        let locks = !matches!(bucket, Bucket::User(_));
        let level = self.levels.entry(bucket).or_default();
        level.failures = level.now(leak, now) + 1.0;
        level.at = now;
        if locks && level.failures > max - 1.0 {
            level.locked_until = now.plus(LOCKED_FOR);
            self.has_locked = true;
        }
    }

    /// Starts a bucket anew.
    pub fn clear(&mut self, bucket: &Bucket) {
        self.levels.remove(bucket);
    }

    /// Drops what no longer holds anybody back.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.levels
            .retain(|bucket, level| level.locked_until > now || level.now(bucket.leak(), now) > 0.0);
    }

    fn delay(&self, attempt: &Attempt, now: Timestamp) -> Duration {
        match attempt.known {
            Some(_) => Duration::ZERO,
            None => self.delay_of(&attempt.user, now),
        }
    }

    /// Doubles with each failure above the bound, up to [`DELAY_MAX`].
    fn delay_of(&self, user: &UserName, now: Timestamp) -> Duration {
        let bucket = Bucket::User(user.clone());
        let failures = self
            .levels
            .get(&bucket)
            .map_or(0.0, |level| level.now(bucket.leak(), now));
        let above = failures - f64::from(bucket.failures_max());
        if above < 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64(above.min(5.0).exp2()).min(DELAY_MAX)
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.levels.len() >= LOCKOUT_BUCKETS_MAX {
            self.forget_old(now);
        }
        if self.levels.len() >= LOCKOUT_BUCKETS_MAX {
            self.levels.retain(|_, level| level.locked_until > now);
        }
        if self.levels.len() >= LOCKOUT_BUCKETS_MAX {
            self.levels.clear();
        }
    }
}

fn buckets(attempt: &Attempt) -> Vec<Bucket> {
    if let Some(device) = attempt.known {
        return vec![Bucket::Known(device)];
    }
    vec![
        Bucket::Pair(attempt.user.clone(), attempt.from),
        Bucket::Network(attempt.from),
        Bucket::User(attempt.user.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(user: &str, from: [u8; 4], known: Option<Digest>) -> Attempt {
        Attempt {
            user: UserName::parse(user).unwrap(),
            from: Network::of(from.into()),
            known,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    #[test]
    fn locks_one_pair_for_five_minutes_and_its_whole_network_part() {
        let (home, elsewhere) = (
            attempt("ann", [10, 0, 0, 1], None),
            attempt("ann", [10, 0, 1, 1], None),
        );
        let mut lockout = Lockout::default();
        for second in 0..5 {
            assert_eq!(lockout.admit(&home, Duration::ZERO, at(second)), Verdict::Go);
        }
        assert_eq!(
            lockout.admit(&home, Duration::ZERO, at(4)),
            Verdict::Locked(LOCKED_FOR)
        );
        let neighbour = attempt("ann", [10, 0, 0, 200], None);
        assert!(matches!(
            lockout.admit(&neighbour, Duration::ZERO, at(4)),
            Verdict::Locked(_)
        ));
        assert_eq!(lockout.admit(&elsewhere, Duration::ZERO, at(4)), Verdict::Go);
        assert_eq!(lockout.admit(&home, Duration::ZERO, at(304)), Verdict::Go);
    }

    #[test]
    fn the_right_password_starts_the_pair_anew() {
        let home = attempt("ann", [10, 0, 0, 1], None);
        let mut lockout = Lockout::default();
        for second in 0..100 {
            assert_eq!(lockout.admit(&home, Duration::ZERO, at(second)), Verdict::Go);
            lockout.forgive(&home);
        }
    }

    #[test]
    fn ten_thousand_guesses_from_everywhere_only_delay_the_owner_and_not_on_their_own_device() {
        let mut lockout = Lockout::default();
        let mut tried = 0;
        for n in 0..10_000_u32 {
            let [_, a, b, c] = n.to_be_bytes();
            let guess = attempt("ann", [100 + a, b, c, 9], None);
            let waited = match lockout.admit(&guess, Duration::ZERO, at(i64::from(n / 100))) {
                Verdict::Slow(by) => by,
                verdict => {
                    tried += u32::from(verdict == Verdict::Go);
                    continue;
                }
            };
            lockout.admit(&guess, waited, at(i64::from(n / 100)));
        }
        assert!(tried < 20, "{tried} guesses were not held back");
        let now = at(100);
        let owner = attempt("ann", [10, 0, 0, 1], None);
        assert_eq!(
            lockout.admit(&owner, Duration::ZERO, now),
            Verdict::Slow(DELAY_MAX)
        );
        assert_eq!(lockout.admit(&owner, DELAY_MAX, now.plus(DELAY_MAX)), Verdict::Go);
        let owners_device = attempt("ann", [100, 0, 0, 1], Some([7; 32]));
        assert_eq!(lockout.admit(&owners_device, Duration::ZERO, now), Verdict::Go);
        assert_eq!(
            lockout.admit(&attempt("bob", [10, 0, 0, 1], None), Duration::ZERO, now),
            Verdict::Go
        );
    }

    #[test]
    fn one_network_that_tries_many_names_waits_as_a_whole() {
        let mut lockout = Lockout::default();
        let admitted = (0..200).filter(|n| {
            let guess = attempt(&format!("user{n}"), [10, 9, 8, 7], None);
            lockout.admit(&guess, Duration::ZERO, at(1)) == Verdict::Go
        });
        assert_eq!(admitted.count(), 50);
    }

    #[test]
    fn outlives_a_restart_and_forgets_in_the_end() {
        let home = attempt("ann", [10, 0, 0, 1], None);
        let mut lockout = Lockout::default();
        for _ in 0..5 {
            lockout.admit(&home, Duration::ZERO, at(0));
        }
        let mut lockout = Lockout::restore(lockout.to_stored());
        assert!(matches!(
            lockout.admit(&home, Duration::ZERO, at(10)),
            Verdict::Locked(_)
        ));
        lockout.forget_old(at(100_000));
        assert_eq!(lockout.to_stored(), StoredLockout::default());
    }

    #[test]
    fn an_ipv6_host_can_not_leave_its_bucket_by_another_address_of_its_own() {
        let one = Network::of("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(one, Network::of("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, Network::of("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(
            Network::of("::ffff:10.0.0.9".parse().unwrap()),
            Network::of([10, 0, 0, 1].into())
        );
    }
}
