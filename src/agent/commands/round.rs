//! One round: tells what has ended, fetches the next command, carries it out, and so on until nothing
//! waits. Owns the ledger meanwhile.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use actix::Addr;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::command_queue::command::CommandState;
use tokio::sync::watch;

use super::exchange::{Exchange, Said};
use super::judge::{Bench, Clocks, Refusal};
use super::ledger::{End, Entry, Ledger};
use super::perform::{self, Means};
use super::policy::Policy;
use crate::agent::nudge::Bells;
use crate::agent::uplink::Uplink;
use crate::agent::uplink::answer::Step;
use crate::wire::agent_commands::{
    COMMANDS_ROUTE, DeliveredCommand, FetchV2, FetchedV2, HeardV2, OUTPUT_PIECE_BYTES_MAX, OutputPiece,
    RESULTS_ROUTE, ResultV2,
};
use crate::wire::base64::Base64Bytes;
use crate::wire::enrolment::identity::AgentIdentity;
use crate::wire::signed_command::{CommandPayload, KeyRing};

/// How often the server hears of a command that goes on.
const PROGRESS_PERIOD: Duration = Duration::from_secs(1);
/// The same after it could not be reached.
const PROGRESS_PAUSE: Duration = Duration::from_secs(10);
/// Commands of one round. Reason: the policy is read again then.
const COMMANDS_MAX: usize = 50;

/// A round and what it works with.
pub(super) struct Round {
    pub(super) ledger: Ledger,
    pub(super) exchange: Exchange,
    pub(super) identity: AgentIdentity,
    pub(super) policy: Policy,
    pub(super) bells: Bells,
    pub(super) uplink: Addr<Uplink>,
    pub(super) restart: Option<watch::Sender<bool>>,
}

/// What comes after a round.
pub(super) enum Next {
    /// Nothing waits.
    Rest,
    /// Another round, later.
    Again {
        /// Not before.
        after: Option<Duration>,
        /// Why.
        sentence: String,
    },
    /// The agent ends: no further round.
    End,
}

impl Round {
    /// Runs it.
    pub(super) async fn run(mut self) -> (Self, Next) {
        let next = match self.work().await {
            Ok(next) => next,
            Err(Step::Revoked(_)) => Next::End,
            Err(Step::Retry { after, sentence }) => Next::Again { after, sentence },
            Err(step) => Next::Again {
                after: Some(Duration::from_secs(60)),
                sentence: format!("the server does not take this agent's questions now ({step:?})"),
            },
        };
        (self, next)
    }

    async fn work(&mut self) -> Result<Next, Step> {
        for _ in 0..COMMANDS_MAX {
            self.tell_ends().await?;
            let question = FetchV2 {
                needs_keys: self.identity.command_keys.is_empty() && self.ledger.command_keys().is_empty(),
            };
            let said: Said<FetchedV2> = self.exchange.ask(COMMANDS_ROUTE, &question).await?;
            self.learn_keys(&said.answer)?;
            let is_idle = said.answer.commands.is_empty() && said.answer.cancelled.is_empty();
            self.note_cancelled(&said.answer.cancelled)?;
            for delivered in &said.answer.commands {
                if self.take(delivered, said.at).await? {
                    return Ok(Next::End);
                }
            }
            if is_idle {
                return Ok(Next::Rest);
            }
        }
        Ok(Next::Again {
            after: None,
            sentence: "there are more than one round takes".to_owned(),
        })
    }

    /// An agent that was enrolled before there were commands learns its server's key, once.
    fn learn_keys(&mut self, fetched: &FetchedV2) -> Result<(), Step> {
        let Some(keys) = &fetched.keys else {
            return Ok(());
        };
        if !self.identity.command_keys.is_empty() {
            return Ok(());
        }
        match keys.verify(self.identity.server_id, self.identity.agent_id) {
            Ok(keys) => self.ledger.learn_keys(keys).map_err(|error| of_disk(&error)),
            Err(error) => {
                tracing::error!(%error, "security: keys for commands are not taken");
                Ok(())
            }
        }
    }

    fn keys(&self) -> KeyRing {
        let server = match self.identity.command_keys.as_slice() {
            [] => self.ledger.command_keys(),
            pinned => pinned,
        };
        let operators = [self.policy.operators(), &self.identity.operator_keys].concat();
        KeyRing::new(server, &operators)
    }

