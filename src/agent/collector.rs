//! Owns the instruments. Receives `Measure` from the sampler, answers with what it found. Runs on a thread
//! of its own, since asking the system blocks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, Handler, Message, SyncArbiter, SyncContext};

use super::collect::{Instruments, Measurement};

/// Look at the machine now.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Box<Measurement>, MeasureError>")]
pub struct Measure;

/// Why there is no measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// A collector panicked; the instruments are being set up again.
    #[error("a collector panicked")]
    Panicked,
}

/// Asks the system.
pub struct Collector {
    instruments: Instruments,
}

impl Collector {
    /// Starts the actor on a thread of its own; its first look is what use and rates are counted from.
    #[must_use]
    pub fn start() -> Addr<Self> {
        SyncArbiter::start(1, || Self {
            instruments: Instruments::new(Instant::now()),
        })
    }
}

impl Actor for Collector {
    // No bound can be set on such a mailbox; it needs none, since the sampler waits for each answer.
    type Context = SyncContext<Self>;
}

impl Handler<Measure> for Collector {
    type Result = Result<Box<Measurement>, MeasureError>;

    fn handle(&mut self, _: Measure, ctx: &mut Self::Context) -> Self::Result {
        let measure = AssertUnwindSafe(|| self.instruments.measure(Instant::now()));
        catch_unwind(measure).map(Box::new).map_err(|_| {
            tracing::error!("a collector panicked; the instruments are set up again");
            // The context makes a new actor at once.
            ctx.stop();
            MeasureError::Panicked
        })
    }
}
