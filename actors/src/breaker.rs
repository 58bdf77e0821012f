//! Owns the circuit of one outside endpoint. Receives `Admit` before each call and `RecordOutcome`
//! after it; emits `BreakerChanged` to whoever was named at the start.

pub mod circuit;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, Addr, Context, Handler, Message, Recipient, Supervised};

use self::circuit::Circuit;
pub use self::circuit::{Admission, CallOutcome, CircuitRule, CircuitState, Permit};
use crate::limits::BREAKER_MAILBOX;
use crate::supervision::ActorName;
use crate::supervision::keeper::keep;

/// May a call be made now?
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Admission")]
pub struct Admit;

/// How an admitted call ended.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct RecordOutcome {
    /// What admitted the call.
    pub permit: Permit,
    /// How it ended.
    pub outcome: CallOutcome,
}

/// A circuit has changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct BreakerChanged {
    /// Which endpoint it guards.
    pub endpoint: Arc<str>,
    /// What it does with calls from now on.
    pub state: CircuitState,
}

/// Guards one outside endpoint.
pub struct Breaker {
    endpoint: Arc<str>,
    rule: CircuitRule,
    circuit: Circuit,
    listener: Option<Recipient<BreakerChanged>>,
}

impl Breaker {
    /// Starts a supervised breaker of that endpoint in the current arbiter.
    #[must_use]
    pub fn start_for(endpoint: &str, listener: Option<Recipient<BreakerChanged>>) -> Addr<Self> {
        Self::start_with(endpoint, CircuitRule::default(), listener)
    }

    /// As [`Breaker::start_for`], with a rule of its own.
    #[must_use]
    pub fn start_with(
        endpoint: &str,
        rule: CircuitRule,
        listener: Option<Recipient<BreakerChanged>>,
    ) -> Addr<Self> {
        let endpoint: Arc<str> = endpoint.into();
        let name = ActorName::Breaker(Arc::clone(&endpoint));
        let breaker = Self {
            endpoint,
            rule,
            circuit: Circuit::new(rule, now()),
            listener,
        };
        keep(name, None, breaker)
    }

    /// Runs the core and tells of a change. A core that panicked stops the actor; its keeper
    /// starts it again with a fresh circuit.
    fn shielded<T>(&mut self, ctx: &mut Context<Self>, core: impl FnOnce(&mut Circuit) -> T) -> Option<T> {
        let before = self.circuit.state();
        let done = catch_unwind(AssertUnwindSafe(|| core(&mut self.circuit))).ok();
        if done.is_none() {
            tracing::error!(endpoint = %self.endpoint, "a breaker panicked; it starts again, closed");
            ctx.stop();
        } else if self.circuit.state() != before {
            self.announce();
        }
        done
    }

    fn announce(&self) {
        let state = self.circuit.state();
        tracing::info!(endpoint = %self.endpoint, ?state, "the circuit changed");
        let Some(listener) = &self.listener else { return };
        let changed = BreakerChanged {
            endpoint: Arc::clone(&self.endpoint),
            state,
        };
        if listener.try_send(changed).is_err() {
            tracing::warn!(endpoint = %self.endpoint, "nobody took the news of the circuit's change");
        }
    }
}

/// The runtime's clock, which tests can pause; it never steps back.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Actor for Breaker {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(BREAKER_MAILBOX);
    }
}

impl Supervised for Breaker {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.circuit = Circuit::new(self.rule, now());
    }
}

impl Handler<Admit> for Breaker {
    type Result = actix::MessageResult<Admit>;

    fn handle(&mut self, _: Admit, ctx: &mut Self::Context) -> Self::Result {
        let admission = self.shielded(ctx, |circuit| circuit.admit(now()));
        actix::MessageResult(admission.unwrap_or(Admission::Refused {
            retry_in: Duration::from_secs(1).min(self.rule.open_for),
        }))
    }
}

impl Handler<RecordOutcome> for Breaker {
    type Result = ();

    fn handle(&mut self, msg: RecordOutcome, ctx: &mut Self::Context) {
        self.shielded(ctx, |circuit| circuit.record(msg.permit, msg.outcome, now()));
    }
}

#[cfg(test)]
mod tests {
    use super::circuit::OPEN_FOR;
    use super::*;

    async fn call(breaker: &Addr<Breaker>, outcome: CallOutcome) -> Option<Duration> {
        match breaker.send(Admit).await.unwrap() {
            Admission::Allowed(permit) => {
                breaker.send(RecordOutcome { permit, outcome }).await.unwrap();
                None
            }
            Admission::Refused { retry_in } => Some(retry_in),
        }
    }

    #[derive(Default)]
    struct Listener(Vec<CircuitState>);

    impl Actor for Listener {
        type Context = Context<Self>;
    }

    impl Handler<BreakerChanged> for Listener {
        type Result = ();

        fn handle(&mut self, msg: BreakerChanged, _: &mut Self::Context) {
            assert_eq!(&*msg.endpoint, "hook.example");
            self.0.push(msg.state);
        }
    }

    #[derive(Message)]
    #[rtype(result = "Vec<u8>")]
    struct Heard;

    impl Handler<Heard> for Listener {
        type Result = Vec<u8>;

        fn handle(&mut self, _: Heard, _: &mut Self::Context) -> Vec<u8> {
            self.0.iter().map(|state| *state as u8).collect()
        }
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Panic;

    impl Handler<Panic> for Breaker {
        type Result = ();

        fn handle(&mut self, _: Panic, ctx: &mut Self::Context) {
            self.shielded(ctx, |_| panic!("on purpose"));
        }
    }

    #[actix::test]
    async fn begins_closed_and_answers_after_a_panic() {
        let breaker = Breaker::start_for("hook.example", None);
        for _ in 0..5 {
            call(&breaker, CallOutcome::Failure).await;
        }
        assert!(call(&breaker, CallOutcome::Success).await.is_some());
        breaker.send(Panic).await.unwrap();
        assert_eq!(call(&breaker, CallOutcome::Success).await, None);
    }

    #[actix::test]
    async fn opens_refuses_recovers_and_tells_of_each_change() {
        tokio::time::pause();
        let listener = Listener::default().start();
        let breaker = Breaker::start_for("hook.example", Some(listener.clone().recipient()));
        for _ in 0..5 {
            assert_eq!(call(&breaker, CallOutcome::Failure).await, None);
        }
        assert!(call(&breaker, CallOutcome::Success).await.is_some());
        tokio::time::advance(OPEN_FOR + Duration::from_secs(1)).await;
        for _ in 0..2 {
            assert_eq!(call(&breaker, CallOutcome::Success).await, None);
        }
        let heard = listener.send(Heard).await.unwrap();
        let expected = [CircuitState::Open, CircuitState::HalfOpen, CircuitState::Closed];
        assert_eq!(heard, expected.map(|state| state as u8));
    }
}
