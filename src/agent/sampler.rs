//! Owns the agent's beat: at each interval it has a report collected and kept. Receives its own
//! timer and `StopSampling`; emits `KeepReport` to the spool and `ReportsWait` to the uplink.

use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised,
    WrapFuture,
};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;

use super::collect::{CollectReport, Collector};
use super::monitors::board::{Board, Gather};
use super::spool::{KeepReport, Kept, Spool};
use super::uplink::{ReportsWait, Uplink};

/// The first report comes so soon: somebody waits for it.
const FIRST_AFTER: Duration = Duration::from_millis(600);

/// What a beat is made of.
pub struct SamplerParts {
    /// Measures the system itself.
    pub collector: Addr<Collector>,
    /// Where the monitors' findings wait.
    pub board: Addr<Board>,
    /// Where reports are kept.
    pub spool: Addr<Spool>,
    /// Hears that there is something to send.
    pub uplink: Addr<Uplink>,
    /// Between two reports.
    pub interval: Duration,
}

/// The agent's beat.
pub struct Sampler {
    parts: SamplerParts,
    due: Instant,
    is_stopped: bool,
}

/// End the beat.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct StopSampling;

impl Sampler {
    /// Starts the beat.
    #[must_use]
    pub fn start_supervised(parts: SamplerParts) -> Addr<Self> {
        let due = Instant::now() + FIRST_AFTER;
        let sampler = Self {
            parts,
            due,
            is_stopped: false,
        };
        keep(ActorName::Sampler, None, sampler)
    }

    fn wait(&self, ctx: &mut Context<Self>) {
        ctx.run_later(self.due.saturating_duration_since(Instant::now()), Self::beat);
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        // Steady beats; after a sleep of the machine it does not catch up.
        let now = Instant::now();
        while self.due <= now {
            self.due += self.parts.interval;
        }
        let (collector, board) = (self.parts.collector.clone(), self.parts.board.clone());
        let spool = self.parts.spool.clone();
        let kept = async move {
            let mut report = collector.send(CollectReport).await.ok()??;
            // A board that is gone is being restarted: this report goes without it.
            board
                .send(Gather)
                .await
                .unwrap_or_default()
                .ride_along(&mut report);
            spool.send(KeepReport(Box::new(report))).await.ok()?.ok()
        };
        ctx.spawn(kept.into_actor(self).map(|kept, sampler, ctx| {
            match kept {
                Some(Kept::OnDisk) => {}
                Some(Kept::InMemory) => tracing::warn!("the disk takes no report: it waits in memory"),
                None => tracing::error!("a report was not collected"),
            }
            // A full mailbox means that the uplink knows already.
            let _ = sampler.parts.uplink.try_send(ReportsWait);
            sampler.wait(ctx);
        }));
    }
}

impl Actor for Sampler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if !self.is_stopped {
            self.wait(ctx);
        }
    }
}

impl Supervised for Sampler {}

impl Handler<StopSampling> for Sampler {
    type Result = ();

    fn handle(&mut self, _: StopSampling, ctx: &mut Context<Self>) {
        self.is_stopped = true;
        ctx.stop();
    }
}
