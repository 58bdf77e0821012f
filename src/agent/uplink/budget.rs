//! How many retries an agent may send: at most a part of all its requests within a minute, so that a
//! fleet whose server is unwell does not double its load. Pure: time comes in as a value.

use std::time::{Duration, Instant};

/// Over how long requests are counted (contract, section 6).
const SPAN: Duration = Duration::from_secs(60);
/// Counted in so many parts.
const PARTS: usize = 60;

/// Counts requests and retries of the last minute.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    /// The part of all requests that may be retries, 0 to 1.
    ratio: f64,
    began: Instant,
    /// Requests and retries of each second, and which second it was.
    seconds: [(u64, u32, u32); PARTS],
}

impl RetryBudget {
    /// Nothing was sent so far.
    #[must_use]
    pub fn new(ratio: f64, now: Instant) -> Self {
        Self {
            ratio,
            began: now,
            seconds: [(0, 0, 0); PARTS],
        }
    }

    /// Whether another retry is within the budget. One a minute always is, since an agent sends two
    /// requests a minute when all is well: a part of that would be none. With a ratio of 0 none is.
    #[must_use]
    pub fn allows_retry(&self, now: Instant) -> bool {
        let second = self.second(now);
        let recent = self
            .seconds
            .iter()
            .filter(|(at, ..)| second < at + SPAN.as_secs());
        let (requests, retries) = recent.fold((0, 0), |(requests, retries), (_, more, of_them)| {
            (requests + more, retries + of_them)
        });
        self.ratio > 0.0 && (retries == 0 || f64::from(retries + 1) <= self.ratio * f64::from(requests + 1))
    }

    /// Counts a request.
    pub fn note(&mut self, is_retry: bool, now: Instant) {
        let second = self.second(now);
        let place = usize::try_from(second % SPAN.as_secs()).unwrap_or(0);
        let count = &mut self.seconds[place];
        if count.0 != second {
            *count = (second, 0, 0);
        }
        count.1 += 1;
        count.2 += u32::from(is_retry);
    }

    /// The first second is number 60, so that none before it counts.
    fn second(&self, now: Instant) -> u64 {
        SPAN.as_secs() + now.saturating_duration_since(self.began).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_stay_below_their_part_of_the_requests_of_a_minute() {
        let began = Instant::now();
        let mut budget = RetryBudget::new(0.3, began);
        let (mut requests, mut retries) = (0_u32, 0_u32);
        for second in 0..60 {
            let now = began + Duration::from_secs(second);
            for _ in 0..10 {
                budget.note(false, now);
                requests += 1;
                // A retry after each request is wanted.
                if budget.allows_retry(now) {
                    budget.note(true, now);
                    (requests, retries) = (requests + 1, retries + 1);
                }
            }
        }
        let part = f64::from(retries) / f64::from(requests);
        assert!(part <= 0.3 && part > 0.25, "{part}");
    }

    #[test]
    fn a_quiet_agent_may_retry_once_a_minute() {
        let began = Instant::now();
        let mut budget = RetryBudget::new(0.3, began);
        let at = |second| began + Duration::from_secs(second);
        budget.note(false, at(0));
        assert!(budget.allows_retry(at(1)));
        budget.note(true, at(1));
        assert!(!budget.allows_retry(at(2)));
        budget.note(false, at(30));
        assert!(!budget.allows_retry(at(60)));
        assert!(budget.allows_retry(at(61)), "a minute later");
    }

    #[test]
    fn no_budget_is_no_retry() {
        let now = Instant::now();
        let mut budget = RetryBudget::new(0.0, now);
        budget.note(false, now);
        assert!(!budget.allows_retry(now));
    }
}
