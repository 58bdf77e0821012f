//! The last lines of a log that the policy lists.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use atlas_actors::limits::OUTPUT_BYTES_MAX;

use super::{failed, succeeded};
use crate::agent::commands::ledger::{End, OutputFile};

/// Reads them into the output.
pub(super) fn collect(path: &Path, lines: u32, output: &Path) -> End {
    let (tail, is_cut) = match read_end(path) {
        Ok(read) => read,
        Err(error) => return failed("not_readable", format!("The log can't be read: {error}.")),
    };
    let kept = last_lines(&tail, lines as usize);
    // The first line of what was read may lack its beginning.
    let is_cut = is_cut && kept.len() == tail.len();
    match OutputFile::create(output) {
        Ok(mut file) => {
            file.add(kept);
            file.close();
        }
        Err(error) => return failed("not_kept", format!("There is no room for its lines: {error}.")),
    }
    End {
        is_cut,
        ..succeeded("")
    }
}

/// The end of a file, and whether there is more before it.
fn read_end(path: &Path) -> std::io::Result<(Vec<u8>, bool)> {
    let mut options = File::options();
    options.read(true);
    // The policy lists this very file, and not where a link leads; and nobody waits for a pipe.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32,
    );
    let mut file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no plain file"));
    }
    let from = metadata.len().saturating_sub(OUTPUT_BYTES_MAX as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(OUTPUT_BYTES_MAX as u64).read_to_end(&mut tail)?;
    Ok((tail, from > 0))
}

fn last_lines(text: &[u8], lines: usize) -> &[u8] {
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    match ends.map(|(at, _)| at).nth(lines.saturating_sub(1)) {
        Some(before) => &text[before + 1..],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_last_lines_and_no_others() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), b"b\nc\n");
        assert_eq!(last_lines(b"a\nb\nc", 1), b"c");
        assert_eq!(last_lines(b"a\nb\n", 9), b"a\nb\n");
        assert_eq!(last_lines(b"", 3), b"");
    }

    #[test]
    fn reads_a_plain_file_and_nothing_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (log, link, out) = (
            folder.path().join("a.log"),
            folder.path().join("l"),
            folder.path().join("out"),
        );
        std::fs::write(&log, "one\ntwo\n").unwrap();
        std::os::unix::fs::symlink(&log, &link).unwrap();
        assert_eq!(collect(&log, 1, &out).state, "succeeded");
        assert_eq!(std::fs::read(&out).unwrap(), b"two\n");
        assert_eq!(collect(&link, 1, &out).code, "not_readable");
        assert_eq!(collect(folder.path(), 1, &out).code, "not_readable");
    }
}
