//! Every actor is made to panic: its message is set aside with the reason, it answers again, nobody
//! else notices, and one that can't be kept alive ends the process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(unreachable_pub, dead_code, reason = "each test file uses a part of it")]
mod test_fleet;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_actors::Fleet;
use atlas_actors::clock::Timestamp;
use atlas_actors::command_queue::action::Action;
use atlas_actors::command_queue::command::{Batch, CommandId, NewCommand};
use atlas_actors::limits::{COMMAND_VALID, RESTARTS_MAX};
use atlas_actors::messages::{EnqueueBatch, IssueToken, KeepScript, ListCommands, RecordError};
use atlas_actors::model::{Metric, UserName};
use atlas_actors::roster::{Changes, MachineSnapshot, ViewEncoder};
use atlas_actors::store::TimeRange;
use atlas_actors::supervision::ActorName;
use bytes::Bytes;
use test_fleet::memory_store::MemoryStore;
use test_fleet::{TestFleet, machine, report, sign_in};

/// Makes the actor panic once with what `poke` asks, while another machine reports; then asks again.
async fn survives<T>(fleet: &TestFleet, actor: ActorName, mut poke: impl AsyncFnMut(&Fleet) -> Option<T>) {
    fleet.record("sound", 1).await;
    fleet.panic_in(&[(actor.clone(), 1)]);
    let poked = fleet.until("the panic", async |asked: &Fleet| {
        let _ = poke(asked).await;
        (fleet.panics_left() == 0).then_some(())
    });
    futures_util::future::join(poked, fleet.record("sound", 2)).await;
    let kept = fleet.quarantined(&actor).await;
    assert_eq!(kept.reason, "on purpose");
    assert!(!kept.message.is_empty());
    fleet.until("an answer after the panic", poke).await;
    assert_eq!(fleet.given_up(), 0);
}

async fn read_series(fleet: &Fleet) -> Option<()> {
    let range = TimeRange {
        from: Timestamp::default(),
        to: fleet.now(),
    };
    let series = fleet
        .series(machine("sound"), vec![Metric::CpuPercent], range, 10)
        .await;
    series.ok().map(drop)
}

async fn enqueue(fleet: &Fleet) -> Option<()> {
    let now = fleet.now();
    let batch = Batch {
        id: CommandId::draw(now).unwrap(),
        action: Action::ClearDnsCache,
        by: UserName::parse("admin").unwrap(),
        reason: String::new(),
        created_at: now,
        not_before: now,
        not_after: now.plus(COMMAND_VALID),
        waves: None,
        signatures: 0,
    };
    let command = NewCommand {
        id: CommandId::draw(now).unwrap(),
        machine: machine("sound"),
        agent_id: None,
        seq: 0,
        policy_rev: String::new(),
        signatures: Vec::new(),
        wave: 0,
    };
    let asked = EnqueueBatch {
        batch,
        commands: vec![command],
    };
    fleet.enqueue(asked).await.ok().map(drop)
}

/// Its reports are numbered by themselves, so that none is a repeat.
async fn record(fleet: &Fleet, name: &str) -> Option<()> {
    let mut next = report(name, 1);
    next.delivery = None;
    fleet.record(next).await.ok().map(drop)
}

#[actix::test]
async fn the_registry_survives_a_panic() {
    let fleet = TestFleet::start().await;
    survives(&fleet, ActorName::Registry, async |fleet: &Fleet| {
        record(fleet, "victim").await
    })
    .await;
}

#[actix::test]
async fn a_machine_survives_a_panic() {
    let fleet = TestFleet::start().await;
    let actor = ActorName::Machine(machine("victim"));
    survives(&fleet, actor.clone(), async |fleet: &Fleet| {
        record(fleet, "victim").await
    })
    .await;
    let kept = fleet.quarantined(&actor).await;
    assert!(kept.message.contains("victim"), "{}", kept.message);
}

#[actix::test]
async fn the_roster_survives_a_panic_and_shows_what_comes_after() {
    let fleet = TestFleet::start().await;
    survives(&fleet, ActorName::Roster, async |fleet: &Fleet| {
        record(fleet, "victim").await
    })
    .await;
    fleet
        .until("both machines in the view", async |fleet: &Fleet| {
            let _ = record(fleet, "victim").await;
            (fleet.view().rows().len() == 2).then_some(())
        })
        .await;
}

