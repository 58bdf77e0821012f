//! The pure core of a breaker: one circuit. Time comes in as a value. Crate `failsafe` holds the
//! state (closed, open, half-open) and counts failures in a row; what it is too lax about is kept
//! here: how many calls may try a half-open circuit at once, and how many of them must succeed.
//!
//! `failsafe` reads its own clock. It has a mock of it (public, though left out of its docs) which can
//! only be moved ahead of the real one, and that is all we need: every call into it runs with the mock
//! moved to the time that was passed in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{self, ConsecutiveFailures};
use failsafe::{Config, Instrument, StateMachine, clock};

/// Failures in a row that open a circuit (contract, section 6).
pub const FAILURES_TO_OPEN: u32 = 5;

/// How long an open circuit refuses every call (contract, section 6).
pub const OPEN_FOR: Duration = Duration::from_secs(60);

/// Calls that may try a half-open circuit at once (contract, section 6).
pub const TRIALS_MAX: usize = 3;

/// Successes that close a half-open circuit (contract, section 6).
pub const SUCCESSES_TO_CLOSE: u32 = 2;

/// After this long a trial call that never told its outcome no longer counts. Reason: a caller that
/// died must not keep the circuit half-open for ever; no call is allowed to take this long.
pub const TRIAL_FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// What a circuit does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CircuitState {
    /// All calls pass.
    Closed = 0,
    /// No call passes.
    Open = 1,
    /// A few calls pass, to find out whether the endpoint is back.
    HalfOpen = 2,
}

/// The right to make one call; handed back with its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// In which of the circuit's phases it was given: the outcome of a call from an earlier phase
    /// says nothing about this one.
    phase: u64,
    /// Tells the trial calls of one phase apart.
    call: u64,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may; its outcome must be recorded with this permit.
    Allowed(Permit),
    /// It may not.
    Refused {
        /// After how long it is worth asking again.
        retry_in: Duration,
    },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The endpoint answered, even if with a refusal that is about the request.
    Success,
    /// No answer, or one that says that the endpoint is unwell.
    Failure,
}

/// When a circuit opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitRule {
    /// Failures in a row that open it.
    pub failures_to_open: u32,
    /// How long an open one refuses every call.
    pub open_for: Duration,
    /// Successes that close a half-open one.
    pub successes_to_close: u32,
    /// Calls that may try a half-open one at once.
    pub trials_max: usize,
}

impl Default for CircuitRule {
    fn default() -> Self {
        Self {
            failures_to_open: FAILURES_TO_OPEN,
            open_for: OPEN_FOR,
            successes_to_close: SUCCESSES_TO_CLOSE,
            trials_max: TRIALS_MAX,
        }
    }
}

/// How long who is refused while all trials are taken should wait before asking again.
const TRIALS_TAKEN_RETRY: Duration = Duration::from_secs(1);

/// One circuit.
pub struct Circuit {
    rule: CircuitRule,
    machine: StateMachine<ConsecutiveFailures<Constant>, Witness>,
    witness: Witness,
    opened_at: Instant,
    phase: u64,
    calls: u64,
    trials: Vec<(Permit, Instant)>,
    successes: u32,
}

impl Circuit {
    /// A closed circuit.
    #[must_use]
    pub fn new(rule: CircuitRule, now: Instant) -> Self {
        let witness = Witness::default();
        let pause = backoff::constant(rule.open_for);
        let policy = failure_policy::consecutive_failures(rule.failures_to_open, pause);
        Self {
            rule,
            machine: Config::new()
                .failure_policy(policy)
                .instrument(witness.clone())
                .build(),
            witness,
            opened_at: now,
            phase: 0,
            calls: 0,
            trials: Vec::new(),
            successes: 0,
        }
    }

    /// What the circuit does now. An open one becomes half-open only when a call asks.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.witness.state()
    }

    /// Asks for a call.
    pub fn admit(&mut self, now: Instant) -> Admission {
        let before = self.state();
        if !at(now, || self.machine.is_call_permitted()) {
            let retry_in = self
                .rule
                .open_for
                .saturating_sub(now.saturating_duration_since(self.opened_at));
            return Admission::Refused { retry_in };
        }
        self.note_change(before, now);
        match self.state() {
            CircuitState::HalfOpen => self.admit_trial(now),
            CircuitState::Closed | CircuitState::Open => Admission::Allowed(self.permit()),
        }
    }

    fn admit_trial(&mut self, now: Instant) -> Admission {
        self.trials
            .retain(|(_, began)| now.saturating_duration_since(*began) < TRIAL_FORGOTTEN_AFTER);
        if self.trials.len() >= self.rule.trials_max {
            return Admission::Refused {
                retry_in: TRIALS_TAKEN_RETRY,
            };
        }
        let permit = self.permit();
        self.trials.push((permit, now));
        Admission::Allowed(permit)
    }

    /// Hands a permit back.
    pub fn record(&mut self, permit: Permit, outcome: CallOutcome, now: Instant) {
        if permit.phase != self.phase {
            return;
        }
        self.trials.retain(|(trial, _)| *trial != permit);
        let before = self.state();
        match outcome {
            CallOutcome::Failure => at(now, || self.machine.on_error()),
            CallOutcome::Success if self.enough_successes(before) => at(now, || self.machine.on_success()),
            CallOutcome::Success => {}
        }
        self.note_change(before, now);
    }

    /// `failsafe` closes at the first success while half-open, so it hears only of the one that
    /// completes the number.
    fn enough_successes(&mut self, state: CircuitState) -> bool {
        if state != CircuitState::HalfOpen {
            return true;
        }
        self.successes += 1;
        self.successes >= self.rule.successes_to_close
    }

    fn permit(&mut self) -> Permit {
        self.calls += 1;
        Permit {
            phase: self.phase,
            call: self.calls,
        }
    }

    fn note_change(&mut self, before: CircuitState, now: Instant) {
        let after = self.state();
        if before == after {
            return;
        }
        self.phase += 1;
        self.trials.clear();
        self.successes = 0;
        if after == CircuitState::Open {
            self.opened_at = now;
        }
    }
}

/// Runs a call into `failsafe` at the time that was passed in.
fn at<T>(now: Instant, call: impl FnOnce() -> T) -> T {
    clock::freeze(|mock| {
        mock.advance(now.saturating_duration_since(mock.now()));
        call()
    })
}

/// Sees `failsafe` change its state, which it shows in no other way.
#[derive(Clone, Debug, Default)]
struct Witness(Arc<AtomicU8>);

impl Witness {
    fn state(&self) -> CircuitState {
        match self.0.load(Ordering::Relaxed) {
            0 => CircuitState::Closed,
            1 => CircuitState::Open,
            _ => CircuitState::HalfOpen,
        }
    }

    fn set(&self, state: CircuitState) {
        self.0.store(state as u8, Ordering::Relaxed);
    }
}

impl Instrument for Witness {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.set(CircuitState::Open);
    }

    fn on_half_open(&self) {
        self.set(CircuitState::HalfOpen);
    }

    fn on_closed(&self) {
        self.set(CircuitState::Closed);
    }
}

#[cfg(test)]
mod tests;
