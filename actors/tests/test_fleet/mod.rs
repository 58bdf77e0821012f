//! A whole fleet in memory, as the tests start it: with a store that forgets, and with actors that
//! panic when they are told to.

pub mod memory_store;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use atlas_actors::audit_log::Signer;
use atlas_actors::auth::SessionTimes;
use atlas_actors::auth::password::Password;
use atlas_actors::clock::{Clock, SystemClock, Timestamp};
use atlas_actors::historian::retention::Retention;
use atlas_actors::messages::{Origin, QuarantinedMessage, SignIn};
use atlas_actors::model::{
    Counters, Delivery, Facts, MachineId, Metric, PresenceRule, Report, Samples, UserName,
};
use atlas_actors::roster::{Changes, MachineSnapshot, ViewEncoder};
use atlas_actors::store::{DocumentKind, Store};
use atlas_actors::supervision::ActorName;
use atlas_actors::vault::{Vault, VaultError, WRAPPED};
use atlas_actors::{Fleet, Ports, Settings};
use bytes::Bytes;
use memory_store::MemoryStore;

/// The administrator's password.
pub const PASSWORD: &str = "correct horse battery";

/// A running fleet.
pub struct TestFleet {
    /// Its handle.
    pub fleet: Fleet,
    panics: Arc<Panics>,
    given_up: Arc<AtomicU32>,
}

/// Who is to panic, and how often yet.
#[derive(Default)]
struct Panics(ArcSwap<Vec<(ActorName, AtomicU32)>>);

impl Panics {
    fn strike(&self, actor: &ActorName) {
        let panics = self.0.load();
        let mut of_actor = panics.iter().filter(|(name, _)| name == actor);
        let take_one = |left: &AtomicU32| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok()
        };
        assert!(!of_actor.any(|(_, left)| take_one(left)), "on purpose");
    }
}

/// Says of a machine only its id.
pub struct PlainEncoder;

impl ViewEncoder for PlainEncoder {
    fn card(&self, machine: &MachineSnapshot) -> Bytes {
        Bytes::from(machine.id.to_string())
    }

    fn delta(&self, _: u64, _: Timestamp, changes: &Changes<'_>) -> Bytes {
        Bytes::from(changes.changed.concat())
    }
}

/// Wraps nothing.
struct OpenVault;

impl Vault for OpenVault {
    fn wrap(&self, _: DocumentKind, _: &str, plain: &[u8]) -> Result<Bytes, VaultError> {
        Ok(Bytes::from([&[WRAPPED], plain].concat()))
    }

    fn unwrap(&self, _: DocumentKind, _: &str, wrapped: &[u8]) -> Result<Vec<u8>, VaultError> {
        let plain = wrapped.strip_prefix(&[WRAPPED]).ok_or(VaultError::WrongKey)?;
        Ok(plain.to_vec())
    }
}

/// Signs with the bytes themselves.
pub struct PlainSigner;

impl Signer for PlainSigner {
    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }
}

impl TestFleet {
    /// Starts one in memory.
    pub async fn start() -> Self {
        Self::start_with(Arc::new(MemoryStore::default()), Arc::new(PlainEncoder)).await
    }

    /// Starts one with these ports.
    pub async fn start_with(store: Arc<dyn Store>, encoder: Arc<dyn ViewEncoder>) -> Self {
        let (panics, given_up) = (Arc::new(Panics::default()), Arc::new(AtomicU32::new(0)));
        let (struck, counted) = (Arc::clone(&panics), Arc::clone(&given_up));
        let fleet = Fleet::start(
            Ports {
                store,
                vault: Arc::new(OpenVault),
                clock: Arc::new(SystemClock),
                encoder,
                signer: Arc::new(PlainSigner),
                compare_sections: |_, _, _| Vec::new(),
                give_up: Arc::new(move |_| {
                    counted.fetch_add(1, Ordering::SeqCst);
                }),
                fault: Some(Arc::new(move |actor| struck.strike(actor))),
            },
            &Settings {
                presence: PresenceRule::default(),
                sessions: SessionTimes {
                    length: Duration::from_secs(3_600),
                    idle: Duration::from_secs(1_800),
                },
                password_chars_min: 12,
                retention: Retention::default(),
            },
        );
        Self {
            fleet,
            panics,
            given_up,
        }
    }

    /// Makes the administrator.
    pub async fn with_admin(self) -> Self {
        let name = UserName::parse("admin").unwrap();
        let made = self.fleet.ensure_admin(name, Password(PASSWORD.to_owned()));
        assert!(made.await.unwrap());
        self
    }

    /// Makes actors panic with their next messages, each so often.
    pub fn panic_in(&self, actors: &[(ActorName, u32)]) {
        let panics = actors
            .iter()
            .map(|(actor, times)| (actor.clone(), AtomicU32::new(*times)));
        self.panics.0.store(Arc::new(panics.collect()));
    }

    /// Panics that have not happened yet.
    pub fn panics_left(&self) -> u32 {
        self.panics
            .0
            .load()
            .iter()
            .map(|(_, left)| left.load(Ordering::SeqCst))
            .sum()
    }

    /// How often the process would have been ended.
    pub fn given_up(&self) -> u32 {
        self.given_up.load(Ordering::SeqCst)
    }

    /// Waits until something is so; actors work on threads of their own.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Fleet) -> Option<T>) -> T {
        let began = tokio::time::Instant::now();
        loop {
            if let Some(found) = look(&self.fleet).await {
                return found;
            }
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "waited in vain: {what}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for the quarantined message of that actor.
    pub async fn quarantined(&self, actor: &ActorName) -> QuarantinedMessage {
        let name = actor.to_string();
        self.until(
            &format!("a message of {name} in quarantine"),
            async |fleet: &Fleet| {
                let kept = fleet.quarantine().await.ok()?;
                kept.into_iter().find(|message| message.actor == name)
            },
        )
        .await
    }

    /// Sends a report until it is taken: an actor that was just started again may say "wait".
    pub async fn record(&self, machine: &str, seq: u64) {
        self.until("a report is taken", async |fleet: &Fleet| {
            fleet.record(report(machine, seq)).await.ok()
        })
        .await;
    }
}

/// A machine's id.
pub fn machine(name: &str) -> MachineId {
    MachineId::parse(name).unwrap()
}

/// A report of that machine, taken now.
pub fn report(name: &str, seq: u64) -> Report {
    let mut samples = Samples::default();
    samples.set(Metric::CpuPercent, Some(12.5));
    Report {
        machine: machine(name),
        delivery: Some(Delivery { spool: 1, seq }),
        taken_at: Some(SystemClock.now()),
        zoneless_time: None,
        sent_at: None,
        interval_s: Some(30),
        dropped: 0,
        samples,
        counters: Counters::default(),
        facts: Arc::new(Facts::default()),
        whereabouts: None,
        explains: Vec::new(),
        document: Bytes::from_static(b"{}"),
        sections: Vec::new(),
    }
}

/// What the administrator types.
pub fn sign_in() -> SignIn {
    SignIn {
        user: UserName::parse("admin").unwrap(),
        password: Password(PASSWORD.to_owned()),
        code: None,
        origin: Origin {
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            user_agent: String::new(),
            device: None,
        },
        waited: Duration::ZERO,
    }
}
