//! The machine's record against the rules that agents and readers rely on.

use bytes::Bytes;

use super::*;
use crate::model::Delivery;
use crate::stored::{decode, encode};

pub(super) const NOW: i64 = 1_760_000_000;

pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

pub(super) fn report(seq: u64, taken_at: i64) -> Report {
    let mut samples = Samples::default();
    samples.set(Metric::CpuPercent, Some(12.5));
    Report {
        machine: MachineId::parse("mac-1").unwrap(),
        delivery: Some(Delivery { spool: 1, seq }),
        taken_at: Some(at(taken_at)),
        zoneless_time: None,
        sent_at: None,
        interval_s: Some(30),
        dropped: 0,
        samples,
        counters: Counters::default(),
        facts: Arc::new(Facts {
            name: "Mac One".into(),
            ..Facts::default()
        }),
        whereabouts: None,
        explains: Vec::new(),
        document: Bytes::from(format!("{{\"seq\":{seq}}}")),
        sections: Vec::new(),
    }
}

pub(super) fn record() -> MachineRecord {
    MachineRecord::new(MachineId::parse("mac-1").unwrap(), at(NOW))
}

fn accept(record: &mut MachineRecord, report: &Report, now: i64) {
    match record.decide(report, at(now)).unwrap() {
        Decision::Accept(event) => {
            let stored: MachineEvent = decode(&encode(&event)).unwrap();
            assert_eq!(stored.clone().flat(), event.flat());
            record.apply(stored);
        }
        Decision::Duplicate => panic!("taken for a repeat"),
    }
}

impl MachineEvent {
    /// Text, since unknown samples are NaN and equal nothing.
    fn flat(self) -> String {
        format!("{self:?}")
    }
}

#[test]
fn knows_a_report_that_comes_twice() {
    let mut record = record();
    accept(&mut record, &report(1, NOW), NOW);
    assert_eq!(
        record.decide(&report(1, NOW), at(NOW + 1)).unwrap(),
        Decision::Duplicate
    );
}

#[test]
fn a_late_report_fills_history_and_does_not_become_the_latest() {
    let mut record = record();
    accept(&mut record, &report(2, NOW), NOW);
    accept(&mut record, &report(1, NOW - 60), NOW + 1);
    let snapshot = record.snapshot();
    assert_eq!(snapshot.taken_at, Some(at(NOW)));
    assert_eq!(snapshot.late, 1);
    assert_eq!(record.unstored_rows().len(), 2);
}

#[test]
fn refuses_clocks_that_are_far_off_and_tells_the_time() {
    let record = record();
    let mut early = report(1, NOW);
    early.sent_at = Some(at(NOW - 365 * 86_400));
    assert!(
        matches!(record.decide(&early, at(NOW)), Err(RecordError::ClockSkew { server_time }) if server_time == at(NOW))
    );
    assert!(matches!(
        record.decide(&report(1, NOW + 301), at(NOW)),
        Err(RecordError::ClockSkew { .. })
    ));
    assert!(matches!(
        record.decide(&report(1, NOW - 31 * 86_400), at(NOW)),
        Err(RecordError::TooOld)
    ));
    assert!(record.decide(&report(1, NOW - 29 * 86_400), at(NOW)).is_ok());
}

#[test]
fn files_a_report_without_a_zone_under_its_receipt() {
    let mut record = record();
    let mut legacy = report(1, NOW);
    legacy.taken_at = None;
    legacy.zoneless_time = Some(at(NOW + 14 * 3_600));
    accept(&mut record, &legacy, NOW);
    assert_eq!(record.snapshot().taken_at, Some(at(NOW)));
    legacy.delivery = None;
    legacy.zoneless_time = Some(at(NOW - 365 * 86_400));
    assert!(matches!(
        record.decide(&legacy, at(NOW)),
        Err(RecordError::ClockSkew { .. })
    ));
}

#[test]
fn stores_facts_only_when_they_changed() {
    let mut record = record();
    accept(&mut record, &report(1, NOW), NOW);
    let Decision::Accept(MachineEvent::Reported(second)) = record.decide(&report(2, NOW), at(NOW)).unwrap()
    else {
        panic!("not accepted");
    };
    assert_eq!(second.facts, None);
}

#[test]
fn silence_makes_it_warn_and_then_go_offline() {
    let rule = PresenceRule::default();
    let mut record = record();
    accept(&mut record, &report(1, NOW), NOW);
    assert_eq!(record.judge(&rule, at(NOW + 60)).0, Presence::Online);
    assert_eq!(record.judge(&rule, at(NOW + 61)).0, Presence::Warning);
    assert_eq!(record.judge(&rule, at(NOW + 121)), (Presence::Offline, None));
    record.apply(MachineEvent::WentOffline { at: at(NOW + 121) });
    assert_eq!(record.snapshot().presence_since, at(NOW + 121));
}