    /// What was called off before it began ends here.
    fn note_cancelled(&mut self, ids: &[String]) -> Result<(), Step> {
        for id in ids
            .iter()
            .filter(|id| !self.ledger.knows(id))
            .cloned()
            .collect::<Vec<_>>()
        {
            let end = End::new(
                CommandState::Cancelled,
                "cancelled",
                "It was called off before it began.",
            );
            self.ledger.end(&id, None, end).map_err(|error| of_disk(&error))?;
        }
        Ok(())
    }

    /// Takes a command: judges it, and carries it out. True when the agent is to end.
    async fn take(&mut self, delivered: &DeliveredCommand, server_time: Timestamp) -> Result<bool, Step> {
        let named = CommandPayload::from_bytes(&delivered.command.p.0).ok();
        let id = named.as_ref().map(|payload| payload.command_id.to_string());
        if id.as_ref().is_some_and(|id| self.ledger.knows(id)) {
            // It came once more; its end is told with the next round.
            return Ok(false);
        }
        let bench = Bench {
            agent_id: self.identity.agent_id,
            keys: &self.keys(),
            policy: &self.policy,
            highest_seq: self.ledger.highest_seq(),
            clocks: Clocks {
                own: SystemClock.now(),
                server: server_time,
            },
        };
        match bench.judge(delivered) {
            Ok(payload) => self.carry_out(&payload, delivered).await,
            Err(refusal) => {
                tracing::warn!(code = refusal.code, "a command is refused: {}", refusal.message);
                self.note_refusal(named, refusal)?;
                Ok(false)
            }
        }
    }

    fn note_refusal(&mut self, named: Option<CommandPayload>, refusal: Refusal) -> Result<(), Step> {
        let Some(payload) = named else {
            return Ok(());
        };
        let seq = refusal.uses_up.then_some(payload.seq);
        let end = End::new(refusal.state, refusal.code, refusal.message);
        let id = payload.command_id.to_string();
        self.ledger.end(&id, seq, end).map_err(|error| of_disk(&error))
    }

    async fn carry_out(
        &mut self,
        payload: &CommandPayload,
        delivered: &DeliveredCommand,
    ) -> Result<bool, Step> {
        let id = payload.command_id.to_string();
        // On disk before anything is done: whatever happens now, this command never begins again.
        self.ledger
            .begin(&id, payload.seq)
            .map_err(|error| of_disk(&error))?;
        tracing::info!(command = %id, action = payload.action.name(), by = %payload.issued_by, "a command begins");
        let means = Means {
            id: &id,
            machine_id: &self.identity.machine_id,
            script: delivered.script.as_ref().map(|script| script.0.as_slice()),
            output: self.ledger.output(&id),
            work_folder: self.ledger.work_folder(&id),
            policy: &self.policy,
            bells: &self.bells,
            uplink: &self.uplink,
            can_restart: self.restart.is_some(),
        };
        let (cancel, cancelled) = watch::channel(false);
        let output = means.output.clone();
        // What runs a program holds its buffers: they need not travel with this round.
        let performed = Box::pin(perform::perform(&payload.action, means, cancelled));
        let end = beside(performed, &mut self.exchange, &id, &output, &cancel).await;
        tracing::info!(command = %id, state = %end.state, code = %end.code, "a command has ended");
        let is_restart = end.code.is_empty() && payload.action.name() == "restart_agent";
        self.ledger.end(&id, None, end).map_err(|error| of_disk(&error))?;
        if let (true, Some(restart)) = (is_restart, &self.restart) {
            // The end is told now if that is quick, and after the restart otherwise.
            let told = tokio::time::timeout(PROGRESS_PAUSE, tell_end(&mut self.exchange, &mut self.ledger));
            if !matches!(told.await, Ok(Ok(()))) {
                tracing::info!("the server hears of the restart after it");
            }
            restart.send_replace(true);
            return Ok(true);
        }
        Ok(false)
    }

    /// Tells all that has ended until the server has it on disk.
    async fn tell_ends(&mut self) -> Result<(), Step> {
        while self.ledger.ended().is_some() {
            tell_end(&mut self.exchange, &mut self.ledger).await?;
        }
        Ok(())
    }
}

