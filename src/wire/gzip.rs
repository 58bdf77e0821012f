//! Compression of what is sealed: before sealing, since ciphertext doesn't compress, and with a
//! bound on what comes out. Knows nothing of envelopes.

use std::cell::RefCell;
use std::io::{self, Read as _, Write as _};

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, Crc, Decompress, FlushDecompress, Status};

/// How a member without name, comment or extra fields begins (RFC 1952, 2.3): two magic bytes, deflate,
/// no flags. Time, extra flags and system follow.
const PLAIN_START: [u8; 4] = [0x1f, 0x8b, 8, 0];
/// Bytes of such a header.
const HEADER_BYTES: usize = 10;
/// Bytes behind the content: its CRC-32 and its length.
const TRAILER_BYTES: usize = 8;

thread_local! {
    /// A decoder has a window of 32 KiB; a new one for each report cost more than decoding it.
    static DECODER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Why compressed bytes can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// Broken, cut off, or with something behind its end.
    #[error("the compressed content is damaged")]
    Damaged,
    /// More comes out than the receiver takes: a mistake or a bomb.
    #[error("the content is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit that was passed.
        limit_bytes: usize,
    },
}

/// Compresses. Fast rather than small: reports are sent often, and the best level gains a twentieth.
///
/// # Errors
/// When the encoder fails, which it does not when it writes to memory.
pub(super) fn deflate(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(content.len() / 2), Compression::fast());
    encoder.write_all(content)?;
    encoder.finish()
}

/// Decompresses up to `limit_bytes`; never holds more than one byte above it.
///
/// # Errors
/// See [`InflateError`].
pub(super) fn inflate(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, InflateError> {
    let announced_bytes = announced_bytes(compressed);
    if compressed.starts_with(&PLAIN_START) && announced_bytes <= limit_bytes {
        return inflate_plain(compressed, announced_bytes);
    }
    inflate_any(compressed, limit_bytes)
}

/// What is sealed here: one plain member, whose length is known before.
fn inflate_plain(compressed: &[u8], announced_bytes: usize) -> Result<Vec<u8>, InflateError> {
    let body = compressed.get(HEADER_BYTES..).ok_or(InflateError::Damaged)?;
    // One more than announced, so that a member that holds more is found out.
    let mut content = Vec::with_capacity(announced_bytes + 1);
    let read_bytes = DECODER.with_borrow_mut(|decoder| {
        decoder.reset(false);
        match decoder.decompress_vec(body, &mut content, FlushDecompress::Finish) {
            Ok(Status::StreamEnd) => Ok(usize::try_from(decoder.total_in()).unwrap_or(usize::MAX)),
            Ok(_) | Err(_) => Err(InflateError::Damaged),
        }
    })?;
    let trailer = body.get(read_bytes..).filter(|rest| rest.len() == TRAILER_BYTES);
    let mut crc = Crc::new();
    crc.update(&content);
    let sums = u64::from(crc.sum()) | u64::from(crc.amount()) << 32;
    match trailer {
        Some(trailer) if *trailer == sums.to_le_bytes() => Ok(content),
        _ => Err(InflateError::Damaged),
    }
}

/// Any other member, or one that claims to hold too much.
fn inflate_any(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, InflateError> {
    let mut content = Vec::with_capacity(announced_bytes(compressed).min(limit_bytes));
    let mut decoder = GzDecoder::new(compressed);
    decoder
        .by_ref()
        .take(limit_bytes as u64 + 1)
        .read_to_end(&mut content)
        .map_err(|_| InflateError::Damaged)?;
    if content.len() > limit_bytes {
        return Err(InflateError::TooLarge { limit_bytes });
    }
    if decoder.into_inner().is_empty() {
        Ok(content)
    } else {
        Err(InflateError::Damaged)
    }
}

/// The length that gzip writes at its end (RFC 1952, 2.3.1). A hint for the first allocation only,
/// and believed as far as deflate can grow: 1,032 times.
fn announced_bytes(compressed: &[u8]) -> usize {
    let announced = compressed
        .last_chunk()
        .map_or(0, |last| u32::from_le_bytes(*last));
    compressed.len().saturating_mul(1_032).min(announced as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_it_was_given() {
        for content in [b"".as_slice(), b"x", &[7; 100_000]] {
            assert_eq!(
                inflate(&deflate(content).unwrap(), 100_000).as_deref(),
                Ok(content)
            );
        }
    }

    #[test]
    fn takes_a_member_with_a_name() {
        let mut encoder = flate2::GzBuilder::new()
            .filename("report.json")
            .write(Vec::new(), Compression::best());
        encoder.write_all(b"content").unwrap();
        assert_eq!(
            inflate(&encoder.finish().unwrap(), 100).as_deref(),
            Ok(&b"content"[..])
        );
    }

    #[test]
    fn refuses_a_wrong_checksum_or_length() {
        let whole = deflate(b"content").unwrap();
        for at in whole.len() - TRAILER_BYTES..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(inflate(&changed, 100).is_err(), "{at}");
        }
    }

    #[test]
    fn refuses_a_bomb() {
        let bomb = deflate(&vec![0; 50 << 20]).unwrap();
        assert!(bomb.len() < 1 << 20);
        let limit_bytes = 4 << 20;
        assert_eq!(
            inflate(&bomb, limit_bytes),
            Err(InflateError::TooLarge { limit_bytes })
        );
    }

    #[test]
    fn refuses_what_is_cut_off_or_followed_by_something() {
        let whole = deflate(b"content").unwrap();
        for length in 0..whole.len() {
            assert_eq!(
                inflate(&whole[..length], 100),
                Err(InflateError::Damaged),
                "{length}"
            );
        }
        assert_eq!(
            inflate(&[&whole[..], b"x"].concat(), 100),
            Err(InflateError::Damaged)
        );
        assert_eq!(
            inflate(&[&whole[..], &whole].concat(), 100),
            Err(InflateError::Damaged)
        );
    }
}
