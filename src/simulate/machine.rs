//! One machine's make-believe: a model, and values that wander as real ones do.

use std::collections::BTreeMap;

use atlas_actors::clock::Timestamp;

use crate::wire::report_v1::{
    AgentV1, BatteryV1, CpuV1, DeliveryV1, DiskV1, InterfaceV1, MachineInfoV1, MainDiskV1, MemoryV1,
    MetricsV1, NetworkV1, ProcessV1, ProcessesV1, ReportV1, TemperatureV1, Unavailable,
};

const GIB: u64 = 1 << 30;

struct Model {
    name: &'static str,
    os: &'static str,
    os_version: &'static str,
    prefix: &'static str,
    cores: usize,
    memory: u64,
    has_battery: bool,
}

const MODELS: [Model; 5] = [
    Model {
        name: "MacBook Pro (M3 Pro)",
        os: "Darwin",
        os_version: "26.1",
        prefix: "mac",
        cores: 11,
        memory: 36 * GIB,
        has_battery: true,
    },
    Model {
        name: "MacBook Air (M2)",
        os: "Darwin",
        os_version: "15.7",
        prefix: "air",
        cores: 8,
        memory: 16 * GIB,
        has_battery: true,
    },
    Model {
        name: "iMac 24-inch (M3)",
        os: "Darwin",
        os_version: "26.1",
        prefix: "imac",
        cores: 8,
        memory: 24 * GIB,
        has_battery: false,
    },
    Model {
        name: "Mac Studio (M2 Ultra)",
        os: "Darwin",
        os_version: "15.6",
        prefix: "studio",
        cores: 24,
        memory: 128 * GIB,
        has_battery: false,
    },
    Model {
        name: "PowerEdge R650",
        os: "Linux",
        os_version: "Debian 13",
        prefix: "build",
        cores: 16,
        memory: 64 * GIB,
        has_battery: false,
    },
];

const PROGRAMS: [&str; 12] = [
    "WindowServer",
    "kernel_task",
    "Google Chrome Helper",
    "Xcode",
    "Slack",
    "mds_stores",
    "postgres",
    "node",
    "Final Cut Pro",
    "zoom.us",
    "cargo",
    "backupd",
];

/// A machine that does not exist.
pub(super) struct SimulatedMachine {
    /// Its id.
    pub(super) id: String,
    model: &'static Model,
    random: Random,
    booted_at: Timestamp,
    cpu: f64,
    memory: f64,
    disk: f64,
    battery: f64,
    received: u64,
    sent: u64,
}

