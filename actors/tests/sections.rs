//! Sections through the whole fleet: panics, crossing writes, and the bound on how many.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod test_fleet;

use atlas_actors::clock::Timestamp;
use atlas_actors::limits::SECTIONS_PER_MACHINE_MAX;
use atlas_actors::messages::ActorName;
use atlas_actors::model::{Report, Section, SectionName};
use bytes::Bytes;
use futures_util::future::join_all;
use test_fleet::{TestFleet, machine, report};

fn with_section(seq: u64, name: &str, second: i64) -> Report {
    Report {
        sections: vec![Section {
            name: SectionName::parse(name).unwrap(),
            taken_at: Timestamp::from_secs(1_760_000_000 + second),
            body: Bytes::from(second.to_string()),
        }],
        ..report("m1", seq)
    }
}

#[actix_rt::test]
async fn a_section_that_makes_its_core_panic_is_set_aside_and_its_report_counts() {
    let test = TestFleet::start().await;
    test.panic_in(&[(ActorName::Sections, 1)]);
    test.fleet.record(with_section(1, "software", 1)).await.unwrap();
    let kept = test.quarantined(&ActorName::Sections).await;
    assert!(kept.message.contains("software"), "{}", kept.message);
    assert!(test.fleet.sections(machine("m1")).await.unwrap().is_empty());
    test.fleet.record(with_section(2, "software", 2)).await.unwrap();
    assert_eq!(test.fleet.sections(machine("m1")).await.unwrap().len(), 1);
}

#[actix_rt::test]
async fn the_newest_wins_however_the_reports_cross() {
    let test = TestFleet::start().await;
    let reports = (1_u8..=4).map(|n| test.fleet.record(with_section(n.into(), "software", n.into())));
    let kept = join_all(reports).await;
    // One that came too late to be told apart is sent again, like any report that got no 200.
    for (n, recorded) in (1_u8..).zip(kept) {
        if recorded.is_err() {
            test.fleet
                .record(with_section(n.into(), "software", n.into()))
                .await
                .unwrap();
        }
    }
    let name = SectionName::parse("software").unwrap();
    let section = test.fleet.section(machine("m1"), name).await.unwrap().unwrap();
    assert_eq!(section.body, "4");
}

#[actix_rt::test]
async fn a_machine_has_so_many_sections_and_no_more() {
    let test = TestFleet::start().await;
    for n in 0..=SECTIONS_PER_MACHINE_MAX {
        let name = format!("s_{}", "x".repeat(n % 26 + 1)) + if n >= 26 { "y" } else { "" };
        let seq = u64::try_from(n).unwrap() + 1;
        test.fleet.record(with_section(seq, &name, 1)).await.unwrap();
    }
    let kept = test.fleet.sections(machine("m1")).await.unwrap();
    assert_eq!(kept.len(), SECTIONS_PER_MACHINE_MAX);
}