#[actix::test]
async fn the_historian_survives_a_panic() {
    let fleet = TestFleet::start().await;
    survives(&fleet, ActorName::Historian, read_series).await;
}

#[actix::test]
async fn the_command_queue_survives_a_panic_and_keeps_its_commands() {
    let fleet = TestFleet::start().await;
    enqueue(&fleet.fleet).await.unwrap();
    survives(&fleet, ActorName::CommandQueue, enqueue).await;
    let all = ListCommands {
        machine: Some(machine("sound")),
        limit: 10,
        ..ListCommands::default()
    };
    let kept = fleet.fleet.commands(all).await.unwrap();
    assert!(kept.len() >= 2, "{kept:?}");
}

#[actix::test]
async fn the_script_library_survives_a_panic_and_keeps_its_scripts() {
    let fleet = TestFleet::start().await;
    let script = |content: &'static str| KeepScript {
        id: "tidy-up".into(),
        description: String::new(),
        content: Bytes::from_static(content.as_bytes()),
        by: UserName::parse("admin").unwrap(),
    };
    let first = fleet.fleet.keep_script(script("#!/bin/sh\n")).await.unwrap();
    survives(&fleet, ActorName::ScriptLibrary, async |fleet: &Fleet| {
        fleet.keep_script(script("#!/bin/sh\ntrue\n")).await.ok()
    })
    .await;
    let kept = fleet.fleet.scripts().await.unwrap();
    assert_eq!((kept.len(), &kept[1]), (2, &first));
}

#[actix::test]
async fn the_auth_service_survives_a_panic_and_knows_its_users() {
    let fleet = TestFleet::start().await.with_admin().await;
    survives(&fleet, ActorName::AuthService, async |fleet: &Fleet| {
        fleet.sign_in(sign_in()).await.ok()
    })
    .await;
    let kept = fleet.quarantined(&ActorName::AuthService).await;
    assert!(!kept.message.contains(test_fleet::PASSWORD));
}

#[actix::test]
async fn the_password_hasher_survives_a_panic() {
    let fleet = TestFleet::start().await.with_admin().await;
    survives(&fleet, ActorName::PasswordHasher, async |fleet: &Fleet| {
        fleet.sign_in(sign_in()).await.ok()
    })
    .await;
}

#[actix::test]
async fn the_block_codec_survives_panics_on_all_its_threads() {
    let fleet = TestFleet::start().await;
    // A block is closed when a report of the next hour comes.
    for (seq, ago_s) in [(1, 4 * 3_600), (2, 60)] {
        let mut old = report("sound", 100 + seq);
        old.taken_at = old
            .taken_at
            .map(|at| at.minus(std::time::Duration::from_secs(ago_s)));
        fleet.fleet.record(old).await.unwrap();
    }
    fleet.until("a stored block", read_series).await;
    fleet.panic_in(&[(ActorName::BlockCodec, 8)]);
    fleet
        .until("eight panics", async |asked: &Fleet| {
            let _ = read_series(asked).await;
            (fleet.panics_left() == 0).then_some(())
        })
        .await;
    assert_eq!(
        fleet.quarantined(&ActorName::BlockCodec).await.reason,
        "on purpose"
    );
    fleet.until("an answer after the panics", read_series).await;
}

#[actix::test]
async fn the_quarantine_survives_a_panic_of_its_own() {
    let fleet = TestFleet::start().await;
    fleet.record("sound", 1).await;
    fleet.panic_in(&[(ActorName::Quarantine, 1), (ActorName::Historian, 1)]);
    fleet
        .until("both panics", async |asked: &Fleet| {
            let _ = read_series(asked).await;
            (fleet.panics_left() == 0).then_some(())
        })
        .await;
    survives(&fleet, ActorName::Historian, read_series).await;
}

#[actix::test]
async fn the_same_message_may_panic_three_times_and_is_set_aside_each_time() {
    let fleet = TestFleet::start().await;
    let actor = ActorName::Machine(machine("victim"));
    fleet.panic_in(&[(actor.clone(), 3)]);
    for left in (0..3).rev() {
        fleet
            .until("the poison is refused", async |asked: &Fleet| {
                match asked.record(report("victim", 2)).await {
                    Err(RecordError::Poisonous) => Some(()),
                    _ => None,
                }
            })
            .await;
        assert_eq!(fleet.panics_left(), left);
    }
    fleet
        .until("three messages in quarantine", async |fleet: &Fleet| {
            let kept = fleet.quarantine().await.ok()?;
            (kept.len() == 3 && kept.iter().all(|message| message.actor == actor.to_string())).then_some(())
        })
        .await;
    fleet.record("victim", 3).await;
}

