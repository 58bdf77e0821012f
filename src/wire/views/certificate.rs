//! The server's certificate.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{CertificateSourceWord, CertificateStateWord};

/// The certificate that is served.
#[derive(Serialize, ToSchema)]
pub struct CertificateView {
    /// `own`: made by the server; `files`: given by somebody else; `acme`: fetched from an authority.
    #[schema(value_type = CertificateSourceWord)]
    pub source: &'static str,
    /// Names and addresses that it is for.
    pub names: Vec<String>,
    /// Who vouches for it.
    pub issuer: String,
    /// Good from then on.
    pub not_before: String,
    /// Good until then.
    pub not_after: String,
    /// Whole days until then; less than 0 when it has ended.
    pub days_left: i64,
    /// The hash of its public key, as `sha256//` and base64.
    pub pin: String,
    /// That of the key that may follow.
    #[schema(required)]
    pub next_pin: Option<String>,
    /// `ok`, `expiring` (within two weeks, and a quarter of its life is left) or `failing`.
    #[schema(value_type = CertificateStateWord)]
    pub state: &'static str,
    /// Whether a change to the next key waits until 95 % of the agents know that key.
    pub key_change_waits: bool,
    /// Agents that know the next key.
    pub agents_told: usize,
    /// Agents that may report.
    pub agents: usize,
    /// Why the last try to renew it failed.
    #[schema(required)]
    pub last_error: Option<String>,
}

/// How to renew it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RenewRequest {
    /// Whether to go over to the next key: when 95 % of the agents know it, which may be now.
    pub new_key: bool,
    /// Whether to do so whoever knows it; the others ask for the keys when they can't connect.
    pub at_once: bool,
}

impl RenewRequest {
    /// Reads a body; nothing asks for nothing.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(body)
    }
}
