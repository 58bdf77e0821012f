//! Notices changes from one access point to another, and clinging to a weak one. Pure.

use super::Radio;
use crate::wire::report_v1::{RoamV1, WifiRoamingV1};

/// Looks in a row at a signal below `poor` with no change of the access point: the machine clings.
const CLINGS_AFTER: u32 = 3;

/// What was seen of the access points.
#[derive(Clone, Debug, Default)]
pub struct Roaming {
    before: Option<Radio>,
    roams: u64,
    last: Option<RoamV1>,
    weak_in_a_row: u32,
    clung: u64,
}

impl Roaming {
    /// Nothing seen so far.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            before: None,
            roams: 0,
            last: None,
            weak_in_a_row: 0,
            clung: 0,
        }
    }

    /// Notes a look. Only a change within one network is roaming; into another network is a move.
    pub fn note(&mut self, radio: &Radio, poor_dbm: i32, at: String) {
        let before = self.before.take();
        let change = before.as_ref().and_then(|before| {
            let (from, to) = (before.bssid.as_ref()?, radio.bssid.as_ref()?);
            (from != to && before.ssid == radio.ssid).then(|| RoamV1 {
                at,
                from_bssid: from.clone(),
                to_bssid: to.clone(),
                from_signal_dbm: before.signal_dbm,
                to_signal_dbm: radio.signal_dbm,
                from_channel: before.channel,
                to_channel: radio.channel,
            })
        });
        let is_weak = radio.signal_dbm.is_some_and(|dbm| dbm < poor_dbm);
        self.weak_in_a_row = if is_weak && change.is_none() {
            self.weak_in_a_row + 1
        } else {
            0
        };
        if self.weak_in_a_row == CLINGS_AFTER {
            self.clung += 1;
        }
        if change.is_some() {
            self.roams += 1;
            self.last = change;
        }
        self.before = Some(radio.clone());
    }

    /// How often it roamed; unknown while access points are hidden.
    #[must_use]
    pub fn roams(&self) -> Option<u64> {
        let sees = self.before.as_ref().is_some_and(|radio| radio.bssid.is_some());
        (sees || self.roams > 0).then_some(self.roams)
    }

    /// The last time.
    #[must_use]
    pub fn last(&self) -> Option<RoamV1> {
        self.last.clone()
    }

    /// As 2.0 reports it.
    #[must_use]
    pub fn in_words_of_2_0(&self, radio: &Radio) -> WifiRoamingV1 {
        WifiRoamingV1 {
            roaming_events: self.roams(),
            sticky_client_incidents: Some(self.clung),
            current_channel: radio.channel,
            ..WifiRoamingV1::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn radio(ssid: &str, bssid: Option<&str>, dbm: i32) -> Radio {
        Radio {
            ssid: Some(ssid.to_owned()),
            bssid: bssid.map(ToOwned::to_owned),
            signal_dbm: Some(dbm),
            channel: Some(36),
            ..Radio::default()
        }
    }

    fn seen(radios: &[Radio]) -> Roaming {
        let mut roaming = Roaming::new();
        for (number, radio) in radios.iter().enumerate() {
            roaming.note(radio, -80, number.to_string());
        }
        roaming
    }

    #[test]
    fn a_change_of_access_point_within_a_network_is_roaming() {
        let roaming = seen(&[
            radio("a", Some("1"), -75),
            radio("a", Some("2"), -50),
            radio("a", Some("2"), -51),
        ]);
        assert_eq!(roaming.roams(), Some(1));
        let last = roaming.last().unwrap();
        assert_eq!(
            (last.at.as_str(), last.from_bssid.as_str(), last.to_bssid.as_str()),
            ("1", "1", "2")
        );
        assert_eq!((last.from_signal_dbm, last.to_signal_dbm), (Some(-75), Some(-50)));
    }

    #[test]
    fn another_network_is_a_move_and_a_hidden_access_point_says_nothing() {
        assert_eq!(
            seen(&[radio("a", Some("1"), -50), radio("b", Some("2"), -50)]).roams(),
            Some(0)
        );
        let hidden = seen(&[radio("a", None, -50), radio("a", None, -50)]);
        assert_eq!((hidden.roams(), hidden.last()), (None, None));
        let lost_in_between = seen(&[
            radio("a", Some("1"), -50),
            Radio::default(),
            radio("a", Some("2"), -50),
        ]);
        assert_eq!(lost_in_between.roams(), Some(0));
    }

    #[test]
    fn clinging_to_a_weak_access_point_counts_once() {
        let weak = vec![radio("a", Some("1"), -85); 7];
        let words = seen(&weak).in_words_of_2_0(&weak[0]);
        assert_eq!(words.sticky_client_incidents, Some(1));
        let moved = seen(&[
            radio("a", Some("1"), -85),
            radio("a", Some("2"), -85),
            radio("a", Some("3"), -85),
        ]);
        assert_eq!(moved.in_words_of_2_0(&weak[0]).sticky_client_incidents, Some(0));
    }
}
