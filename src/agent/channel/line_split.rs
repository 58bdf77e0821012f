//! Lines out of an answer's body, however it was cut into pieces on its way.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::wire::channel::LINE_BYTES_MAX;

/// A line has no end within [`LINE_BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineTooLong;

/// Puts pieces together.
#[derive(Debug, Default)]
struct LineSplit {
    begun: Vec<u8>,
    whole: VecDeque<Vec<u8>>,
}

impl LineSplit {
    fn push(&mut self, piece: &[u8]) -> Result<(), LineTooLong> {
        for (index, part) in piece.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                let line = std::mem::take(&mut self.begun);
                if !line.is_empty() {
                    self.whole.push_back(line);
                }
            }
            if self.begun.len() + part.len() > LINE_BYTES_MAX {
                return Err(LineTooLong);
            }
            self.begun.extend_from_slice(part);
        }
        Ok(())
    }
}

/// The lines of that answer's body; the stream ends with it, or after an error.
pub(super) fn lines(response: reqwest::Response) -> impl Stream<Item = Result<Vec<u8>, LineTooLong>> {
    let begin = (Some(response), LineSplit::default());
    stream::unfold(begin, |(response, mut split)| async move {
        let mut response = response?;
        loop {
            if let Some(line) = split.whole.pop_front() {
                return Some((Ok(line), (Some(response), split)));
            }
            // A connection that broke ends the lines as well as one that was closed.
            let piece: Bytes = response.chunk().await.ok()??;
            if split.push(&piece).is_err() {
                return Some((Err(LineTooLong), (None, split)));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_lines_together_and_refuses_one_without_end() {
        let mut split = LineSplit::default();
        for piece in ["a", "b\nc", "d\n\ne", "f\n"] {
            split.push(piece.as_bytes()).unwrap();
        }
        assert_eq!(split.whole, [b"ab", b"cd", b"ef"]);
        assert!(split.begun.is_empty());
        split.push(&vec![b'x'; LINE_BYTES_MAX]).unwrap();
        assert_eq!(split.push(b"y"), Err(LineTooLong));
    }
}
