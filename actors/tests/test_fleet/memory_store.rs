//! A store that forgets everything with its process, and otherwise keeps the port's promises: the
//! engines' conformance suite runs against it too. Immutable states, swapped; no lock.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::model::MachineId;
use atlas_actors::store::{
    AppendError, BlockName, Document, DocumentChanged, DocumentKind, JournalRecord, Lease, PutError,
    Revision, Store, StoreError, StoreFuture, StoredBlock, Stream, Tier, TierUse, TieredBlock, TimeRange,
    VerifyReport, Version,
};
use bytes::Bytes;
use tokio::sync::broadcast;

type Journal = (Version, Vec<JournalRecord>);
type Blocks = BTreeMap<Timestamp, StoredBlock>;

#[derive(Clone, Default)]
struct State {
    journals: BTreeMap<Stream, Journal>,
    documents: BTreeMap<(&'static str, String), Document>,
    blocks: BTreeMap<(MachineId, &'static str), Blocks>,
    leases: BTreeMap<String, Lease>,
}

/// The store. Clones share what is in it.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<ArcSwap<State>>,
    changes: broadcast::Sender<DocumentChanged>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            changes: broadcast::channel(1_024).0,
        }
    }
}

fn done<T: Send + 'static, E: Send + 'static>(answer: Result<T, E>) -> StoreFuture<T, E> {
    Box::pin(std::future::ready(answer))
}

impl MemoryStore {
    /// Changes a copy of the state and puts it in place, unless somebody else was faster: then again.
    fn change<T, E>(&self, change: impl Fn(&mut State) -> Result<T, E>) -> Result<T, E> {
        loop {
            let before = self.state.load_full();
            let mut after = State::clone(&before);
            let answer = change(&mut after)?;
            let replaced = self.state.compare_and_swap(&before, Arc::new(after));
            if Arc::ptr_eq(&replaced, &before) {
                return Ok(answer);
            }
        }
    }

    fn tell(&self, kind: DocumentKind, key: String, revision: Revision) {
        let _ = self.changes.send(DocumentChanged { kind, key, revision });
    }
}

impl Store for MemoryStore {
    fn append(
        &self,
        stream: Stream,
        expected: Version,
        records: Vec<Bytes>,
    ) -> StoreFuture<Version, AppendError> {
        done(self.change(|state| {
            let actual = state
                .journals
                .get(&stream)
                .map_or(Version(0), |journal| journal.0);
            if actual != expected {
                return Err(AppendError::Conflict { expected, actual });
            }
            if records.is_empty() {
                return Ok(actual);
            }
            let (version, kept) = state.journals.entry(stream.clone()).or_default();
            for body in &records {
                version.0 += 1;
                kept.push(JournalRecord {
                    version: *version,
                    body: body.clone(),
                });
            }
            Ok(*version)
        }))
    }

    fn read(&self, stream: Stream, after: Version) -> StoreFuture<Vec<JournalRecord>> {
        let state = self.state.load();
        let records = state.journals.get(&stream).map_or(&[][..], |journal| &journal.1);
        done(Ok(records
            .iter()
            .filter(|record| record.version > after)
            .cloned()
            .collect()))
    }

    fn read_some(&self, stream: Stream, after: Version, limit: usize) -> StoreFuture<Vec<JournalRecord>> {
        let state = self.state.load();
        let records = state.journals.get(&stream).map_or(&[][..], |journal| &journal.1);
        let later = records.iter().filter(|record| record.version > after);
        done(Ok(later.take(limit).cloned().collect()))
    }

    fn version(&self, stream: Stream) -> StoreFuture<Version> {
        done(Ok(self
            .state
            .load()
            .journals
            .get(&stream)
            .map_or(Version(0), |journal| journal.0)))
    }

    fn trim(&self, stream: Stream, up_to: Version) -> StoreFuture<()> {
        done(self.change(|state| {
            if let Some((_, kept)) = state.journals.get_mut(&stream) {
                kept.retain(|record| record.version > up_to);
            }
            Ok(())
        }))
    }

    fn streams(&self) -> StoreFuture<Vec<Stream>> {
        let names = self.state.load().journals.keys().cloned().collect();
        done(Ok(names))
    }

    fn drop_stream(&self, stream: Stream) -> StoreFuture<()> {
        done(self.change(|state| {
            state.journals.remove(&stream);
            Ok(())
        }))
    }

