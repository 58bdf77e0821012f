//! Compression of what is sealed: before sealing, since ciphertext doesn't compress, and with a
//! bound on what comes out. Knows nothing of envelopes.

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

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
