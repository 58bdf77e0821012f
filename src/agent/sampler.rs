//! Owns the agent's beat: at each interval it has a report collected and kept, and sooner when somebody
//! looks at the machine. Receives its own timer, `ReportSoon` and `StopSampling`; emits `KeepReport` to the spool and `ReportsWait` to the uplink.

use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, SpawnHandle,
    Supervised, WrapFuture,
};
use atlas_actors::supervision::ActorName;
use atlas_actors::supervision::keeper::keep;

use super::attendance::Attendance;
use super::collect::{CollectReport, Collector};
use super::monitors::board::{Board, Gather};
use super::spool::{KeepReport, Kept, Spool};
use super::uplink::{ReportsWait, Uplink};
use crate::wire::policy_summary::PolicySummaryV1;

/// The first report comes so soon: somebody waits for it.
const FIRST_AFTER: Duration = Duration::from_millis(600);

/// What a beat is made of.
pub struct SamplerParts {
    /// Measures the system itself.
    pub collector: Addr<Collector>,
    /// Where the monitors' findings wait.
    pub board: Addr<Board>,
    /// What is to be explained of this agent's silence.
    pub attendance: Attendance,
    /// Where reports are kept.
    pub spool: Addr<Spool>,
    /// Hears that there is something to send.
    pub uplink: Addr<Uplink>,
    /// Between two reports.
    pub interval: Duration,
    /// What the machine's policy lets the server do.
    pub policy: Box<dyn Fn() -> PolicySummaryV1>,
}

/// The least time between two reports, however often somebody asks for one. Reason: measuring costs
/// something, and people see no faster.
const SOON_GAP: Duration = Duration::from_secs(5);

/// The agent's beat.
pub struct Sampler {
    parts: SamplerParts,
    due: Instant,
    /// When somebody who looks is to have a report.
    soon: Option<Instant>,
    last: Option<Instant>,
    /// The timer that waits for the next beat; none while one is under way.
    waiting: Option<SpawnHandle>,
    is_stopped: bool,
}

/// Report before the next beat: somebody looks.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ReportSoon;

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
            soon: None,
            last: None,
            waiting: None,
            is_stopped: false,
        };
        keep(ActorName::Sampler, None, sampler)
    }

    fn wait(&mut self, ctx: &mut Context<Self>) {
        let due = self.soon.map_or(self.due, |soon| soon.min(self.due));
        self.waiting = Some(ctx.run_later(due.saturating_duration_since(Instant::now()), Self::beat));
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        self.waiting = None;
        let now = Instant::now();
        self.due = next_beat(self.due, self.parts.interval, self.soon.take().is_some(), now);
        self.last = Some(now);
        let (collector, board) = (self.parts.collector.clone(), self.parts.board.clone());
        let (spool, explains) = (self.parts.spool.clone(), self.parts.attendance.take());
        let policy = (self.parts.policy)();
        let kept = async move {
            let mut report = collector.send(CollectReport).await.ok()??;
            report.explains = explains;
            // A board that is gone is being restarted: this report goes without it.
            board
                .send(Gather)
                .await
                .unwrap_or_default()
                .ride_along(&mut report);
            report.machine_info.policy = Some(policy);
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

/// Steady beats; after a sleep of the machine it does not catch up. A report that came since somebody
/// looks stands for a beat that is due within the gap.
fn next_beat(mut due: Instant, interval: Duration, was_asked: bool, now: Instant) -> Instant {
    let until = if was_asked {
        now + SOON_GAP.min(interval)
    } else {
        now
    };
    while due <= until {
        due += interval;
    }
    due
}

impl Actor for Sampler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if !self.is_stopped {
            self.wait(ctx);
        }
    }
}

impl Supervised for Sampler {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.waiting = None;
    }
}

impl Handler<ReportSoon> for Sampler {
    type Result = ();

    fn handle(&mut self, _: ReportSoon, ctx: &mut Context<Self>) {
        if self.is_stopped || self.soon.is_some() {
            return;
        }
        let now = Instant::now();
        self.soon = Some(self.last.map_or(now, |last| now.max(last + SOON_GAP)));
        // Else the report that is under way arms the timer.
        if let Some(waiting) = self.waiting.take() {
            ctx.cancel_future(waiting);
            self.wait(ctx);
        }
    }
}

impl Handler<StopSampling> for Sampler {
    type Result = ();

    fn handle(&mut self, _: StopSampling, ctx: &mut Context<Self>) {
        self.is_stopped = true;
        ctx.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_stay_steady_and_one_is_left_out_that_would_come_right_after() {
        let (began, second) = (Instant::now(), Duration::from_secs(1));
        let next = |due: u32, was_asked, now: u32| {
            let next = next_beat(began + second * due, second * 30, was_asked, began + second * now);
            (next - began).as_secs()
        };
        assert_eq!(next(30, false, 30), 60);
        assert_eq!(next(30, false, 100), 120, "the machine slept");
        assert_eq!(next(30, true, 10), 30);
        assert_eq!(next(30, true, 26), 60);
    }
}
