//! Owns the JSON of a report as ATLAS's own agent sends it: 2.0's fields (contract, section 2) and
//! ATLAS's additions beside them. What could not be had is left out, never 0 or -1; where that has a
//! reason, `metrics.unavailable` names it. Knows nothing of envelopes, sockets or actors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use atlas_actors::clock::Timestamp;

use super::absence::GapV1;

/// Declares a part of the report: every field may be missing, and a missing one is left out.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$field_doc])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,)*
        }

        impl $name {
            /// Takes over what `other` has.
            pub fn take_over(&mut self, other: Self) {
                $(if other.$field.is_some() {
                    self.$field = other.$field;
                })*
            }
        }
    };
}

mod crashes;
mod diagnosis;
mod disk_health;
mod machine_info;
mod metrics;
mod own_cost;
mod peripherals;
mod ping;
mod posture;
mod power;
mod section;
mod services;
mod services_asked;
mod software;
mod speedtest;
mod thermal;
mod updates;
mod vpn;
mod wifi;

pub use self::crashes::*;
pub use self::diagnosis::*;
pub use self::disk_health::*;
pub use self::machine_info::*;
pub use self::metrics::*;
pub use self::own_cost::*;
pub use self::peripherals::*;
pub use self::ping::*;
pub use self::posture::*;
pub use self::power::*;
pub use self::section::*;
pub use self::services::*;
pub use self::services_asked::*;
pub use self::software::*;
pub use self::speedtest::*;
pub use self::thermal::*;
pub use self::updates::*;
pub use self::vpn::*;
pub use self::wifi::*;

/// One report of one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportV1 {
    /// Under which id the machine reports.
    pub machine_id: String,
    /// Its place in the spool; none in a report that never went through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryV1>,
    /// When the values were measured, by the machine's own clock.
    #[serde(with = "rfc3339")]
    pub taken_at: Timestamp,
    /// When it was sent. Filled in at that moment.
    #[serde(default, with = "rfc3339_option", skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Seconds between two reports.
    pub interval_s: u32,
    /// Reports that the spool has lost so far: dropped when it was full, or damaged.
    pub dropped: u64,
    /// Which program reports.
    pub agent: AgentV1,
    /// What the machine is.
    pub machine_info: MachineInfoV1,
    /// How it is.
    pub metrics: MetricsV1,
    /// When it was silent, and why, as far as this agent knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explains: Vec<GapV1>,
    /// What seldom changes, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sections: BTreeMap<String, SectionV1>,
}

/// Where a report stands in its agent's spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryV1 {
    /// The spool's random id, 16 hex digits.
    pub spool: String,
    /// The report's number in it.
    pub seq: u64,
}

/// The program that reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentV1 {
    /// Always "atlas".
    pub kind: String,
    /// Its version.
    pub version: String,
}

impl AgentV1 {
    /// This very program.
    #[must_use]
    pub fn this_one() -> Self {
        Self {
            kind: "atlas".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

impl ReportV1 {
    /// The JSON, as the spool keeps it and `with_sent_at` expects it.
    ///
    /// # Errors
    /// When serde can't write it, which no field of this type gives cause for.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// A report's JSON with the moment of sending in it. Spliced in, since parsing and writing the whole
/// report again for one field would cost more than everything else that sending costs.
#[must_use]
pub fn with_sent_at(report_json: &[u8], sent_at: Timestamp) -> Vec<u8> {
    let mut body = format!("{{\"sent_at\":\"{sent_at}\",").into_bytes();
    body.extend_from_slice(report_json.strip_prefix(b"{").unwrap_or(report_json));
    body
}

/// A moment as RFC 3339 text.
mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Timestamp;

    pub(super) fn serialize<S: Serializer>(moment: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(moment)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The same for a moment that may be missing.
mod rfc3339_option {
    use serde::{Deserializer, Serializer};

    use super::{Timestamp, rfc3339};

    pub(super) fn serialize<S: Serializer>(moment: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => rfc3339::serialize(moment, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        rfc3339::deserialize(from).map(Some)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small report for tests of the agent.
    pub(crate) fn sample_report(taken_at: Timestamp) -> ReportV1 {
        ReportV1 {
            machine_id: "studio-1".to_owned(),
            delivery: None,
            taken_at,
            sent_at: None,
            interval_s: 30,
            dropped: 0,
            agent: AgentV1::this_one(),
            machine_info: MachineInfoV1::default(),
            metrics: MetricsV1::default(),
            explains: Vec::new(),
            sections: BTreeMap::new(),
        }
    }

    #[test]
    fn leaves_out_what_could_not_be_had() {
        let json = sample_report(Timestamp::from_secs(1_760_000_000))
            .to_json()
            .unwrap();
        let text = String::from_utf8(json).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            text,
            format!(
                "{{\"machine_id\":\"studio-1\",\"taken_at\":\"2025-10-09T08:53:20.000Z\",\"interval_s\":30,\
                 \"dropped\":0,\"agent\":{{\"kind\":\"atlas\",\"version\":\"{version}\"}},\
                 \"machine_info\":{{}},\"metrics\":{{}}}}"
            )
        );
    }

    #[test]
    fn gets_its_moment_of_sending_when_it_is_sent() {
        let mut report = sample_report(Timestamp::from_secs(1_760_000_000));
        let sent_at = Timestamp::from_millis(1_760_000_123_456);
        let body = with_sent_at(&report.to_json().unwrap(), sent_at);
        report.sent_at = Some(sent_at);
        assert_eq!(serde_json::from_slice::<ReportV1>(&body).unwrap(), report);
    }

    #[test]
    fn names_reasons_as_the_contract_does() {
        let reasons = [
            Unavailable::Unsupported,
            Unavailable::NoPermission,
            Unavailable::ToolMissing,
            Unavailable::TimedOut,
        ];
        let json = serde_json::to_string(&reasons).unwrap();
        assert_eq!(
            json,
            r#"["unsupported","no_permission","tool_missing","timed_out"]"#
        );
    }
}
