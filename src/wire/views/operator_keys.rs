//! Operators' public keys.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Operators' public keys that count now.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct OperatorKeysView {
    /// The oldest first.
    pub keys: Vec<OperatorKeyView>,
}

/// One of them.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct OperatorKeyView {
    /// Its name in signatures and in what is sealed to it; made of the key itself.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// The public part: `aop1_…`.
    pub public_key: String,
    /// Whether its owner may run what is dangerous, so that its signature counts there.
    pub signs_commands: bool,
    /// When it was registered.
    pub created_at: String,
}

/// A key to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorKeyRequest {
    /// Its name for people, for example the machine that it rests on.
    pub name: String,
    /// What `atlas operator key show` prints.
    pub public_key: String,
}
