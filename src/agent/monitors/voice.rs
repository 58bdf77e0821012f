//! Says what voices over this network would sound like. Has no look of its own: the pings tell it.

use atlas_actors::model::VoiceQuality;

use crate::agent::collect::hundredth;
use crate::wire::report_v1::{OutsideV1, VoiceV1};

/// By how packets to the outside fare. Without any answer there is no voice, which is 1, the worst.
#[must_use]
pub fn of(outside: &OutsideV1) -> Option<VoiceV1> {
    let loss = outside.loss_percent?;
    let latency = outside.latency_ms.unwrap_or(f64::INFINITY);
    let quality = VoiceQuality::of(latency, outside.jitter_ms.unwrap_or(0.0), loss);
    Some(VoiceV1 {
        mos: hundredth(quality.mos),
        r_factor: hundredth(quality.r_factor),
        quality: quality.word().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_line_has_the_worst_voice_and_an_unknown_one_none() {
        let dead = OutsideV1 {
            loss_percent: Some(100.0),
            ..OutsideV1::default()
        };
        assert_eq!(of(&dead).unwrap().mos, 1.0);
        assert_eq!(of(&OutsideV1::default()), None);
    }
}
