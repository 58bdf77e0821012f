//! Whether there is room for what must be kept, and whether it can be written at all.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::finding::Finding;

/// Below this nothing is kept for long: the agent's spool alone may take as much.
const BYTES_MIN: u64 = 32 << 20;
/// Below this somebody should make room before it is urgent.
const BYTES_WARN: u64 = 1 << 30;
/// The same in parts of the disk: one of twenty.
const PART_WARN: u64 = 20;

/// How much of a file system is left for ordinary users.
#[derive(Clone, Copy, Debug)]
struct Room {
    free_bytes: u64,
    total_bytes: u64,
    /// Whether another file can be made; file systems without such a bound say 0 of 0.
    has_files: bool,
}

/// Looks at the disk of the data folder, and tries to write there.
pub(super) fn room(folder: &Path) -> Vec<Finding> {
    // The folder may not be there yet: then where it would be made.
    let Some(there) = folder.ancestors().find(|path| path.is_dir()) else {
        return Vec::new();
    };
    let mut findings: Vec<_> = look(there).map(|room| judge(there, room)).into_iter().collect();
    if there == folder {
        findings.extend(try_to_write(folder));
    }
    findings
}

#[cfg(unix)]
fn look(folder: &Path) -> Option<Room> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(Room {
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        has_files: stat.f_files == 0 || stat.f_favail > 0,
    })
}

#[cfg(not(unix))]
const fn look(_: &Path) -> Option<Room> {
    None
}

fn judge(folder: &Path, room: Room) -> Finding {
    let free = format!(
        "{} MB of {} MB are free at {}",
        room.free_bytes / 1_000_000,
        room.total_bytes / 1_000_000,
        folder.display()
    );
    if !room.has_files {
        return Finding::fail(
            "disk",
            format!("the disk of {} takes no more files", folder.display()),
            "remove some, or name another folder with --data-dir",
        );
    }
    if room.free_bytes < BYTES_MIN {
        return Finding::fail("disk", free, "make room: what can't be kept is lost");
    }
    if room.free_bytes < BYTES_WARN.min(room.total_bytes / PART_WARN) {
        return Finding::warn("disk", free, "make room before it is full");
    }
    Finding::ok("disk", free)
}

/// Trying is the only honest test.
fn try_to_write(folder: &Path) -> Option<Finding> {
    let trial = folder.join(".doctor");
    let tried = fs::write(&trial, [0; 4_096]);
    let removed = fs::remove_file(&trial);
    let error = tried.and(removed).err()?;
    let what = format!("{} can't be written to: {error}", folder.display());
    Some(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Finding::fail("disk", what, "make room"),
        ErrorKind::ReadOnlyFilesystem => Finding::fail(
            "disk",
            what,
            "the disk is mounted for reading only: mount says why",
        ),
        _ => Finding::fail(
            "disk",
            what,
            "change its permissions, or name another folder with --data-dir",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn room_is_judged_by_bytes_and_by_share() {
        let verdict = |free_bytes, total_bytes, has_files| {
            let room = Room {
                free_bytes,
                total_bytes,
                has_files,
            };
            judge(Path::new("/data"), room).verdict
        };
        let gib = 1 << 30;
        assert_eq!(verdict(10 * gib, 500 * gib, true), Verdict::Ok);
        assert_eq!(verdict(gib / 2, 500 * gib, true), Verdict::Warn);
        // A small disk with a tenth left.
        assert_eq!(verdict(gib / 5, 2 * gib, true), Verdict::Ok);
        assert_eq!(verdict(BYTES_MIN - 1, 500 * gib, true), Verdict::Fail);
        assert_eq!(verdict(10 * gib, 500 * gib, false), Verdict::Fail);
    }
}
