//! How the port's values look in columns: numbers as signed integers, names of journals, tiers and
//! kinds as text, and a CRC32C over a row's identity and body, so that a body that sits in the wrong
//! row is found as well as one whose bits have turned.

use atlas_actors::model::MachineId;
use atlas_actors::store::Stream;
use bytes::Bytes;
use rusqlite::Row;

/// A number that only counts up, as SQLite keeps it. Nothing counts to 2^63.
pub(super) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The reverse of [`to_column`]; negative numbers come from damage and read as 0.
pub(super) fn from_column(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The checksum of a row: its identity, then its body. Each part's length goes in, so that bytes
/// can't move from one part to the next.
pub(super) fn checksum(identity: &[&[u8]], body: &[u8]) -> u32 {
    let identified = identity.iter().fold(0, |crc, part| {
        let crc = crc32c::crc32c_append(crc, &(part.len() as u64).to_le_bytes());
        crc32c::crc32c_append(crc, part)
    });
    crc32c::crc32c_append(identified, body)
}

/// The checksum of a journal record; a hot path, hence one fixed array.
pub(super) fn record_checksum(journal: i64, version: i64, body: &[u8]) -> u32 {
    let mut identity = [0; 16];
    identity[..8].copy_from_slice(&journal.to_le_bytes());
    identity[8..].copy_from_slice(&version.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&identity), body)
}

/// The body of a row and the checksum beside it. `None` when the columns hold something else, which
/// is damage as well.
pub(super) fn body_and_checksum<'r>(row: &'r Row<'_>, body: usize, crc: usize) -> Option<(&'r [u8], u32)> {
    let bytes = row.get_ref(body).ok()?.as_blob().ok()?;
    let crc = row.get_ref(crc).ok()?.as_i64().ok()?;
    Some((bytes, u32::try_from(crc).ok()?))
}

/// The body, if it is what was written.
pub(super) fn sound_body(
    row: &Row<'_>,
    body: usize,
    crc: usize,
    expected: impl FnOnce(&[u8]) -> u32,
) -> Option<Bytes> {
    let (bytes, stored) = body_and_checksum(row, body, crc)?;
    (expected(bytes) == stored).then(|| Bytes::copy_from_slice(bytes))
}

/// The journal that has this name, as [`Stream`] shows itself.
pub(super) fn stream_named(name: &str) -> Option<Stream> {
    match name.strip_prefix("machine/") {
        Some(id) => MachineId::parse(id).ok().map(Stream::Machine),
        None => [Stream::Commands, Stream::Audit]
            .into_iter()
            .find(|stream| stream.to_string() == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_is_found_by_the_name_it_shows() {
        let machine = MachineId::parse("Tom's MacBook.local").unwrap();
        for stream in [Stream::Commands, Stream::Audit, Stream::Machine(machine)] {
            assert_eq!(stream_named(&stream.to_string()), Some(stream));
        }
        assert_eq!(stream_named("machine/"), None);
        assert_eq!(stream_named("elsewhere"), None);
    }

    #[test]
    fn bytes_that_move_between_parts_change_the_checksum() {
        assert_ne!(checksum(&[b"ab", b"c"], b"d"), checksum(&[b"a", b"bc"], b"d"));
        assert_ne!(record_checksum(1, 2, b"x"), record_checksum(2, 1, b"x"));
    }
}
