//! A small disk: a tmpfs, where the tests may mount one.

use std::io::Write;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

/// A small disk that is gone when it is dropped.
pub struct SmallDisk(
    /// Where it is mounted.
    pub Arc<TempDir>,
);

impl SmallDisk {
    /// Nothing where this user may not mount one.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let place = Arc::new(tempfile::tempdir().unwrap());
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(place.path())
            .output();
        match mounted {
            Ok(mounted) if mounted.status.success() => Some(Self(place)),
            Ok(mounted) => {
                let reason = String::from_utf8_lossy(&mounted.stderr).into_owned();
                println!("skipped: no small disk can be mounted here: {reason}");
                None
            }
            Err(error) => {
                println!("skipped: no small disk can be mounted here: {error}");
                None
            }
        }
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.0.path().join("fill")).unwrap();
        for size in [1 << 20, 4 << 10] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    /// Takes what filled it away.
    pub fn make_room(&self) {
        std::fs::remove_file(self.0.path().join("fill")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that was just killed may still be letting go of its files.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}
