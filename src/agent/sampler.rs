//! Owns the agent's beat. At each tick it asks the collector for a measurement, makes a report of it,
//! gives that to the spool and wakes the uplink. Receives `StopSampling`; emits `KeepReport`, `ReportKept`.

pub mod beat;

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Recipient, ResponseActFuture,
    Supervised, Supervisor, WrapFuture, fut,
};
use atlas_actors::clock::{Clock, Timestamp};
use atlas_actors::model::MachineId;

use self::beat::Beat;
use super::collect::Measurement;
use super::collector::{Collector, Measure};
use super::spool::{KeepReport, Spool};
use super::uplink::ReportKept;
use crate::wire::report_v1::{AgentV1, ReportV1};

/// Messages that wait for the sampler. Reason: only the one that stops it is ever sent.
const SAMPLER_MAILBOX: usize = 4;

/// How long a measurement may take before its report is given up. Reason: a tool or a file system may
/// hang; the next beat tries again, and never two at once.
const MEASURE_LIMIT: Duration = Duration::from_secs(20);

/// Take no more reports. Answered when the one that is being taken is in the spool.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct StopSampling;

/// What a sampler needs.
pub struct SamplerSettings {
    /// Under which id the machine reports.
    pub machine_id: MachineId,
    /// When it reports.
    pub beat: Beat,
    /// Where it learns the time.
    pub clock: Arc<dyn Clock>,
    /// Who measures.
    pub collector: Addr<Collector>,
    /// Who keeps.
    pub spool: Addr<Spool>,
    /// Who sends.
    pub uplink: Recipient<ReportKept>,
}

/// Takes reports.
pub struct Sampler {
    settings: Arc<SamplerSettings>,
    busy: bool,
    stopped: bool,
}

impl Sampler {
    /// Starts a supervised sampler.
    #[must_use]
    pub fn start_with(settings: SamplerSettings) -> Addr<Self> {
        Supervisor::start(move |_| Self {
            settings: Arc::new(settings),
            busy: false,
            stopped: false,
        })
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.busy || self.stopped {
            return;
        }
        self.busy = true;
        let taken = take_report(Arc::clone(&self.settings)).into_actor(self);
        ctx.spawn(taken.map(|(), sampler, _| sampler.busy = false));
    }
}

impl Actor for Sampler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(SAMPLER_MAILBOX);
        // The report that was being taken ended with the earlier context.
        self.busy = false;
        let beat = self.settings.beat;
        ctx.run_later(beat.first, Self::beat);
        ctx.run_later(beat.first + beat.phase, move |sampler, ctx| {
            sampler.beat(ctx);
            ctx.run_interval(beat.interval, Self::beat);
        });
    }
}

impl Supervised for Sampler {}

impl Handler<StopSampling> for Sampler {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: StopSampling, _: &mut Self::Context) -> Self::Result {
        self.stopped = true;
        // Polled with the actor whenever something of it has moved on, so no waker is needed beside the
        // one of the report's own future.
        Box::pin(fut::poll_fn(|sampler: &mut Self, _, cx| {
            if sampler.busy {
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            } else {
                std::task::Poll::Ready(())
            }
        }))
    }
}

/// Measures, reports, keeps. Each failure is said here and costs one report.
async fn take_report(settings: Arc<SamplerSettings>) {
    let measured = settings.collector.send(Measure).timeout(MEASURE_LIMIT).await;
    let measurement = match measured {
        Ok(Ok(measurement)) => measurement,
        Ok(Err(error)) => return tracing::error!(%error, "this beat has no report"),
        Err(error) => return tracing::error!(%error, "this beat has no report: measuring took too long"),
    };
    let report = report(&settings, settings.clock.now(), *measurement);
    match settings.spool.send(KeepReport(Box::new(report))).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return tracing::error!(%error, "a report is lost"),
        Err(error) => return tracing::error!(%error, "a report is lost: the spool is gone"),
    }
    // Refused only when it has enough to do, and then it finds the report by itself.
    let _ = settings.uplink.try_send(ReportKept);
}

fn report(settings: &SamplerSettings, taken_at: Timestamp, measurement: Measurement) -> ReportV1 {
    new_report(&settings.machine_id, settings.beat.interval, taken_at, measurement)
}

/// A report that has no place in a spool yet.
#[must_use]
pub fn new_report(
    machine_id: &MachineId,
    interval: Duration,
    taken_at: Timestamp,
    measurement: Measurement,
) -> ReportV1 {
    let mut metrics = measurement.metrics;
    metrics.timestamp = Some(taken_at.to_string());
    ReportV1 {
        machine_id: machine_id.to_string(),
        delivery: None,
        taken_at,
        sent_at: None,
        interval_s: u32::try_from(interval.as_secs()).unwrap_or(u32::MAX),
        dropped: 0,
        agent: AgentV1::this_one(),
        machine_info: measurement.info,
        metrics,
    }
}
