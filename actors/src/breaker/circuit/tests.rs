//! Owns the table of all transitions of a circuit, walked with a clock that is passed in.

use super::*;
use CallOutcome::{Failure, Success};
use CircuitState::{Closed, HalfOpen, Open};

/// What happens to the circuit in one row of the table.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call is asked for and allowed; it stays out.
    Begins,
    /// A call is asked for and refused.
    Refused,
    /// The oldest call that is out ends like this.
    Ends(CallOutcome),
    /// So many calls are asked for and end at once.
    Calls(u32, CallOutcome),
    /// So many seconds pass.
    Passes(u64),
}
use Step::{Begins, Calls, Ends, Passes, Refused};

fn walk(steps: &[(Step, CircuitState)]) {
    let mut now = Instant::now();
    let mut circuit = Circuit::new(CircuitRule::default(), now);
    let mut out = Vec::new();
    for (row, (step, expected)) in steps.iter().enumerate() {
        match *step {
            Begins => out.push(begin(&mut circuit, now)),
            Refused => assert!(
                matches!(circuit.admit(now), Admission::Refused { .. }),
                "row {row}"
            ),
            Ends(outcome) => circuit.record(out.remove(0), outcome, now),
            Calls(count, outcome) => {
                for _ in 0..count {
                    let permit = begin(&mut circuit, now);
                    circuit.record(permit, outcome, now);
                }
            }
            Passes(seconds) => now += Duration::from_secs(seconds),
        }
        assert_eq!(circuit.state(), *expected, "row {row}: {step:?}");
    }
}

fn begin(circuit: &mut Circuit, now: Instant) -> Permit {
    match circuit.admit(now) {
        Admission::Allowed(permit) => permit,
        Admission::Refused { .. } => panic!("refused"),
    }
}

#[test]
fn five_failures_in_a_row_open_it() {
    walk(&[
        (Calls(4, Failure), Closed),
        (Calls(1, Success), Closed),
        (Calls(4, Failure), Closed),
        (Calls(1, Failure), Open),
        (Refused, Open),
    ]);
}

#[test]
fn stays_open_for_a_minute_and_then_lets_three_calls_try() {
    walk(&[
        (Calls(5, Failure), Open),
        (Passes(58), Open),
        (Refused, Open),
        (Passes(3), Open),
        (Begins, HalfOpen),
        (Begins, HalfOpen),
        (Begins, HalfOpen),
        (Refused, HalfOpen),
        (Ends(Success), HalfOpen),
        (Begins, HalfOpen),
        (Refused, HalfOpen),
    ]);
}

#[test]
fn closes_at_the_second_success_and_not_at_the_first() {
    walk(&[
        (Calls(5, Failure), Open),
        (Passes(61), Open),
        (Calls(1, Success), HalfOpen),
        (Calls(1, Success), Closed),
        (Calls(4, Failure), Closed),
        (Calls(1, Failure), Open),
    ]);
}

#[test]
fn one_failure_while_half_open_opens_it_for_another_minute() {
    walk(&[
        (Calls(5, Failure), Open),
        (Passes(61), Open),
        (Calls(1, Success), HalfOpen),
        (Calls(1, Failure), Open),
        (Passes(58), Open),
        (Refused, Open),
        (Passes(3), Open),
        (Calls(2, Success), Closed),
    ]);
}

#[test]
fn the_outcome_of_a_call_from_an_earlier_phase_says_nothing() {
    walk(&[
        (Begins, Closed),
        (Begins, Closed),
        (Calls(5, Failure), Open),
        (Passes(61), Open),
        (Calls(1, Success), HalfOpen),
        (Ends(Success), HalfOpen),
        (Ends(Failure), HalfOpen),
        (Calls(1, Success), Closed),
    ]);
}

#[test]
fn a_success_that_comes_late_does_not_soften_an_open_circuit() {
    walk(&[
        (Begins, Closed),
        (Calls(5, Failure), Open),
        (Ends(Success), Open),
        (Refused, Open),
    ]);
}

#[test]
fn forgets_trials_that_never_tell_their_outcome() {
    walk(&[
        (Calls(5, Failure), Open),
        (Passes(61), Open),
        (Begins, HalfOpen),
        (Begins, HalfOpen),
        (Begins, HalfOpen),
        (Refused, HalfOpen),
        (Passes(61), HalfOpen),
        (Calls(2, Success), Closed),
    ]);
}

#[test]
fn says_when_to_ask_again() {
    let now = Instant::now();
    let mut circuit = Circuit::new(CircuitRule::default(), now);
    for _ in 0..FAILURES_TO_OPEN {
        let permit = begin(&mut circuit, now);
        circuit.record(permit, Failure, now);
    }
    let asked = now + Duration::from_secs(20);
    assert_eq!(
        circuit.admit(asked),
        Admission::Refused {
            retry_in: Duration::from_secs(40)
        }
    );
}

#[test]
fn keeps_a_rule_of_its_own() {
    let mut now = Instant::now();
    let rule = CircuitRule {
        failures_to_open: 2,
        open_for: Duration::from_secs(5),
        successes_to_close: 1,
        trials_max: 1,
    };
    let mut circuit = Circuit::new(rule, now);
    for _ in 0..2 {
        let permit = begin(&mut circuit, now);
        circuit.record(permit, Failure, now);
    }
    assert_eq!(circuit.state(), Open);
    now += Duration::from_secs(6);
    let permit = begin(&mut circuit, now);
    assert!(
        matches!(circuit.admit(now), Admission::Refused { .. }),
        "one at a time"
    );
    circuit.record(permit, Success, now);
    assert_eq!(circuit.state(), Closed);
}
