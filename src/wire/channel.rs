//! The channel over which a server tells an agent something at once. The agent opens it by
//! `POST /api/v2/agents/channel` with a sealed [`OpeningV2`]; the answer's body stays open and brings
//! lines, each a sealed [`LineV2`]. A ping is answered by `POST /api/v2/agents/channel/pong` with a
//! sealed [`PongV2`].
//!
//! Each opening has a random id that all its messages bear, and numbers its lines from 1: what was
//! recorded of another opening, or comes again, is refused.

use atlas_actors::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::envelope_v2::{Compression, Context, EnvelopeV2, OpenKey, Outgoing, SealKey};
use super::hex_id::ChannelId;

/// The route that opens one.
pub const CHANNEL_ROUTE: &str = "/api/v2/agents/channel";
/// The route of answers to pings.
pub const PONG_ROUTE: &str = "/api/v2/agents/channel/pong";

/// A line has so many bytes at most. Reason: messages are a hundred bytes; a peer that sends no end of
/// a line must not fill the memory.
pub const LINE_BYTES_MAX: usize = 4_096;

/// What an agent opens its channel with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningV2 {
    /// Drawn at random for each opening.
    pub channel: ChannelId,
    /// The agent's version.
    pub agent_version: String,
}

/// A line of the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineV2 {
    /// Of which opening.
    pub channel: ChannelId,
    /// What it says.
    pub message: MessageV2,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum MessageV2 {
    /// Answer.
    Ping {
        /// To be named in the answer.
        id: u64,
    },
    /// Report now: somebody looks at the machine.
    ReportNow,
    /// Commands wait: fetch them.
    CommandsDue,
    /// Something that only newer agents know.
    #[serde(other)]
    Unknown,
}

/// The answer to a ping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PongV2 {
    /// On which opening it was asked.
    pub channel: ChannelId,
    /// Which ping.
    pub id: u64,
    /// For how long the agent runs.
    pub uptime_s: u64,
}

/// The server's end of one opening: seals its lines.
#[derive(Debug)]
pub struct LineWriter {
    key: SealKey,
    channel: ChannelId,
    seq: u64,
}

/// The agent's end of one opening: takes its lines.
#[derive(Debug)]
pub struct LineReader {
    key: OpenKey,
    channel: ChannelId,
    seq: u64,
}

/// Why a line is not taken. The channel is to be opened anew then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not sealed by the server for this agent and this route, or no message.
    #[error("a line of the channel can't be opened")]
    Unreadable,
    /// Recorded on another opening, or taken before.
    #[error("a line of the channel came before")]
    Repeated,
}

const CONTEXT: Context<'static> = Context {
    method: "POST",
    route: CHANNEL_ROUTE,
};

impl LineWriter {
    /// The lines of that opening.
    #[must_use]
    pub const fn new(key: SealKey, channel: ChannelId) -> Self {
        Self { key, channel, seq: 0 }
    }

    /// The next line, with its end; nothing when the key is used up.
    pub fn line(&mut self, message: MessageV2, now: Timestamp) -> Option<Vec<u8>> {
        self.seq += 1;
        let plaintext = serde_json::to_vec(&LineV2 {
            channel: self.channel,
            message,
        });
        let sealed = self.key.seal(&Outgoing {
            seq: self.seq,
            sent_at: now,
            context: CONTEXT,
            compression: Compression::Never,
            plaintext: &plaintext.ok()?,
        });
        let mut line = serde_json::to_vec(&sealed.ok()?).ok()?;
        line.push(b'\n');
        Some(line)
    }
}

impl LineReader {
    /// The lines of that opening.
    #[must_use]
    pub const fn new(key: OpenKey, channel: ChannelId) -> Self {
        Self { key, channel, seq: 0 }
    }

    /// Takes a line without its end.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn take(&mut self, line: &[u8]) -> Result<MessageV2, LineError> {
        let envelope = EnvelopeV2::parse(line).map_err(|_| LineError::Unreadable)?;
        let opened = envelope
            .open(&self.key, &CONTEXT)
            .map_err(|_| LineError::Unreadable)?;
        let said: LineV2 = serde_json::from_slice(&opened.plaintext).map_err(|_| LineError::Unreadable)?;
        if said.channel != self.channel || opened.seq <= self.seq {
            return Err(LineError::Repeated);
        }
        self.seq = opened.seq;
        Ok(said.message)
    }
}

/// What an agent sends about its channel.
///
/// # Errors
/// When it can't be read.
pub fn parse<'a, T: Deserialize<'a>>(content: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(content)
}

#[cfg(test)]
mod tests {
    use super::super::envelope_v2::{Channel, Direction};
    use super::super::hex_id::{AgentId, KeyId};
    use super::super::pins::ServerId;
    use super::super::secret::Secret;
    use super::*;

    fn ends(channel: u8) -> (LineWriter, LineReader) {
        let of_key = Channel {
            direction: Direction::ServerToAgent,
            agent_id: AgentId::new([1; 16]),
            server_id: ServerId::of(&[2; 32]),
            kid: KeyId::new([3; 12]),
            epoch: 1,
        };
        let (root, id) = (Secret::new([4; 32]), ChannelId::new([channel; 15]));
        (
            LineWriter::new(SealKey::derive(&root, &of_key, 0), id),
            LineReader::new(OpenKey::derive(&root, &of_key), id),
        )
    }

    fn line(writer: &mut LineWriter, message: MessageV2) -> Vec<u8> {
        let line = writer.line(message, Timestamp::from_secs(1_790_000_000)).unwrap();
        line.strip_suffix(b"\n").unwrap().to_vec()
    }

    #[test]
    fn takes_each_line_once_and_in_order() {
        let (mut writer, mut reader) = ends(7);
        let first = line(&mut writer, MessageV2::Ping { id: 9 });
        let second = line(&mut writer, MessageV2::CommandsDue);
        let third = line(&mut writer, MessageV2::ReportNow);
        assert_eq!(reader.take(&first), Ok(MessageV2::Ping { id: 9 }));
        assert_eq!(reader.take(&third), Ok(MessageV2::ReportNow));
        assert_eq!(reader.take(&third), Err(LineError::Repeated));
        assert_eq!(reader.take(&second), Err(LineError::Repeated), "held back");
    }

    #[test]
    fn takes_no_line_of_another_opening_and_none_that_was_changed() {
        let (mut writer, _) = ends(7);
        let (_, mut other) = ends(8);
        let recorded = line(&mut writer, MessageV2::CommandsDue);
        assert_eq!(other.take(&recorded), Err(LineError::Repeated));
        let (mut writer, mut reader) = ends(7);
        let mut changed = line(&mut writer, MessageV2::CommandsDue);
        let middle = changed.len() - 8;
        changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
        assert_eq!(reader.take(&changed), Err(LineError::Unreadable));
        assert_eq!(reader.take(b"{}"), Err(LineError::Unreadable));
    }

    #[test]
    fn a_message_of_a_newer_server_is_no_error() {
        let newer: MessageV2 = serde_json::from_str(r#"{"say":"dance"}"#).unwrap();
        assert_eq!(newer, MessageV2::Unknown);
    }
}
