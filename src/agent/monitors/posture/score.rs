//! One number for how well a machine is protected: the weights of what is well, of the weights of what
//! is known, in percent. What is not known counts neither way. docs/monitors.md has the same table.

use crate::wire::report_v1::PostureSectionV1;

const DISK_ENCRYPTION: u32 = 30;
const FIREWALL: u32 = 20;
const AUTO_UPDATES: u32 = 15;
const SYSTEM_PROTECTION: u32 = 15;
const GATEKEEPER: u32 = 10;
const SCREEN_LOCK: u32 = 10;

/// 0 to 100; nothing when nothing is known.
pub(super) fn of(posture: &PostureSectionV1) -> Option<u32> {
    let parts = [
        (posture.disk_encrypted, DISK_ENCRYPTION),
        (posture.firewall_enabled, FIREWALL),
        (posture.auto_updates_enabled, AUTO_UPDATES),
        (
            posture.sip_enabled.or(posture.secure_boot_enabled),
            SYSTEM_PROTECTION,
        ),
        (posture.gatekeeper_enabled, GATEKEEPER),
        (posture.screen_lock_enabled, SCREEN_LOCK),
    ];
    let (mut well, mut known) = (0, 0);
    for (is_well, weight) in parts {
        known += is_well.map_or(0, |_| weight);
        well += if is_well == Some(true) { weight } else { 0 };
    }
    (known > 0).then(|| (well * 100 + known / 2) / known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_counts_neither_way() {
        let mut posture = PostureSectionV1::default();
        assert_eq!(of(&posture), None);
        posture.disk_encrypted = Some(true);
        assert_eq!(of(&posture), Some(100));
        posture.firewall_enabled = Some(false);
        assert_eq!(of(&posture), Some(60));
        posture.secure_boot_enabled = Some(false);
        assert_eq!(of(&posture), Some(46));
    }
}
