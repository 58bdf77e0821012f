//! Whether this machine's clock is right.

use atlas_actors::limits::CLOCK_SKEW_MAX;

use super::finding::Finding;

/// From here on curves and alarms stand at moments that people wonder about.
const WARN_MS: u64 = 5_000;

/// How far the server's clock is ahead of this machine's, judged.
pub(super) fn against_the_server(ahead_ms: Option<i64>) -> Finding {
    let Some(ahead_ms) = ahead_ms else {
        return Finding::warn(
            "clock",
            "the server does not tell its time",
            "it may be older than this agent",
        );
    };
    let (off_ms, side) = (
        ahead_ms.unsigned_abs(),
        if ahead_ms > 0 { "behind" } else { "ahead of" },
    );
    let what = format!(
        "this machine's clock is {:.1} s {side} the server's",
        off_ms as f32 / 1_000.0
    );
    let advice = "set one of the two by the network: `timedatectl set-ntp true`, or System Settings on a Mac";
    if u128::from(off_ms) > CLOCK_SKEW_MAX.as_millis() {
        // Reports still arrive: the agent goes by the server's clock then.
        return Finding::fail("clock", what, advice);
    }
    if off_ms >= WARN_MS {
        return Finding::warn("clock", what, advice);
    }
    Finding::ok("clock", what)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_clock_is_judged_either_way() {
        for (ahead_ms, verdict) in [
            (Some(0), Verdict::Ok),
            (Some(4_999), Verdict::Ok),
            (Some(-5_000), Verdict::Warn),
            (Some(300_000), Verdict::Warn),
            (Some(300_001), Verdict::Fail),
            (Some(i64::MIN), Verdict::Fail),
            (None, Verdict::Warn),
        ] {
            assert_eq!(against_the_server(ahead_ms).verdict, verdict, "{ahead_ms:?}");
        }
        assert!(against_the_server(Some(1)).what.contains("behind"));
    }
}