impl SimulatedMachine {
    /// The machine of that number: always the same one.
    pub(super) fn new(number: u32, now: Timestamp) -> Self {
        let mut random = Random(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let model = &MODELS[random.below(MODELS.len())];
        let uptime_s = 3_600 + random.below(40 * 86_400) as u64;
        Self {
            id: format!("{}-sim-{number:05}", model.prefix),
            model,
            booted_at: now.minus(std::time::Duration::from_secs(uptime_s)),
            cpu: random.between(2.0, 30.0),
            memory: random.between(35.0, 80.0),
            disk: random.between(20.0, 93.0),
            battery: random.between(20.0, 100.0),
            received: random.below(1 << 38) as u64,
            sent: random.below(1 << 36) as u64,
            random,
        }
    }

    /// A number between 0 and 1.
    pub(super) fn chance(&mut self) -> f64 {
        self.random.between(0.0, 1.0)
    }

    /// Time passes, and the values wander.
    pub(super) fn report(&mut self, delivery: DeliveryV1, now: Timestamp, interval_s: u32) -> ReportV1 {
        self.wander();
        let rates = (self.random.bytes(2_000_000.0), self.random.bytes(400_000.0));
        self.received += rates.0 * u64::from(interval_s);
        self.sent += rates.1 * u64::from(interval_s);
        ReportV1 {
            machine_id: self.id.clone(),
            delivery: Some(delivery),
            taken_at: now,
            sent_at: None,
            interval_s,
            dropped: 0,
            agent: AgentV1::this_one(),
            machine_info: self.info(),
            metrics: self.metrics(rates, now),
            explains: Vec::new(),
            sections: std::collections::BTreeMap::new(),
        }
    }

    fn wander(&mut self) {
        let burst = if self.random.below(60) == 0 {
            self.random.between(30.0, 70.0)
        } else {
            0.0
        };
        self.cpu = (self.cpu * 0.9 + self.random.between(0.0, 4.5) + burst).clamp(0.5, 100.0);
        self.memory = (self.memory + self.random.between(-1.0, 1.0)).clamp(20.0, 96.0);
        self.disk = (self.disk + self.random.between(-0.01, 0.012)).clamp(5.0, 99.0);
        self.battery = (self.battery + self.random.between(-0.4, 0.4)).clamp(3.0, 100.0);
    }

    fn info(&self) -> MachineInfoV1 {
        let model = self.model;
        let number = &self.id[self.id.len() - 5..];
        MachineInfoV1 {
            hostname: Some(format!("{}.local", self.id)),
            os: Some(model.os.to_owned()),
            os_version: Some(model.os_version.to_owned()),
            kernel: Some(if model.os == "Darwin" { "25.1.0" } else { "6.12.48" }.to_owned()),
            architecture: Some(if model.os == "Darwin" { "arm64" } else { "x86_64" }.to_owned()),
            processor: Some(model.name.to_owned()),
            cpu_count: Some(model.cores),
            cpu_threads: Some(model.cores),
            total_memory: Some(model.memory),
            boot_time: Some(self.booted_at.to_string()),
            computer_name: Some(self.id.clone()),
            serial_number: Some(format!("SIM{number}")),
            model: Some(model.name.to_owned()),
            agent_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            ..MachineInfoV1::default()
        }
    }

    fn metrics(&mut self, (received, sent): (u64, u64), now: Timestamp) -> MetricsV1 {
        let cores = self.model.cores;
        let load = self.cpu / 100.0 * cores as f64;
        let memory_used = share(self.model.memory, self.memory);
        let reason = |key: &str| (key.to_owned(), Unavailable::Unsupported);
        MetricsV1 {
            timestamp: Some(now.to_string()),
            uptime_seconds: Some(now.since(self.booted_at).as_secs()),
            cpu: Some(CpuV1 {
                percent: Some(tenth(self.cpu)),
                per_core: Some(
                    (0..cores)
                        .map(|_| tenth((self.cpu * self.chance() * 2.0).min(100.0)))
                        .collect(),
                ),
                load_avg: Some([tenth(load), tenth(load * 0.9), tenth(load * 0.8)]),
                count: Some(cores),
                threads: Some(cores),
            }),
            memory: Some(MemoryV1 {
                total: Some(self.model.memory),
                available: Some(self.model.memory - memory_used),
                used: Some(memory_used),
                percent: Some(tenth(self.memory)),
                ..MemoryV1::default()
            }),
            disk: Some(self.main_disk()),
            disks: Some(vec![self.disk()]),
            network: Some(NetworkV1 {
                bytes_recv: Some(self.received),
                bytes_sent: Some(self.sent),
                recv_bytes_per_s: Some(received),
                sent_bytes_per_s: Some(sent),
                connections: Some(40 + self.random.below(200) as u64),
                ..NetworkV1::default()
            }),
            interfaces: Some(vec![self.interface(received, sent)]),
            processes: Some(self.processes()),
            battery: self.model.has_battery.then(|| BatteryV1 {
                percent: tenth(self.battery),
                plugged: self.battery > 60.0,
                time_left: None,
            }),
            temperature: (self.model.os == "Linux").then(|| TemperatureV1 {
                cpu: tenth(38.0 + self.cpu * 0.4),
                unit: "C".to_owned(),
            }),
            unavailable: (self.model.os != "Linux").then(|| BTreeMap::from([reason("temperature")])),
            ..MetricsV1::default()
        }
    }

    fn main_disk(&mut self) -> MainDiskV1 {
        let disk = self.disk();
        MainDiskV1 {
            total: Some(disk.total),
            used: Some(disk.used),
            free: Some(disk.free),
            percent: Some(disk.percent),
            read_bytes_per_s: Some(self.random.bytes(5_000_000.0)),
            write_bytes_per_s: Some(self.random.bytes(2_000_000.0)),
            ..MainDiskV1::default()
        }
    }

    fn disk(&self) -> DiskV1 {
        let total = 994 * GIB;
        let used = share(total, self.disk);
        DiskV1 {
            device: if self.model.os == "Darwin" {
                "/dev/disk3s5"
            } else {
                "/dev/nvme0n1p2"
            }
            .to_owned(),
            mountpoint: "/".to_owned(),
            fstype: if self.model.os == "Darwin" { "apfs" } else { "ext4" }.to_owned(),
            total,
            used,
            free: total - used,
            percent: tenth(self.disk),
            removable: false,
        }
    }

    fn interface(&self, received: u64, sent: u64) -> InterfaceV1 {
        InterfaceV1 {
            name: "en0".to_owned(),
            recv_bytes_per_s: Some(received),
            sent_bytes_per_s: Some(sent),
            bytes_recv: self.received,
            bytes_sent: self.sent,
            errin: 0,
            errout: 0,
        }
    }

    fn processes(&mut self) -> ProcessesV1 {
        let total = 380 + self.random.below(120);
        let top_cpu = (0..5)
            .map(|rank| self.process(rank, self.cpu / (rank + 1) as f64))
            .collect();
        let top_memory = (0..5).map(|rank| self.process(rank + 5, 0.3)).collect();
        ProcessesV1 {
            total,
            top_cpu,
            top_memory,
            top_disk: Vec::new(),
        }
    }

    fn process(&mut self, rank: usize, cpu: f64) -> ProcessV1 {
        let memory = self.random.between(0.5, 9.0);
        ProcessV1 {
            pid: 300 + u32::try_from(self.random.below(60_000)).unwrap_or(0),
            name: PROGRAMS[(rank + self.random.below(3)) % PROGRAMS.len()].to_owned(),
            cpu: tenth(cpu),
            memory: tenth(memory),
            memory_bytes: share(self.model.memory, memory),
            disk_bytes_per_s: None,
            user: Some(if rank.is_multiple_of(3) { "root" } else { "studio" }.to_owned()),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "make-believe sizes need no last digit"
)]
fn share(total: u64, percent: f64) -> u64 {
    (total as f64 * percent / 100.0) as u64
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// xorshift: the same machine behaves the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap_or(0) % bound
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits are all that a float takes")]
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// Mostly little, now and then much, as traffic is.
    fn bytes(&mut self, most: f64) -> u64 {
        let share = self.between(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "make-believe"
        )]
        let bytes = (most * share * share * share * share) as u64;
        bytes
    }
}
