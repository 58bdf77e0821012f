//! Room that is kept back for the day on which the disk is full. A file that holds nothing takes it;
//! a part of it is given up whenever an essential write finds no other room, so that somebody can
//! still sign in, be audited, and make room. When there is room again, the file is filled up.

use std::fs::File;
use std::io;
use std::path::Path;

use super::folder::private_file;
use crate::limits::{RESERVE_BYTES, RESERVE_PARTS, RESERVE_SHARE};

/// The file's name within the data folder.
const RESERVE_FILE: &str = "atlas.reserve";

/// The room that is kept back.
#[derive(Debug)]
pub(super) struct Reserve {
    file: File,
    /// As large as it is when nothing of it is in use.
    whole_bytes: u64,
    held_bytes: u64,
}

impl Reserve {
    /// Takes what an earlier run left of the reserve, and fills it up if there is room.
    pub(super) fn take(folder: &Path) -> io::Result<Self> {
        let file = private_file(&folder.join(RESERVE_FILE))?;
        let held_bytes = file.metadata()?.len();
        let disk = Disk::of(&file)?;
        let mut reserve = Self {
            file,
            whole_bytes: RESERVE_BYTES.min(disk.bytes / RESERVE_SHARE),
            held_bytes,
        };
        if disk.free_bytes == 0 {
            // The files beside the database want some room as well when a server starts.
            reserve.give_part();
        } else {
            reserve.refill();
        }
        Ok(reserve)
    }

    /// Whether all of it is held: the disk is not known to be full.
    pub(super) fn is_whole(&self) -> bool {
        self.held_bytes >= self.whole_bytes
    }

    /// Gives some of it to the disk; false when nothing is left.
    pub(super) fn give_part(&mut self) -> bool {
        let part = (self.whole_bytes / RESERVE_PARTS).max(1);
        let rest = self.held_bytes.saturating_sub(part);
        if self.held_bytes == 0 || self.file.set_len(rest).is_err() {
            return false;
        }
        tracing::warn!(
            rest_bytes = rest,
            "the disk is full: using the room that was kept back"
        );
        self.held_bytes = rest;
        true
    }

    /// Fills it up when the disk has room for it and for a quarter more; true when it is whole.
    pub(super) fn refill(&mut self) -> bool {
        if self.is_whole() {
            return true;
        }
        let missing = self.whole_bytes - self.held_bytes;
        let wanted = missing + self.whole_bytes / 4;
        if !Disk::of(&self.file).is_ok_and(|disk| disk.free_bytes >= wanted) {
            return false;
        }
        match allocate(&self.file, self.whole_bytes) {
            Ok(()) => self.held_bytes = self.whole_bytes,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return false,
            Err(error) => {
                tracing::warn!(%error, "no room can be kept back on this disk: when it is full, nobody can sign in");
                self.whole_bytes = self.held_bytes;
            }
        }
        true
    }
}

/// The disk on which a file is.
struct Disk {
    bytes: u64,
    /// What anybody may use, not the system alone.
    free_bytes: u64,
}

#[cfg(unix)]
impl Disk {
    fn of(file: &File) -> io::Result<Self> {
        let disk = rustix::fs::fstatvfs(file)?;
        Ok(Self {
            bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        })
    }
}

/// Takes the file's room now: a length alone takes none.
#[cfg(unix)]
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    file.set_len(bytes)
}

#[cfg(not(unix))]
impl Disk {
    /// Nothing is known of it, and nothing is kept back.
    fn of(_: &File) -> io::Result<Self> {
        Ok(Self {
            bytes: 0,
            free_bytes: 0,
        })
    }
}

#[cfg(not(unix))]
fn allocate(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_given_up_in_parts_and_filled_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::take(folder.path()).unwrap();
        assert!(reserve.is_whole());
        let mut parts = 0;
        while reserve.give_part() {
            assert!(!reserve.is_whole());
            parts += 1;
        }
        assert!((RESERVE_PARTS..=RESERVE_PARTS + 1).contains(&parts), "{parts}");
        assert!(reserve.refill() && reserve.is_whole());
    }

    #[cfg(unix)]
    #[test]
    fn takes_its_room_at_once() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::take(folder.path()).unwrap();
        let taken = reserve.file.metadata().unwrap().blocks() * 512;
        assert!(taken >= reserve.whole_bytes, "{taken}");
    }
}