#[test]
fn our_own_downtime_takes_nobody_offline() {
    let rule = PresenceRule::default();
    let mut record = record();
    accept(&mut record, &report(1, NOW), NOW);
    record.resume(at(NOW + 7_200));
    assert_eq!(record.judge(&rule, at(NOW + 7_200)).0, Presence::Warning);
    assert_eq!(record.judge(&rule, at(NOW + 7_261)).0, Presence::Warning);
    assert_eq!(record.judge(&rule, at(NOW + 7_321)).0, Presence::Offline);
}

#[test]
fn a_stored_record_comes_back_as_it_was() {
    let mut record = record();
    for n in 0_i64..300 {
        accept(
            &mut record,
            &report(u64::try_from(n).unwrap() + 1, NOW + n * 30),
            NOW + n * 30,
        );
    }
    let stored: MachineRecord = decode(&encode(&record)).unwrap();
    assert_eq!(
        format!("{:?}", stored.snapshot()),
        format!("{:?}", record.snapshot())
    );
    assert_eq!(stored.unstored_rows().len(), record.unstored_rows().len());
}

#[test]
fn refuses_more_tags_than_anyone_can_read() {
    let tags = (0..=TAGS_MAX)
        .map(|n| Tag::parse(&format!("t{n}")).unwrap())
        .collect();
    assert_eq!(record().decide_tags(tags), Err(TooManyTags));
    let twice = vec![
        Tag::parse("b").unwrap(),
        Tag::parse("a").unwrap(),
        Tag::parse("b").unwrap(),
    ];
    let MachineEvent::Tagged { tags } = record().decide_tags(twice).unwrap() else {
        panic!("no tags")
    };
    assert_eq!(tags.len(), 2);
}

/// What one report, tag or silence does, said in the plainest way there is.
#[derive(Clone, Debug)]
enum Step {
    /// A report with this number, so many seconds before now.
    Report { seq: u64, ago_s: i64 },
    /// It has been silent for too long.
    Silence,
    /// Tags by their first letters.
    Tags(Vec<u8>),
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    use proptest::prelude::*;
    let report = (1_u64..40, 0_i64..7_200).prop_map(|(seq, ago_s)| Step::Report { seq, ago_s });
    let tags = proptest::collection::vec(b'a'..=b'f', 0..5).prop_map(Step::Tags);
    proptest::collection::vec(
        prop_oneof![8 => report, 1 => Just(Step::Silence), 1 => tags],
        1..80,
    )
}

/// The record as a plain model has it.
#[derive(Default)]
struct Model {
    accepted: std::collections::BTreeSet<u64>,
    moments: Vec<i64>,
    late: u64,
    is_online: bool,
    tags: std::collections::BTreeSet<u8>,
}

impl Model {
    fn take(&mut self, seq: u64, taken_at: i64) -> bool {
        if !self.accepted.insert(seq) {
            return false;
        }
        self.late += u64::from(self.moments.iter().any(|known| *known > taken_at));
        self.moments.push(taken_at);
        self.is_online = true;
        true
    }
}

/// Does one step to both.
fn walk(record: &mut MachineRecord, model: &mut Model, step: Step, now: i64) {
    match step {
        Step::Report { seq, ago_s } => match record.decide(&report(seq, now - ago_s), at(now)).unwrap() {
            Decision::Accept(event) => {
                assert!(model.take(seq, now - ago_s), "{seq} taken twice");
                record.apply(event);
            }
            Decision::Duplicate => assert!(model.accepted.contains(&seq), "{seq} is new"),
        },
        Step::Silence => {
            record.apply(MachineEvent::WentOffline { at: at(now) });
            model.is_online = false;
        }
        Step::Tags(letters) => {
            let tags = letters
                .iter()
                .map(|letter| Tag::parse(&char::from(*letter).to_string()).unwrap());
            record.apply(record.decide_tags(tags.collect()).unwrap());
            model.tags = letters.into_iter().collect();
        }
    }
}

fn assert_same(record: &MachineRecord, model: &Model) {
    let shown = record.snapshot();
    let tags: Vec<_> = model
        .tags
        .iter()
        .map(|letter| char::from(*letter).to_string())
        .collect();
    let shown_tags: Vec<_> = shown.tags.iter().map(|tag| tag.as_str().to_owned()).collect();
    assert_eq!(record.is_known(), !model.accepted.is_empty());
    assert_eq!(
        shown.taken_at,
        model.moments.iter().max().map(|newest| at(*newest))
    );
    assert_eq!(shown.late, model.late);
    assert_eq!(shown.presence == Presence::Online, model.is_online);
    assert_eq!(shown_tags, tags);
}

proptest::proptest! {
    /// Whatever comes in whatever order, also when the record is stored and read in between.
    #[test]
    fn agrees_with_a_plain_model(steps in steps()) {
        let (mut record, mut model) = (record(), Model::default());
        for (n, step) in steps.into_iter().enumerate() {
            walk(&mut record, &mut model, step, NOW + i64::try_from(n).unwrap());
            if n % 7 == 0 {
                record = decode(&encode(&record)).unwrap();
            }
            assert_same(&record, &model);
        }
    }
}
