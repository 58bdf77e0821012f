//! Owns the agent's dice: what spreads a fleet's reports and retries over time. Nothing secret.

/// An even number from 0 up to but not 1. Half when the system has no randomness, which only makes agents
/// meet.
#[must_use]
pub fn fraction() -> f64 {
    let draw = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(draw) / (f64::from(u32::MAX) + 1.0)
}