    fn put(
        &self,
        kind: DocumentKind,
        key: String,
        expected: Revision,
        body: Bytes,
    ) -> StoreFuture<Revision, PutError> {
        let name = (kind.name(), key);
        let put = self.change(|state| {
            let actual = state
                .documents
                .get(&name)
                .map_or(Revision(0), |document| document.revision);
            if actual != expected {
                return Err(PutError::Conflict { expected, actual });
            }
            let document = Document {
                key: name.1.clone(),
                revision: Revision(actual.0 + 1),
                body: body.clone(),
            };
            state.documents.insert(name.clone(), document);
            Ok(Revision(actual.0 + 1))
        });
        if let Ok(revision) = put {
            self.tell(kind, name.1, revision);
        }
        done(put)
    }

    fn get(&self, kind: DocumentKind, key: String) -> StoreFuture<Option<Document>> {
        done(Ok(self.state.load().documents.get(&(kind.name(), key)).cloned()))
    }

    fn list(&self, kind: DocumentKind, after: Option<String>, limit: usize) -> StoreFuture<Vec<Document>> {
        let state = self.state.load();
        let of_kind = state
            .documents
            .iter()
            .filter(|((name, _), _)| *name == kind.name());
        let later = of_kind.filter(|((_, key), _)| after.as_ref().is_none_or(|after| key > after));
        done(Ok(later
            .take(limit)
            .map(|(_, document)| document.clone())
            .collect()))
    }

    fn delete(&self, kind: DocumentKind, key: String, expected: Revision) -> StoreFuture<(), PutError> {
        let name = (kind.name(), key);
        let deleted =
            self.change(
                |state| match state.documents.get(&name).map(|document| document.revision) {
                    None => Ok(false),
                    Some(actual) if actual != expected => Err(PutError::Conflict { expected, actual }),
                    Some(_) => Ok(state.documents.remove(&name).is_some()),
                },
            );
        if let Ok(true) = deleted {
            self.tell(kind, name.1, Revision(0));
        }
        done(deleted.map(|_| ()))
    }

    fn watch(&self) -> broadcast::Receiver<DocumentChanged> {
        self.changes.subscribe()
    }

    fn put_block(&self, machine: MachineId, tier: Tier, block: StoredBlock) -> StoreFuture<()> {
        done(self.change(|state| {
            let blocks = state.blocks.entry((machine.clone(), tier.name())).or_default();
            blocks.insert(block.range.from, block.clone());
            Ok(())
        }))
    }

    fn blocks_of_tiers(
        &self,
        machine: MachineId,
        tiers: Vec<Tier>,
        range: TimeRange,
    ) -> StoreFuture<Vec<TieredBlock>> {
        let state = self.state.load();
        let mut found = Vec::new();
        for tier in tiers {
            let of_tier = state.blocks.get(&(machine.clone(), tier.name()));
            let blocks = of_tier.into_iter().flat_map(BTreeMap::values);
            let overlapping = blocks.filter(|block| block.range.overlaps(&range)).cloned();
            found.extend(overlapping.map(|block| TieredBlock { tier, block }));
        }
        done(Ok(found))
    }

    fn swap_blocks(
        &self,
        machine: MachineId,
        was: Vec<TieredBlock>,
        now: Vec<TieredBlock>,
    ) -> StoreFuture<bool> {
        let swapped = self.change(|state| {
            for TieredBlock { tier, block } in &was {
                let of_tier = state.blocks.entry((machine.clone(), tier.name())).or_default();
                if of_tier.remove(&block.range.from).as_ref() != Some(block) {
                    return Err(());
                }
            }
            for TieredBlock { tier, block } in &now {
                let of_tier = state.blocks.entry((machine.clone(), tier.name())).or_default();
                if of_tier.insert(block.range.from, block.clone()).is_some() {
                    return Err(());
                }
            }
            Ok(())
        });
        done(Ok(swapped.is_ok()))
    }

    fn blocks_ended(
        &self,
        tier: Tier,
        after: Timestamp,
        before: Timestamp,
        limit: usize,
    ) -> StoreFuture<Vec<BlockName>> {
        let state = self.state.load();
        let of_tier = state.blocks.iter().filter(|((_, name), _)| *name == tier.name());
        let names = of_tier.flat_map(|((machine, _), blocks)| {
            blocks.values().map(|block| BlockName {
                machine: machine.clone(),
                range: block.range,
            })
        });
        let mut ended: Vec<_> = names
            .filter(|name| name.range.to > after && name.range.to < before)
            .collect();
        ended.sort_by_key(|name| name.range.to);
        ended.truncate(limit);
        done(Ok(ended))
    }

