//! Owns the read model of the whole fleet. Receives `MachineChanged`, `MachineForgotten`, `PublishView`;
//! publishes an immutable [`FleetView`] and, for live pages, one [`Frame`] of changes each period.
//! Who reads asks nobody: it loads the published view.

pub mod filter;
pub mod outages;
pub mod snapshot;
pub mod view;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, Supervised};
use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::broadcast;

use crate::clock::{Clock, Timestamp};
use crate::limits::{FRAMES_KEPT, PUBLISH_PERIOD, ROSTER_MAILBOX};
use crate::messages::{Frame, MachineChanged, MachineForgotten, PublishView};
use crate::model::MachineId;
use crate::supervision::{ActorName, Restarts, Safety, shielded};

pub use outages::Outage;
pub use snapshot::MachineSnapshot;
pub use view::{FleetView, Row, Totals};

/// How the roster's rows and frames look to viewers. The edge knows; the fleet only asks once for
/// each change.
pub trait ViewEncoder: Send + Sync + 'static {
    /// One machine as the live page shows it.
    fn card(&self, machine: &MachineSnapshot) -> Bytes;
    /// What changed since the revision before.
    fn delta(&self, revision: u64, now: Timestamp, changes: &Changes<'_>) -> Bytes;
}

/// What changed in one period.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// The cards of the machines that changed.
    pub changed: &'a [Bytes],
    /// The machines that are gone.
    pub removed: &'a [MachineId],
    /// The outages that go on, when they are others than before.
    pub outages: Option<&'a [Outage]>,
}

/// Where the roster publishes.
#[derive(Clone)]
pub struct Published {
    /// The newest view.
    pub view: Arc<ArcSwap<FleetView>>,
    /// The frames as they come.
    pub frames: broadcast::Sender<Frame>,
}

/// The read model's owner.
pub struct Roster {
    published: Published,
    encoder: Arc<dyn ViewEncoder>,
    clock: Arc<dyn Clock>,
    safety: Safety,
    restarts: Restarts,
    rows: BTreeMap<MachineId, Arc<Row>>,
    changed: BTreeMap<MachineId, Arc<MachineSnapshot>>,
    removed: BTreeSet<MachineId>,
    frames: VecDeque<Frame>,
    outages: Vec<Outage>,
    revision: u64,
}

impl Roster {
    /// A roster that publishes there.
    #[must_use]
    pub fn new(
        published: Published,
        encoder: Arc<dyn ViewEncoder>,
        clock: Arc<dyn Clock>,
        safety: Safety,
    ) -> Self {
        Self {
            published,
            encoder,
            clock,
            safety,
            restarts: Restarts::default(),
            rows: BTreeMap::new(),
            changed: BTreeMap::new(),
            removed: BTreeSet::new(),
            frames: VecDeque::new(),
            outages: Vec::new(),
            revision: 0,
        }
    }

    /// Takes in what changed and publishes it. Nothing changed, nothing published.
    fn publish(&mut self) {
        if self.changed.is_empty() && self.removed.is_empty() {
            return;
        }
        self.revision += 1;
        let mut cards = Vec::with_capacity(self.changed.len());
        for (id, snapshot) in std::mem::take(&mut self.changed) {
            let card = self.encoder.card(&snapshot);
            cards.push(card.clone());
            self.rows.insert(id, Arc::new(Row { snapshot, card }));
        }
        let removed: Vec<_> = std::mem::take(&mut self.removed).into_iter().collect();
        for id in &removed {
            self.rows.remove(id);
        }
        let rows: Vec<_> = self.rows.values().cloned().collect();
        let outages = outages::outages(&rows);
        let are_new = outages != self.outages;
        let changes = Changes {
            changed: &cards,
            removed: &removed,
            outages: are_new.then_some(&*outages),
        };
        let bytes = self.encoder.delta(self.revision, self.clock.now(), &changes);
        self.outages = outages.clone();
        self.keep_frame(Frame {
            revision: self.revision,
            bytes,
        });
        let view = FleetView::new(self.revision, rows, outages, self.frames.clone());
        self.published.view.store(Arc::new(view));
        if let Some(frame) = self.frames.back() {
            // No viewer is no error.
            let _ = self.published.frames.send(frame.clone());
        }
    }

    fn publish_shielded(&mut self, ctx: &mut Context<Self>) {
        let safety = self.safety.clone();
        // The period is the message; a panic has restarted the actor.
        let _ = shielded(&safety, ctx, || ActorName::Roster, &"publish", || self.publish());
    }

    fn keep_frame(&mut self, frame: Frame) {
        if self.frames.len() >= FRAMES_KEPT {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
    }
}

impl Handler<PublishView> for Roster {
    type Result = ();

    fn handle(&mut self, _: PublishView, ctx: &mut Context<Self>) {
        self.publish_shielded(ctx);
    }
}

impl Actor for Roster {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(ROSTER_MAILBOX);
        ctx.run_interval(PUBLISH_PERIOD, Self::publish_shielded);
    }
}

impl Supervised for Roster {
    /// The rows are the machines' own; the last published view has all that was not in the message
    /// that caused the panic, and every machine tells again with its next report.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.changed.clear();
        self.removed.clear();
        let view = self.published.view.load();
        self.rows = view
            .rows()
            .iter()
            .map(|row| (row.snapshot.id.clone(), Arc::clone(row)))
            .collect();
        if self.restarts.note(self.clock.now()) {
            self.safety.give_up(&ActorName::Roster);
        }
    }
}

impl Handler<MachineChanged> for Roster {
    type Result = ();

    fn handle(&mut self, MachineChanged(snapshot): MachineChanged, ctx: &mut Context<Self>) {
        let safety = self.safety.clone();
        let id = snapshot.id.clone();
        // A panic has restarted the actor; nobody waits for an answer.
        let _ = shielded(
            &safety,
            ctx,
            || ActorName::Roster,
            &id,
            || {
                self.removed.remove(&id);
                self.changed.insert(id.clone(), snapshot);
            },
        );
    }
}

impl Handler<MachineForgotten> for Roster {
    type Result = ();

    fn handle(&mut self, MachineForgotten(id): MachineForgotten, _: &mut Context<Self>) {
        self.changed.remove(&id);
        self.removed.insert(id);
        // The answer to "forget it" must already be true for who reads next.
        self.publish();
    }
}
