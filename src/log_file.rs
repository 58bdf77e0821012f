//! A log in a file: only its owner may read it, and it never grows beyond a bound: a full one is put
//! aside under its name with `.1`, in place of the one before, and a new one is begun.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tracing_subscriber::fmt::MakeWriter;

/// A log in a file. Each line is one write at the end of the file, so lines never mix.
pub struct LogFile {
    path: PathBuf,
    bytes_max: u64,
    current: ArcSwap<File>,
    written: AtomicU64,
    is_turning: AtomicBool,
}

impl LogFile {
    /// Opens it; what is in it stays.
    ///
    /// # Errors
    /// When it can't be opened for writing.
    pub fn open(path: &Path, bytes_max: u64) -> io::Result<Self> {
        let file = append_to(path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            bytes_max,
            current: ArcSwap::from_pointee(file),
            written: AtomicU64::new(written),
            is_turning: AtomicBool::new(false),
        })
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let before = self.written.fetch_add(line.len() as u64, Ordering::Relaxed);
        let is_full = before > 0 && before + line.len() as u64 > self.bytes_max;
        if is_full && !self.is_turning.swap(true, Ordering::Acquire) {
            let turned = self.turn(line.len());
            self.is_turning.store(false, Ordering::Release);
            turned?;
        }
        (&**self.current.load()).write_all(line)
    }

    /// Others go on writing to the old file meanwhile: nothing is lost.
    fn turn(&self, about_to_write: usize) -> io::Result<()> {
        let mut aside = OsString::from(&self.path);
        aside.push(".1");
        std::fs::rename(&self.path, aside)?;
        self.current.store(Arc::new(append_to(&self.path)?));
        self.written.store(about_to_write as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes one line.
pub struct Line<'a>(&'a LogFile);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.append(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_no_line_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.log");
        let log = LogFile::open(&path, 20).unwrap();
        for line in ["one 89abcdef\n", "two\n", "three 89\n", "four 89abcdef\n"] {
            log.make_writer().write_all(line.as_bytes()).unwrap();
        }
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(&path), "four 89abcdef\n");
        assert_eq!(read(&folder.path().join("new/a.log.1")), "three 89\n");
        let again = LogFile::open(&path, 20).unwrap();
        again.make_writer().write_all(b"five\n").unwrap();
        assert_eq!(read(&path), "four 89abcdef\nfive\n");
    }
}
