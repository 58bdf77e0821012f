//! Asks for all disks within a time limit. A file system that somebody else serves may never answer,
//! and the thread that asked is then lost until it does: so each round asks on a thread of its own,
//! what has come by the limit is known, and a mount that hung is left out until its thread is back.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sysinfo::{DiskRefreshKind, Disks};

use super::{Space, Traffic, measure, real, view};
use crate::wire::report_v1::DiskV1;

/// How long all disks together may take. Reason: a disk that must spin up takes this long; a report
/// that waits longer is late.
const LIMIT: Duration = Duration::from_secs(5);

/// What is known of the disks.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Those that answered.
    pub disks: Vec<(DiskV1, Traffic)>,
    /// Whether all did.
    pub is_whole: bool,
}

/// How the space at a mount point is asked for.
type Measure = fn(&Path) -> Option<Space>;

/// Asks for all disks, again and again.
pub struct DiskWatch {
    disks: Option<Disks>,
    measure: Measure,
    limit: Duration,
    lost: Vec<Lost>,
    last: Reading,
}

/// A thread that does not come back, and the mount point that it asked for, if it got so far.
struct Lost {
    mountpoint: Option<PathBuf>,
    thread: JoinHandle<()>,
}

enum Piece {
    Asking(PathBuf),
    Answered(Box<DiskV1>, Traffic),
    Done(Disks),
}

impl Default for DiskWatch {
    fn default() -> Self {
        Self::new()
    }
}

impl DiskWatch {
    /// Asks nobody yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            disks: None,
            measure,
            limit: LIMIT,
            lost: Vec::new(),
            last: Reading {
                disks: Vec::new(),
                is_whole: false,
            },
        }
    }

    /// What was known last.
    #[must_use]
    pub const fn last(&self) -> &Reading {
        &self.last
    }

    /// Asks all disks that are not known to hang.
    pub fn read(&mut self) -> Reading {
        self.lost.retain(|lost| {
            let is_back = lost.thread.is_finished();
            if is_back {
                tracing::info!(mountpoint = ?lost.mountpoint, "a disk answers again");
            }
            !is_back
        });
        // Nobody comes past whatever holds the list itself.
        if self.lost.iter().all(|lost| lost.mountpoint.is_some()) {
            self.last = self.ask();
        } else {
            self.last.is_whole = false;
        }
        self.last.clone()
    }

    fn ask(&mut self) -> Reading {
        let skipped: Vec<_> = self
            .lost
            .iter()
            .filter_map(|lost| lost.mountpoint.clone())
            .collect();
        let mut reading = Reading {
            disks: Vec::new(),
            is_whole: skipped.is_empty(),
        };
        let (sender, pieces) = channel();
        let (disks, measure) = (self.disks.take(), self.measure);
        let asking = move || look(disks, &skipped, measure, &sender);
        let Ok(thread) = std::thread::Builder::new().name("disks".to_owned()).spawn(asking) else {
            reading.is_whole = false;
            return reading;
        };
        match gather(&pieces, self.limit, &mut reading) {
            Ok(disks) => self.disks = Some(disks),
            Err(mountpoint) => {
                reading.is_whole = false;
                // A thread that ended has said all it could; there is nothing to wait for.
                if !thread.is_finished() {
                    tracing::warn!(
                        ?mountpoint,
                        "a disk does not answer: it is left out until it does"
                    );
                    self.lost.push(Lost { mountpoint, thread });
                }
            }
        }
        reading
    }
}

/// Takes pieces until all have come; the mount point that was asked last when the time is over.
fn gather(
    pieces: &Receiver<Piece>,
    limit: Duration,
    reading: &mut Reading,
) -> Result<Disks, Option<PathBuf>> {
    let until = Instant::now() + limit;
    let mut asked = None;
    loop {
        match pieces.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Piece::Asking(mountpoint)) => asked = Some(mountpoint),
            Ok(Piece::Answered(disk, traffic)) => reading.disks.push((*disk, traffic)),
            Ok(Piece::Done(disks)) => return Ok(disks),
            Err(_) => return Err(asked),
        }
    }
}

/// One round. Nobody listens any more once it took too long: then it ends where it is.
fn look(disks: Option<Disks>, skipped: &[PathBuf], measure: Measure, pieces: &Sender<Piece>) {
    let wanted = DiskRefreshKind::everything().without_storage();
    let listed = match disks {
        Some(mut disks) => {
            disks.refresh_specifics(true, wanted);
            Some(disks)
        }
        None => Disks::new_with_refreshed_list_specifics(wanted).ok(),
    };
    let Some(disks) = listed else { return };
    for disk in real(&disks) {
        let mountpoint = disk.mount_point();
        if skipped.iter().any(|skipped| skipped == mountpoint) {
            continue;
        }
        if pieces.send(Piece::Asking(mountpoint.to_owned())).is_err() {
            return;
        }
        if let Some(space) = measure(mountpoint).filter(|space| space.total > 0) {
            let answered = Piece::Answered(Box::new(view(disk, space)), disk.usage());
            if pieces.send(answered).is_err() {
                return;
            }
        }
    }
    // As above.
    let _ = pieces.send(Piece::Done(disks));
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    /// The disk that hangs, as long as this is true. (A thread that is lost can't be given a channel:
    /// `Measure` is a plain function, so that nothing but the mount point goes into it.)
    static HANGS: AtomicBool = AtomicBool::new(true);
    static ASKED: AtomicUsize = AtomicUsize::new(0);

    fn hanging(_: &Path) -> Option<Space> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        while HANGS.load(Ordering::SeqCst) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Some(Space {
            total: 2,
            used: 1,
            free: 1,
        })
    }

    fn watch(measure: Measure, limit: Duration) -> DiskWatch {
        DiskWatch {
            measure,
            limit,
            ..DiskWatch::new()
        }
    }

    #[test]
    fn knows_all_disks_that_answer() {
        let mut watch = watch(measure, Duration::from_secs(30));
        let reading = watch.read();
        assert!(reading.is_whole);
        assert_eq!(watch.read().disks.len(), reading.disks.len());
    }

    #[test]
    fn leaves_out_a_disk_that_hangs_until_it_is_back_and_asks_it_once() {
        let mut watch = watch(hanging, Duration::from_millis(200));
        let disks = real(&Disks::new_with_refreshed_list().unwrap()).len();
        if disks == 0 {
            return;
        }
        // Each round loses one thread, until every disk is known to hang.
        for _ in 0..disks {
            let reading = watch.read();
            assert!(reading.disks.is_empty() && !reading.is_whole);
        }
        assert_eq!((watch.lost.len(), ASKED.load(Ordering::SeqCst)), (disks, disks));
        watch.read();
        assert_eq!(
            ASKED.load(Ordering::SeqCst),
            disks,
            "a disk that hangs is not asked again"
        );
        HANGS.store(false, Ordering::SeqCst);
        while !watch.read().is_whole {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert_eq!((watch.last().disks.len(), watch.lost.len()), (disks, 0));
    }
}
