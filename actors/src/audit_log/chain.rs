//! Checks a whole log: that each record follows the one before, and that nothing is missing which the
//! server signed or an agent saw.

use std::collections::BTreeMap;

use super::record::{AuditHash, AuditHead, ChainedRecord, Checkpoint};

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Its bytes can't be trusted.
    #[error("can't be read")]
    Unreadable,
    /// Another record stands in its place.
    #[error("is not where it belongs")]
    Misplaced,
    /// It does not follow from the one before.
    #[error("does not follow from the record before it")]
    Unlinked,
    /// It says something else than its hash was made of.
    #[error("was changed")]
    Changed,
    /// It is not what the server signed.
    #[error("is not what the server's checkpoint says")]
    NotAsSigned,
    /// The server has not signed that checkpoint.
    #[error("has a checkpoint that the server has not signed")]
    BadSignature,
    /// It is not what an agent was shown.
    #[error("is not what an agent was shown")]
    NotAsSeen,
    /// It is gone, though the server signed it or an agent saw it.
    #[error("is missing: the log was cut off")]
    Missing,
}

/// The first record that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} {flaw}")]
pub struct BadRecord {
    /// Its number.
    pub seq: u64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// Goes over a log, record by record.
#[derive(Debug, Default)]
pub struct ChainCheck {
    head: AuditHead,
    bad: Option<BadRecord>,
    /// The hashes that somebody vouches for, as they were found.
    wanted: BTreeMap<u64, Option<AuditHash>>,
}

impl ChainCheck {
    /// A check that will also compare these heads.
    #[must_use]
    pub fn new<'h>(vouched: impl IntoIterator<Item = &'h AuditHead>) -> Self {
        Self {
            wanted: vouched.into_iter().map(|head| (head.seq, None)).collect(),
            ..Self::default()
        }
    }

    /// The next record, as it is stored; `None` = its bytes can't be trusted.
    pub fn record(&mut self, stored: Option<&ChainedRecord>) {
        let seq = self.head.seq + 1;
        let flaw = match stored {
            None => Some(Flaw::Unreadable),
            Some(chained) if chained.record.seq != seq => Some(Flaw::Misplaced),
            Some(chained) if chained.record.prev != self.head.hash => Some(Flaw::Unlinked),
            Some(chained) if chained.record.hash() != chained.hash => Some(Flaw::Changed),
            Some(_) => None,
        };
        if let Some(flaw) = flaw {
            self.bad.get_or_insert(BadRecord { seq, flaw });
        }
        let hash = stored.map_or([0; 32], |chained| chained.hash);
        self.head = AuditHead { seq, hash };
        if let Some(found) = self.wanted.get_mut(&seq) {
            *found = Some(hash);
        }
    }