/// Tells the first end that is not told yet.
async fn tell_end(exchange: &mut Exchange, ledger: &mut Ledger) -> Result<(), Step> {
    let Some(entry) = ledger.ended().cloned() else {
        return Ok(());
    };
    match tell(exchange, &entry, &ledger.output(&entry.id)).await {
        // The server will never take it: it knows no such command any more.
        Ok(()) => {}
        Err(Step::Refuse(sentence)) => {
            tracing::warn!(command = %entry.id, %sentence, "the server has no use for a result")
        }
        Err(step) => return Err(step),
    }
    ledger.forget(&entry.id).map_err(|error| of_disk(&error))
}

async fn tell(exchange: &mut Exchange, entry: &Entry, output: &Path) -> Result<(), Step> {
    let mut offset = 0;
    // What was written comes first: an end is the last word.
    while let Some(piece) = read_piece(output, offset) {
        let length = u32::try_from(piece.bytes.0.len()).unwrap_or(u32::MAX);
        let said: Said<HeardV2> = exchange
            .ask(RESULTS_ROUTE, &going_on(&entry.id, Some(piece)))
            .await?;
        if said.answer.is_settled {
            return Ok(());
        }
        let heard = said.answer.output_bytes;
        if heard <= offset && length > 0 {
            return Err(Step::Retry {
                after: None,
                sentence: "the server does not keep this command's output".to_owned(),
            });
        }
        offset = heard;
    }
    let end = entry
        .end
        .clone()
        .unwrap_or_else(|| End::new(CommandState::Unknown, "agent_stopped", ""));
    let result = ResultV2 {
        command_id: entry.id.clone(),
        state: end.state,
        code: end.code,
        message: end.message,
        exit_code: end.exit_code,
        is_cut: end.is_cut,
        output: None,
    };
    let said: Said<HeardV2> = exchange.ask(RESULTS_ROUTE, &result).await?;
    match said.answer.is_settled {
        true => Ok(()),
        false => Err(Step::Retry {
            after: None,
            sentence: "the server has not kept this command's end".to_owned(),
        }),
    }
}

/// Carries something out, and tells the server meanwhile how far it is.
async fn beside(
    mut performed: Pin<Box<impl Future<Output = End>>>,
    exchange: &mut Exchange,
    id: &str,
    output: &Path,
    cancel: &watch::Sender<bool>,
) -> End {
    let (mut offset, mut pause) = (0, Duration::ZERO);
    loop {
        tokio::select! {
            biased;
            end = &mut performed => return end,
            told = tell_progress(exchange, id, output, offset, pause) => match told {
                Ok(heard) => {
                    (offset, pause) = (heard.output_bytes, PROGRESS_PERIOD);
                    if heard.is_cancelled {
                        cancel.send_replace(true);
                    }
                }
                Err(_) => pause = PROGRESS_PAUSE,
            },
        }
    }
}

async fn tell_progress(
    exchange: &mut Exchange,
    id: &str,
    output: &Path,
    offset: u32,
    pause: Duration,
) -> Result<HeardV2, Step> {
    tokio::time::sleep(pause).await;
    let going_on = going_on(id, read_piece(output, offset));
    Ok(exchange.ask(RESULTS_ROUTE, &going_on).await?.answer)
}

fn going_on(id: &str, output: Option<OutputPiece>) -> ResultV2 {
    ResultV2 {
        command_id: id.to_owned(),
        state: CommandState::Started.name().to_owned(),
        code: String::new(),
        message: String::new(),
        exit_code: None,
        is_cut: false,
        output,
    }
}

/// The next piece of what was written; nothing when there is no more.
fn read_piece(path: &Path, offset: u32) -> Option<OutputPiece> {
    let mut file = std::fs::File::open(path).ok()?;
    file.seek(SeekFrom::Start(offset.into())).ok()?;
    let mut bytes = Vec::new();
    file.take(OUTPUT_PIECE_BYTES_MAX as u64)
        .read_to_end(&mut bytes)
        .ok()?;
    (!bytes.is_empty()).then_some(OutputPiece {
        offset,
        bytes: Base64Bytes(bytes),
    })
}

/// What can't be written down is not done.
fn of_disk(error: &std::io::Error) -> Step {
    Step::Retry {
        after: None,
        sentence: format!("the ledger of commands can't be written ({error})"),
    }
}
