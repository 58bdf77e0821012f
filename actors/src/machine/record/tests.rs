//! The machine's record against the rules that agents and readers rely on.

use bytes::Bytes;

use super::*;
use crate::model::Delivery;
use crate::stored::{decode, encode};

const NOW: i64 = 1_760_000_000;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn report(seq: u64, taken_at: i64) -> Report {
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
        document: Bytes::from(format!("{{\"seq\":{seq}}}")),
    }
}

fn record() -> MachineRecord {
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
