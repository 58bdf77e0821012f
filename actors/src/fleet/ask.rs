//! What the edge may ask of the fleet: one method for each question, each behind the admission limit
//! and with a time limit, so that an overload is told at once and grows nowhere. What is asked about
//! agents is in [`agents`], about history in [`history`], what goes over agents' channels in [`channels`],
//! about commands in [`commands`].

mod agents;
mod channels;
mod commands;
mod history;

use std::sync::Arc;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};
use arc_swap::Guard;
use tokio::sync::{SemaphorePermit, broadcast};

use super::Fleet;
use crate::auth::Credentials;
use crate::clock::Timestamp;
use crate::limits::{ASK_TIMEOUT, BACKLOG_AGE, BACKLOG_WAIT};
use crate::messages::{
    AnnounceSilence, DropAgentsOf, ForgetMachine, Frame, ListQuarantine, MachineError, QuarantinedMessage,
    RecordError, RecordReport, TagMachine,
};
use crate::model::{Gap, MachineId, Receipt, Report, Tag};
use crate::roster::FleetView;
use crate::store::PutError;

/// The fleet did not answer: too much waits already, or it took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is busy")]
pub struct Busy;

impl Fleet {
    pub(super) async fn ask<A, M>(&self, actor: &Addr<A>, msg: M) -> Result<M::Result, Busy>
    where
        A: Actor + Handler<M>,
        A::Context: ToEnvelope<A, M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let _admitted = self.admission.try_acquire().map_err(|_| Busy)?;
        actor.send(msg).timeout(ASK_TIMEOUT).await.map_err(|_| Busy)
    }

    /// The time by the fleet's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Keeps a report. Done means: it is on disk.
    ///
    /// # Errors
    /// When it was not kept.
    pub async fn record(&self, mut report: Report) -> Result<Receipt, RecordError> {
        let machine = report.machine.clone();
        let _turn = self.turn_of(&report).await?;
        let sections = std::mem::take(&mut report.sections);
        let receipt = self
            .ask(&self.registry, RecordReport(report))
            .await
            .map_err(|Busy| RecordError::Busy)??;
        // A repeat brings them again, in case that the first one got only half-way.
        self.keep_sections(machine.clone(), sections).await?;
        let commands_due = self.due.load().get(&machine).copied().unwrap_or(0);
        Ok(Receipt {
            commands_due,
            report_now: self.channels().wants_report(&machine, self.now()),
            ..receipt
        })
    }

    /// A place for a report of the past; what was measured now needs none.
    async fn turn_of(&self, report: &Report) -> Result<Option<SemaphorePermit<'_>>, RecordError> {
        let is_of_the_past = |taken_at| self.now().since(taken_at) > BACKLOG_AGE;
        if !report.taken_at.is_some_and(is_of_the_past) {
            return Ok(None);
        }
        match tokio::time::timeout(BACKLOG_WAIT, self.backlog.acquire()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            // Nobody ever closes it.
            Ok(Err(_)) | Err(_) => Err(RecordError::BacklogPaced),
        }
    }

    /// The whole fleet as of now; costs no message.
    #[must_use]
    pub fn view(&self) -> Guard<Arc<FleetView>> {
        self.published.view.load()
    }

    /// The changes to the view from now on.
    #[must_use]
    pub fn frames(&self) -> broadcast::Receiver<Frame> {
        self.published.frames.subscribe()
    }

    /// Who may speak to the server, as of now; costs no message.
    #[must_use]
    pub fn credentials(&self) -> Guard<Arc<Credentials>> {
        self.credentials.load()
    }

    /// Sets a machine's tags.
    ///
    /// # Errors
    /// When there is no such machine, or too many tags.
    pub async fn tag(&self, machine: MachineId, tags: Vec<Tag>) -> Result<Vec<Tag>, MachineError> {
        let answer = self.ask(&self.registry, TagMachine { machine, tags }).await;
        answer.map_err(|Busy| MachineError::Busy)?
    }

    /// Takes an agent's word that it falls silent. Done means: it is on disk.
    ///
    /// # Errors
    /// When there is no such machine.
    pub async fn announce(&self, told: AnnounceSilence) -> Result<(), MachineError> {
        let answer = self.ask(&self.registry, told).await;
        answer.map_err(|Busy| MachineError::Busy)?
    }

    /// The spans in which this server itself was away, oldest first.
    #[must_use]
    pub fn downtimes(&self) -> Arc<Vec<Gap>> {
        self.downtimes.load_full()
    }

    /// Drops a machine, its history, and the agents that speak for it.
    ///
    /// # Errors
    /// When there is no such machine.
    pub async fn forget(&self, machine: MachineId) -> Result<(), MachineError> {
        let dropped = self.ask(&self.auth, DropAgentsOf(machine.clone())).await;
        dropped
            .map_err(|Busy| MachineError::Busy)?
            .map_err(|error| match error {
                PutError::Store(error) => MachineError::Store(error),
                PutError::Conflict { .. } => MachineError::Busy,
            })?;
        self.drop_sections(machine.clone()).await?;
        self.ask(&self.registry, ForgetMachine(machine.clone()))
            .await
            .map_err(|Busy| MachineError::Busy)??;
        // A report that was under way may have brought some again.
        self.drop_sections(machine).await
    }

    /// The messages that made actors panic, newest first.
    ///
    /// # Errors
    /// When the quarantine does not answer.
    pub async fn quarantine(&self) -> Result<Vec<QuarantinedMessage>, Busy> {
        self.ask(&self.quarantine, ListQuarantine).await
    }
}
