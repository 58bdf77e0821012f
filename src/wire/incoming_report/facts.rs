//! Reads what a machine says of itself.

use atlas_actors::model::machine_id::{MACHINE_ID_BYTES_MAX, checked_label, checked_name};
use atlas_actors::model::{AgentKind, Facts, MachineId, OsFamily, Whereabouts};
use bytes::Bytes;
use serde::Deserialize;

use super::{ReadReportError, parse};

/// Other texts about a machine are cut off here: they are shown in one line.
const TEXT_CHARS_MAX: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
struct MachineInfo {
    hostname: Option<String>,
    computer_name: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    model: Option<String>,
    serial_number: Option<String>,
    local_ip: Option<String>,
    agent_version: Option<String>,
}

/// Reads the `machine_info` section. An agent that says its version is one of this program.
pub(super) fn read(
    document: &str,
    machine: &MachineId,
    atlas_version: Option<String>,
) -> Result<Facts, ReadReportError> {
    let info: MachineInfo = parse(document.as_bytes(), "machine_info")?;
    let hostname = match info.hostname.filter(|name| !name.trim().is_empty()) {
        None => machine.to_string(),
        Some(name) => checked_name(&name, MACHINE_ID_BYTES_MAX)
            .map_err(|source| ReadReportError::Name {
                field: "hostname",
                source,
            })?
            .to_owned(),
    };
    let name = match info.computer_name.filter(|name| !name.trim().is_empty()) {
        None => hostname.clone(),
        Some(name) => checked_label(&name, MACHINE_ID_BYTES_MAX)
            .map_err(|source| ReadReportError::Name {
                field: "computer_name",
                source,
            })?
            .to_owned(),
    };
    Ok(Facts {
        name,
        hostname,
        os: os_family(info.os.as_deref().unwrap_or_default()),
        os_version: info.os_version.map(shortened).unwrap_or_default(),
        model: info.model.map(shortened),
        serial: info
            .serial_number
            .map(shortened)
            .filter(|serial| !serial.is_empty()),
        local_ip: info.local_ip.map(shortened),
        agent: if atlas_version.is_some() {
            AgentKind::Atlas
        } else {
            AgentKind::Legacy
        },
        agent_version: atlas_version.or(info.agent_version).map(shortened),
        document: Bytes::copy_from_slice(document.as_bytes()),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    gateway: serde_json::Value,
    ssid: serde_json::Value,
}

/// Behind what the machine is, as its `machine_info` section says. Agents of 2.0 may mean something else
/// by these words: what is no text says nothing.
pub(super) fn whereabouts(document: &str) -> Whereabouts {
    let place: Place = serde_json::from_str(document).unwrap_or_default();
    let named = |value: serde_json::Value| {
        let text = value.as_str().map(|text| shortened(text.to_owned()));
        text.filter(|text| !text.is_empty())
    };
    Whereabouts {
        gateway: named(place.gateway),
        ssid: named(place.ssid),
    }
}

/// Whether a report says of its machine just what is known. The version counts only where an agent of
/// this program sends it: without one, the document says it all.
pub(super) fn are_repeated(known: &Facts, document: &str, atlas_version: Option<&str>) -> bool {
    let same_agent = match atlas_version {
        Some(version) => known.agent == AgentKind::Atlas && known.agent_version.as_deref() == Some(version),
        None => known.agent == AgentKind::Legacy,
    };
    same_agent && known.document == document.as_bytes()
}

fn os_family(name: &str) -> OsFamily {
    match name.to_ascii_lowercase().as_str() {
        "darwin" | "macos" => OsFamily::MacOs,
        "linux" => OsFamily::Linux,
        "windows" => OsFamily::Windows,
        _ => OsFamily::Other,
    }
}

fn shortened(text: String) -> String {
    let clean = text.chars().filter(|c| !c.is_control());
    clean.take(TEXT_CHARS_MAX).collect()
}
