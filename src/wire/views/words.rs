//! Words of closed sets, for the OpenAPI document: the views carry them as text, and the dashboard's
//! types are made of these. Tests hold them to what is really said.

use serde::Serialize;
use utoipa::ToSchema;

/// What somebody may do.
#[derive(Serialize, ToSchema)]
pub enum ScopeWord {
    /// See machines.
    #[serde(rename = "machines:read")]
    MachinesRead,
    /// See their values over time.
    #[serde(rename = "metrics:read")]
    MetricsRead,
    /// See commands and what came of them.
    #[serde(rename = "commands:read")]
    CommandsRead,
    /// Queue commands that can do no harm.
    #[serde(rename = "commands:run:safe")]
    CommandsRunSafe,
    /// Queue any command.
    #[serde(rename = "commands:run:dangerous")]
    CommandsRunDangerous,
    /// Acknowledge and silence alerts, change their rules.
    #[serde(rename = "alerts:write")]
    AlertsWrite,
    /// Make, change and remove users.
    #[serde(rename = "users:admin")]
    UsersAdmin,
    /// Make, see and revoke API keys.
    #[serde(rename = "keys:admin")]
    KeysAdmin,
    /// Read the audit log.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// Tag and forget machines.
    #[serde(rename = "machines:write")]
    MachinesWrite,
    /// Enrolment tokens, agents and their keys.
    #[serde(rename = "enrol:admin")]
    EnrolAdmin,
    /// The server itself.
    #[serde(rename = "server:admin")]
    ServerAdmin,
}

/// How a password is kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HashWord {
    /// bcrypt.
    Bcrypt,
    /// bcrypt around an older hash.
    Wrapped,
    /// The same, and the older one had no salt: it should be changed.
    WrappedUnsalted,
    /// There is none: they sign in by the identity provider.
    None,
}

/// What an enrolled agent may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentStateWord {
    /// It may report.
    Active,
    /// An administrator must approve it.
    Pending,
    /// It is shut out.
    Revoked,
}

/// Where an agent's key stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyStateWord {
    /// It is the newest.
    Active,
    /// Another one is due.
    Rotating,
    /// It is dead; the agent gets another one when it comes back.
    Overdue,
}

/// Where a certificate is from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateSourceWord {
    /// Made by the server.
    Own,
    /// Given by somebody else.
    Files,
    /// Fetched from an authority.
    Acme,
}

/// How a certificate is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateStateWord {
    /// Well.
    Ok,
    /// It ends soon.
    Expiring,
    /// It could not be renewed.
    Failing,
}

#[cfg(test)]
mod tests {
    use atlas_actors::auth::password_hash::HashKind;
    use atlas_actors::model::Scope;
    use utoipa::PartialSchema;

    use super::*;

    /// The words of a set, as the document has them.
    fn words<T: PartialSchema>() -> Vec<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        let words = schema["oneOf"]
            .as_array()
            .or(schema["enum"].as_array())
            .unwrap()
            .clone();
        let word = |value: &serde_json::Value| {
            let word = value.get("enum").map_or(value, |words| &words[0]);
            word.as_str().unwrap().to_owned()
        };
        words.iter().map(word).collect()
    }

    #[test]
    fn the_document_names_every_scope_and_every_sort_of_hash() {
        assert_eq!(words::<ScopeWord>(), Scope::ALL.map(Scope::name));
        let kinds = [
            HashKind::Bcrypt,
            HashKind::Wrapped,
            HashKind::WrappedUnsalted,
            HashKind::Absent,
        ];
        assert_eq!(words::<HashWord>(), kinds.map(HashKind::name));
    }
}
