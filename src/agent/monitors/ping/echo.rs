//! Sends ICMP echoes and waits for their answers, without being root where the system allows that (a
//! socket for datagrams of ICMP; on Linux `net.ipv4.ping_group_range` says who may), else as root.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketType, ipproto, socket};
use tokio::net::UdpSocket;

/// Bytes that tell this round's answers from all others.
pub type Token = [u8; 16];

const HEADER_BYTES: usize = 8;
const ASKS_V4: u8 = 8;
const ANSWERS_V4: u8 = 0;
const ASKS_V6: u8 = 128;
const ANSWERS_V6: u8 = 129;

/// A socket that speaks ICMP to one address.
pub struct EchoSocket {
    socket: UdpSocket,
    is_v6: bool,
}

/// When echoes are sent, and how long their answers are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// How many.
    pub count: u16,
    /// Between two.
    pub gap: Duration,
    /// After the last one.
    pub patience: Duration,
}

impl EchoSocket {
    /// Opens one.
    ///
    /// # Errors
    /// When the system allows none, or knows no way to that address.
    pub async fn open(to: IpAddr) -> io::Result<Self> {
        let (family, protocol) = match to {
            IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
            IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
        };
        let opened = socket(family, SocketType::DGRAM, Some(protocol))
            .or_else(|_| socket(family, SocketType::RAW, Some(protocol)))?;
        fcntl_setfd(&opened, FdFlags::CLOEXEC)?;
        // What sends and receives datagrams is the same for every protocol of them.
        let socket = std::net::UdpSocket::from(opened);
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        socket.connect(SocketAddr::new(to, 0)).await?;
        Ok(Self {
            socket,
            is_v6: to.is_ipv6(),
        })
    }

    /// Sends a round of echoes; answers with the time that each took, none for one that was lost.
    pub async fn round(&self, round: Round, token: &Token) -> Vec<Option<Duration>> {
        let mut sent: Vec<Instant> = Vec::new();
        let mut took = vec![None; usize::from(round.count)];
        let began = Instant::now();
        let until = began + round.gap * u32::from(round.count.saturating_sub(1)) + round.patience;
        let mut buffer = [0_u8; 512];
        loop {
            let next = u16::try_from(sent.len()).ok().filter(|next| *next < round.count);
            let due = next.map(|next| began + round.gap * u32::from(next));
            if let (Some(number), Some(due)) = (next, due)
                && due <= Instant::now()
            {
                sent.push(Instant::now());
                // What could not be sent is as lost as what was dropped on its way.
                let _ = self.socket.send(&request(self.is_v6, number, token)).await;
                continue;
            }
            if took.iter().all(Option::is_some) || Instant::now() >= until {
                return took;
            }
            let wait_until = tokio::time::Instant::from_std(due.unwrap_or(until));
            let received = tokio::time::timeout_at(wait_until, self.socket.recv(&mut buffer)).await;
            // An error is a word from the way, as "no route to host": the answer never comes.
            if let Ok(Ok(bytes)) = received
                && let Some(number) = answered(self.is_v6, &buffer[..bytes], token)
                && let (Some(at), Some(took)) =
                    (sent.get(usize::from(number)), took.get_mut(usize::from(number)))
            {
                took.get_or_insert(at.elapsed());
            }
        }
    }
}

/// An echo request: header, number and token.
fn request(is_v6: bool, number: u16, token: &Token) -> [u8; HEADER_BYTES + 16] {
    let mut packet = [0_u8; HEADER_BYTES + 16];
    packet[0] = if is_v6 { ASKS_V6 } else { ASKS_V4 };
    // The identifier; systems that hand out ports for it put theirs there.
    packet[4..6].copy_from_slice(&token[..2]);
    packet[6..8].copy_from_slice(&number.to_be_bytes());
    packet[HEADER_BYTES..].copy_from_slice(token);
    let sum = checksum(&packet);
    packet[2..4].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// The number of the echo that a packet answers; none when it answers another one.
fn answered(is_v6: bool, packet: &[u8], token: &Token) -> Option<u16> {
    let icmp = if is_v6 { packet } else { without_ip_header(packet)? };
    let answers = if is_v6 { ANSWERS_V6 } else { ANSWERS_V4 };
    let (header, payload) = icmp.split_at_checked(HEADER_BYTES)?;
    let is_ours = header[0] == answers && payload == token;
    is_ours.then(|| u16::from_be_bytes([header[6], header[7]]))
}

/// macOS, and every raw socket, hand out the IP header too: it begins with a 4, an answer with a 0.
fn without_ip_header(packet: &[u8]) -> Option<&[u8]> {
    match packet.first()? {
        first if first >> 4 == 4 => packet.get(usize::from(first & 0x0f) * 4..),
        _ => Some(packet),
    }
}

/// The internet checksum (RFC 1071).
fn checksum(packet: &[u8]) -> u16 {
    let words = packet.chunks(2).map(|pair| {
        let low = pair.get(1).copied().unwrap_or_default();
        u32::from(u16::from_be_bytes([pair[0], low]))
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Token = [7; 16];

    fn answer(is_v6: bool, number: u16, token: &Token) -> Vec<u8> {
        let mut packet = request(is_v6, number, token).to_vec();
        packet[0] = if is_v6 { ANSWERS_V6 } else { ANSWERS_V4 };
        packet
    }

    #[test]
    fn an_answer_is_told_from_all_other_packets() {
        assert_eq!(answered(false, &answer(false, 258, &TOKEN), &TOKEN), Some(258));
        assert_eq!(answered(true, &answer(true, 2, &TOKEN), &TOKEN), Some(2));
        let with_header = [&[0x45_u8; 1][..], &[0; 19], &answer(false, 3, &TOKEN)].concat();
        assert_eq!(answered(false, &with_header, &TOKEN), Some(3));
        assert_eq!(answered(false, &request(false, 1, &TOKEN), &TOKEN), None);
        assert_eq!(answered(false, &answer(false, 1, &[8; 16]), &TOKEN), None);
        for packet in [&[][..], &[0x4f], &[0x45; 21], &[0; 7], &[0; 24], &[0xff; 512]] {
            assert_eq!(answered(false, packet, &TOKEN), None);
            assert_eq!(answered(true, packet, &TOKEN), None);
        }
    }

    #[test]
    fn a_packet_with_its_checksum_sums_up_to_nothing() {
        assert_eq!(checksum(&request(false, 9, &TOKEN)), 0);
        assert_eq!(checksum(&[0x45, 0, 0x1]), !0x4600);
    }
}