    /// The end of the log: compares what the server signed and what agents saw.
    ///
    /// # Errors
    /// The first record that is wrong.
    pub fn finish(
        self,
        signed: &[Checkpoint],
        seen: &[AuditHead],
        is_signature: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Result<AuditHead, BadRecord> {
        let mut bad: Vec<_> = self.bad.into_iter().collect();
        for checkpoint in signed {
            let bytes = Checkpoint::signed_bytes(&checkpoint.head, checkpoint.at);
            if is_signature(&bytes, &checkpoint.signature) {
                bad.extend(self.compare(&checkpoint.head, Flaw::NotAsSigned));
            } else {
                bad.push(BadRecord {
                    seq: checkpoint.head.seq,
                    flaw: Flaw::BadSignature,
                });
            }
        }
        bad.extend(seen.iter().filter_map(|head| self.compare(head, Flaw::NotAsSeen)));
        // What is wrong with the chain itself comes before what others say of the same record.
        bad.sort_by_key(|bad| bad.seq);
        match bad.first() {
            Some(first) => Err(*first),
            None => Ok(self.head),
        }
    }

    fn compare(&self, head: &AuditHead, flaw: Flaw) -> Option<BadRecord> {
        if head.seq > self.head.seq {
            return Some(BadRecord {
                seq: self.head.seq + 1,
                flaw: Flaw::Missing,
            });
        }
        let found = self.wanted.get(&head.seq).copied().flatten();
        let is_same = head.seq == 0 || found == Some(head.hash);
        (!is_same).then_some(BadRecord { seq: head.seq, flaw })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_log::messages::{AuditAction, Witness};
    use crate::clock::Timestamp;

    fn log(records: u64) -> Vec<ChainedRecord> {
        let mut head = AuditHead::default();
        (1..=records)
            .map(|n| {
                let witness = Witness {
                    actor: "admin".into(),
                    address: "127.0.0.1".into(),
                    action: AuditAction::TagMachine,
                    target: format!("m{n}"),
                    result: "ok".into(),
                    request_id: n.to_string(),
                };
                let chained = ChainedRecord::after(&head, witness, Timestamp::from_secs(1_000));
                head = chained.head();
                chained
            })
            .collect()
    }

    fn check(log: &[ChainedRecord], signed: &[AuditHead], seen: &[AuditHead]) -> Result<u64, BadRecord> {
        let mut check = ChainCheck::new(signed.iter().chain(seen));
        log.iter().for_each(|record| check.record(Some(record)));
        let signed: Vec<_> = signed
            .iter()
            .map(|head| Checkpoint {
                head: *head,
                at: Timestamp::from_secs(1_000),
                signature: b"signed".to_vec(),
            })
            .collect();
        let checked = check.finish(&signed, seen, |_, signature| signature == b"signed");
        checked.map(|head| head.seq)
    }

    fn bad(seq: u64, flaw: Flaw) -> Result<u64, BadRecord> {
        Err(BadRecord { seq, flaw })
    }

    #[test]
    fn a_whole_log_is_whole() {
        let log = log(20);
        let heads = [log[4].head(), log[19].head()];
        assert_eq!(check(&log, &heads, &heads), Ok(20));
        assert_eq!(check(&[], &[], &[AuditHead::default()]), Ok(0));
    }

    #[test]
    fn every_field_that_is_changed_is_found() {
        type Change = fn(&mut crate::audit_log::record::AuditRecord);
        let changes: [Change; 7] = [
            |record| record.actor.push('x'),
            |record| record.address.clear(),
            |record| record.action = AuditAction::SignIn.name().into(),
            |record| record.target = "other".into(),
            |record| record.result = "refused".into(),
            |record| record.request_id.clear(),
            |record| record.at = Timestamp::from_secs(1_001),
        ];
        for change in changes {
            let mut log = log(20);
            change(&mut log[6].record);
            assert_eq!(check(&log, &[], &[]), bad(7, Flaw::Changed));
            // Whoever makes the record's hash anew breaks the link to the next one.
            log[6].hash = log[6].record.hash();
            assert_eq!(check(&log, &[], &[]), bad(8, Flaw::Unlinked));
        }
    }

    #[test]
    fn what_is_taken_out_or_swapped_is_found() {
        let mut shorter = log(20);
        shorter.remove(4);
        assert_eq!(check(&shorter, &[], &[]), bad(5, Flaw::Misplaced));
        let mut swapped = log(20);
        swapped.swap(9, 10);
        assert_eq!(check(&swapped, &[], &[]), bad(10, Flaw::Misplaced));
    }

    #[test]
    fn a_log_that_was_cut_off_or_made_anew_is_found_by_who_vouches_for_it() {
        let whole = log(20);
        let end = [whole[19].head()];
        assert_eq!(
            check(&whole[..12], &[], &[]),
            Ok(12),
            "nobody vouches: it looks whole"
        );
        assert_eq!(check(&whole[..12], &end, &[]), bad(13, Flaw::Missing));
        assert_eq!(check(&whole[..12], &[], &end), bad(13, Flaw::Missing));
        let mut other = whole[19].head();
        other.hash[0] ^= 1;
        assert_eq!(check(&whole, &[other], &[]), bad(20, Flaw::NotAsSigned));
        assert_eq!(check(&whole, &[], &[other]), bad(20, Flaw::NotAsSeen));
    }

    #[test]
    fn a_checkpoint_that_nobody_signed_is_found() {
        let log = log(3);
        let mut check = ChainCheck::new([&log[1].head()]);
        log.iter().for_each(|record| check.record(Some(record)));
        let forged = Checkpoint {
            head: log[1].head(),
            at: Timestamp::default(),
            signature: Vec::new(),
        };
        assert_eq!(
            check.finish(&[forged], &[], |_, _| false),
            Err(BadRecord {
                seq: 2,
                flaw: Flaw::BadSignature
            })
        );
    }

    #[test]
    fn no_two_actions_have_one_name() {
        let mut names: Vec<_> = AuditAction::ALL.iter().map(|action| action.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), AuditAction::ALL.len());
    }
}
