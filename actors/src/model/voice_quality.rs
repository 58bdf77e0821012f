//! Tells from a network's delay, jitter and loss what voices over it would sound like: the E-model of
//! ITU-T G.107 in its usual simplification for packet networks. Everything that is not the network's
//! (room, loudness, echo) is at its default, which leaves a rating of 93.2; delay is taken off as in
//! G.107's approximation by Cole and Rosenbluth (2001), loss as for G.711 with concealment (G.113,
//! Ie = 0, Bpl = 25.1); jitter counts twice, as the buffer that evens it out delays.

/// What voices would sound like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceQuality {
    /// The rating, 0 to 93.2.
    pub r_factor: f64,
    /// Mean opinion score, 1 to 4.5.
    pub mos: f64,
}

const R_BEST: f64 = 93.2;
/// Milliseconds that coding, decoding and the smallest buffer take on both sides.
const CODEC_DELAY_MS: f64 = 10.0;
/// Milliseconds one way, from which on people begin to talk at the same time.
const TALK_OVER_MS: f64 = 177.3;
/// How robust the codec is against loss at random (G.113, appendix I).
const LOSS_ROBUSTNESS: f64 = 25.1;

impl VoiceQuality {
    /// By the round trip and its jitter in milliseconds, and the loss in percent. Numbers that can't be
    /// are taken for the nearest that can.
    #[must_use]
    pub fn of(round_trip_ms: f64, jitter_ms: f64, loss_percent: f64) -> Self {
        let delay = round_trip_ms.max(0.0) / 2.0 + jitter_ms.max(0.0) * 2.0 + CODEC_DELAY_MS;
        let loss = if loss_percent.is_nan() {
            100.0
        } else {
            loss_percent.clamp(0.0, 100.0)
        };
        let of_delay = 0.024 * delay + 0.11 * (delay - TALK_OVER_MS).max(0.0);
        let of_loss = 95.0 * loss / (loss + LOSS_ROBUSTNESS);
        let r_factor = (R_BEST - of_delay - of_loss).clamp(0.0, R_BEST);
        Self {
            r_factor,
            mos: mos(r_factor),
        }
    }

    /// The score in a word, by the satisfaction of users in G.107's annex B.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self.r_factor {
            r if r >= 90.0 => "excellent",
            r if r >= 80.0 => "good",
            r if r >= 70.0 => "fair",
            r if r >= 60.0 => "poor",
            _ => "bad",
        }
    }
}

/// G.107, annex B.
fn mos(r: f64) -> f64 {
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_a_network_as_people_would() {
        for (round_trip, jitter, loss, from, to, word) in [
            (20.0, 1.0, 0.0, 4.3, 4.45, "excellent"),
            (150.0, 10.0, 0.0, 4.2, 4.4, "excellent"),
            (100.0, 5.0, 2.0, 4.0, 4.3, "good"),
            (300.0, 30.0, 3.0, 3.0, 3.9, "fair"),
            (100.0, 5.0, 20.0, 1.0, 2.7, "bad"),
            (2_000.0, 100.0, 50.0, 1.0, 1.0, "bad"),
        ] {
            let voice = VoiceQuality::of(round_trip, jitter, loss);
            assert!(
                (from..=to).contains(&voice.mos),
                "{round_trip} {jitter} {loss}: {voice:?}"
            );
            assert_eq!(voice.word(), word, "{voice:?}");
        }
    }

    #[test]
    fn numbers_that_can_not_be_make_a_score_that_can() {
        for number in [f64::MAX, f64::INFINITY, -1.0, f64::MIN, f64::NAN] {
            let voice = VoiceQuality::of(number, number, number);
            assert!((1.0..=4.5).contains(&voice.mos), "{number}: {voice:?}");
        }
    }
}
