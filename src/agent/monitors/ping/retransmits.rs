//! Reads how many TCP segments had to be sent again, from the kernel's own count (`/proc/net/snmp`).
//! Elsewhere it is unknown: `netstat -s` on macOS prints it without a stable format.

use crate::agent::collect::hundredth;

/// Segments since the system started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segments {
    sent: u64,
    sent_again: u64,
}

/// Compares two counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retransmits {
    before: Option<Segments>,
}

impl Retransmits {
    /// Percent of the segments sent since the last time; none when nothing was sent.
    pub fn since_last_time(&mut self) -> Option<f64> {
        self.compare(parse(&std::fs::read_to_string("/proc/net/snmp").ok()?)?)
    }

    fn compare(&mut self, now: Segments) -> Option<f64> {
        let before = self.before.replace(now)?;
        let sent = now.sent.checked_sub(before.sent).filter(|sent| *sent > 0)?;
        let again = now.sent_again.checked_sub(before.sent_again)?;
        let share = f64::from(u32::try_from(again).ok()?) / f64::from(u32::try_from(sent).ok()?);
        // Segments sent again are not among those sent (RFC 4022).
        Some(hundredth((share * 100.0).min(100.0)))
    }
}

/// Finds the names of TCP's counters in one line and their values in the next.
fn parse(text: &str) -> Option<Segments> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp:"));
    let (names, values) = (lines.next()?, lines.next()?);
    let value = |wanted: &str| {
        let mut both = names.split_whitespace().zip(values.split_whitespace());
        both.find(|(name, _)| *name == wanted)?.1.parse().ok()
    };
    Some(Segments {
        sent: value("OutSegs")?,
        sent_again: value("RetransSegs")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNMP: &str = "Ip: Forwarding DefaultTTL\nIp: 1 64\n\
        Tcp: RtoAlgorithm RtoMin MaxConn InSegs OutSegs RetransSegs InErrs\n\
        Tcp: 1 200 -1 5000 4000 20 0\nUdp: InDatagrams\nUdp: 7\n";

    #[test]
    fn counts_what_was_sent_again_since_the_last_time() {
        let first = parse(SNMP).unwrap();
        assert_eq!(
            first,
            Segments {
                sent: 4_000,
                sent_again: 20
            }
        );
        let mut retransmits = Retransmits::default();
        assert_eq!(retransmits.compare(first), None);
        assert_eq!(
            retransmits.compare(Segments {
                sent: 4_200,
                sent_again: 21
            }),
            Some(0.5)
        );
        assert_eq!(
            retransmits.compare(Segments {
                sent: 4_200,
                sent_again: 21
            }),
            None
        );
        assert_eq!(
            retransmits.compare(Segments {
                sent: 10,
                sent_again: 0
            }),
            None
        );
    }

    #[test]
    fn what_is_cut_off_is_unknown() {
        for text in [
            "",
            "Tcp: OutSegs",
            "Tcp: OutSegs RetransSegs\nTcp: 1",
            "Tcp: OutSegs RetransSegs\nTcp: x -1",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