    fn tier_use(&self, recent_since: Timestamp) -> StoreFuture<Vec<TierUse>> {
        let state = self.state.load();
        let used = Tier::ALL.into_iter().filter_map(|tier| {
            let of_tier = state.blocks.iter().filter(|((_, name), _)| *name == tier.name());
            let blocks: Vec<_> = of_tier.flat_map(|(_, blocks)| blocks.values()).collect();
            let bytes = |blocks: &[&StoredBlock]| blocks.iter().map(|block| block.body.len() as u64).sum();
            let mut recent = blocks.clone();
            recent.retain(|block| block.range.to >= recent_since);
            Some(TierUse {
                tier,
                blocks: blocks.len() as u64,
                bytes: bytes(&blocks),
                recent_bytes: bytes(&recent),
                oldest: blocks.iter().map(|block| block.range.from).min()?,
                newest: blocks.iter().map(|block| block.range.to).max()?,
            })
        });
        done(Ok(used.collect()))
    }

    fn end_of_oldest(&self, tier: Tier, bytes: u64) -> StoreFuture<Option<Timestamp>> {
        let state = self.state.load();
        let of_tier = state.blocks.iter().filter(|((_, name), _)| *name == tier.name());
        let mut blocks: Vec<_> = of_tier.flat_map(|(_, blocks)| blocks.values()).collect();
        blocks.sort_by_key(|block| block.range.to);
        let mut seen = 0;
        let last = blocks.iter().find(|block| {
            seen += block.body.len() as u64;
            seen >= bytes
        });
        done(Ok(last.map(|block| block.range.to)))
    }

    fn damaged_blocks_met(&self) -> u64 {
        0
    }

    fn drop_blocks_before(&self, tier: Tier, moment: Timestamp) -> StoreFuture<u64> {
        done(self.change(|state| {
            let mut dropped = 0;
            for ((_, name), blocks) in &mut state.blocks {
                let before = blocks.len();
                blocks.retain(|_, block| *name != tier.name() || block.range.to >= moment);
                dropped += (before - blocks.len()) as u64;
            }
            Ok(dropped)
        }))
    }

    fn drop_blocks_of(&self, machine: MachineId) -> StoreFuture<u64> {
        done(self.change(|state| {
            let of_machine = state.blocks.extract_if(.., |(owner, _), _| *owner == machine);
            Ok(of_machine.map(|(_, blocks)| blocks.len() as u64).sum())
        }))
    }

    fn acquire(&self, name: String, holder: String, for_how_long: Duration) -> StoreFuture<Option<Lease>> {
        done(self.change(|state| {
            let lease = Lease {
                name: name.clone(),
                holder: holder.clone(),
                fence: state.leases.get(&name).map_or(1, |lease| lease.fence + 1),
                until: SystemClock.now().plus(for_how_long),
            };
            state.leases.insert(name.clone(), lease.clone());
            Ok(Some(lease))
        }))
    }

    fn renew(&self, lease: Lease, for_how_long: Duration) -> StoreFuture<Option<Lease>> {
        let is_held = |held: &&Lease| held.fence == lease.fence && held.holder == lease.holder;
        let renewed = self.state.load().leases.get(&lease.name).filter(is_held).cloned();
        done(Ok(renewed.map(|held| Lease {
            until: SystemClock.now().plus(for_how_long),
            ..held
        })))
    }

    fn release(&self, lease: Lease) -> StoreFuture<()> {
        done(self.change(|state| {
            if let Some(held) = state
                .leases
                .get_mut(&lease.name)
                .filter(|held| held.fence == lease.fence)
            {
                held.holder.clear();
            }
            Ok(())
        }))
    }

    fn snapshot(&self, _: PathBuf) -> StoreFuture<()> {
        done(Err(StoreError::Engine("memory has no snapshots".into())))
    }

    fn verify(&self) -> StoreFuture<VerifyReport> {
        let state = self.state.load();
        let records = state
            .journals
            .values()
            .map(|journal| journal.1.len())
            .sum::<usize>();
        done(Ok(VerifyReport {
            checked: (records + state.documents.len()) as u64,
            damage: Vec::new(),
        }))
    }
}