/// Pokes until the actor has panicked so often that it is given up, if it ever is.
async fn exhaust<T>(fleet: &TestFleet, actor: ActorName, mut poke: impl AsyncFnMut(&Fleet) -> Option<T>) {
    fleet.panic_in(&[(actor, u32::try_from(RESTARTS_MAX).unwrap() + 1)]);
    fleet
        .until("one panic more than is allowed", async |asked: &Fleet| {
            assert_eq!(fleet.given_up(), 0);
            let _ = poke(asked).await;
            (fleet.panics_left() == 0).then_some(())
        })
        .await;
}

#[actix::test]
async fn a_service_that_can_not_be_kept_alive_ends_the_process() {
    let fleet = TestFleet::start().await.with_admin().await;
    fleet.record("sound", 1).await;
    exhaust(&fleet, ActorName::Historian, read_series).await;
    fleet
        .until("the end", async |_: &Fleet| (fleet.given_up() == 1).then_some(()))
        .await;
}

#[actix::test]
async fn a_machine_that_can_not_be_kept_alive_is_set_aside_and_ends_nothing() {
    let fleet = TestFleet::start().await;
    let actor = ActorName::Machine(machine("victim"));
    exhaust(&fleet, actor, async |fleet: &Fleet| record(fleet, "victim").await).await;
    fleet.record("sound", 1).await;
    assert!(matches!(
        fleet.fleet.record(report("victim", 9)).await,
        Err(RecordError::Rebuilding)
    ));
    assert_eq!(fleet.given_up(), 0);
}

/// Panics when it is to show the first machine that is gone.
#[derive(Default)]
struct Encoder {
    has_panicked: AtomicBool,
}

impl ViewEncoder for Encoder {
    fn card(&self, _: &MachineSnapshot) -> Bytes {
        Bytes::new()
    }

    fn delta(&self, _: u64, _: Timestamp, changes: &Changes<'_>) -> Bytes {
        let is_first = !changes.removed.is_empty() && !self.has_panicked.swap(true, Ordering::SeqCst);
        assert!(!is_first, "on purpose");
        Bytes::new()
    }
}

#[actix::test]
async fn a_panic_outside_of_any_core_is_survived_and_the_work_can_be_asked_for_again() {
    let (store, encoder) = (MemoryStore::default(), Encoder::default());
    let fleet = TestFleet::start_with(Arc::new(store), Arc::new(encoder)).await;
    fleet.record("gone", 1).await;
    fleet
        .until("the machine in the view", async |fleet: &Fleet| {
            (fleet.view().rows().len() == 1).then_some(())
        })
        .await;
    assert!(fleet.fleet.forget(machine("gone")).await.is_err());
    assert_eq!(fleet.quarantined(&ActorName::Roster).await.reason, "on purpose");
    fleet.fleet.forget(machine("gone")).await.unwrap();
    assert_eq!(fleet.fleet.view().rows().len(), 0);
}

#[actix::test]
async fn a_token_is_made_after_the_auth_service_panicked() {
    let fleet = TestFleet::start().await;
    fleet.panic_in(&[(ActorName::AuthService, 1)]);
    let _ = fleet.fleet.sign_in(sign_in()).await;
    let asked = IssueToken {
        uses_max: 1,
        ttl: std::time::Duration::from_secs(60),
        by: "admin".to_owned(),
    };
    fleet
        .until("a token", async |fleet: &Fleet| {
            fleet.issue_token(asked.clone()).await.ok()
        })
        .await;
}

#[actix::test]
async fn the_owner_of_the_channels_survives_a_panic() {
    let fleet = TestFleet::start().await;
    survives(&fleet, ActorName::Channels, async |fleet: &Fleet| {
        fleet.ask_report(machine("sound")).await.ok().map(drop)
    })
    .await;
}

#[actix::test]
async fn the_owner_of_the_servers_absences_is_kept_alive() {
    let fleet = TestFleet::start().await;
    fleet.fleet.checkpoint().await;
    assert!(fleet.fleet.downtimes().is_empty(), "it never was away");
}
