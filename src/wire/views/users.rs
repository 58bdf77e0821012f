//! Users and API keys, as those who look after them see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RoleView;
use super::words::{HashWord, ScopeWord};

/// All users.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct UsersView {
    /// By their names.
    pub users: Vec<UserEntryView>,
}

/// One user.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct UserEntryView {
    /// The name.
    pub username: String,
    /// viewer, operator or admin.
    #[schema(value_type = RoleView)]
    pub role: String,
    /// When they were made.
    pub created_at: String,
    /// When they last signed in.
    #[schema(required)]
    pub last_sign_in: Option<String>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether they sign in with a second factor.
    pub has_totp: bool,
    /// Whether attempts to sign in as them are held back, since many have failed.
    pub is_locked: bool,
    /// Whether they must choose a new password.
    pub must_change_password: bool,
    /// How their password is kept: bcrypt, wrapped, `wrapped_unsalted`, which should be changed, or none:
    /// they sign in by the identity provider.
    #[schema(value_type = HashWord)]
    pub hash: String,
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserRequest {
    /// The name.
    pub username: String,
    /// The password: as long as `fleet.server.min_password_length` says (12), and none of those that are
    /// guessed first. Without one they sign in by the identity provider.
    pub password: Option<String>,
    /// viewer, operator or admin.
    #[schema(value_type = RoleView)]
    pub role: String,
    /// Whether they must choose another at their first sign-in; true unless said.
    pub must_change_password: Option<bool>,
}

/// What is to be changed of a user.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChangeRequest {
    /// viewer, operator or admin.
    #[schema(value_type = Option<RoleView>)]
    pub role: Option<String>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
    /// A new password.
    pub password: Option<String>,
    /// Whether they must choose another at their next sign-in; with a new password true unless said.
    pub must_change_password: Option<bool>,
}

/// A user's name, as 2.0 sends it.
#[derive(Deserialize, ToSchema)]
pub struct UserNameRequest {
    /// The name.
    pub username: String,
}

/// A new password, as 2.0 sends it.
#[derive(Deserialize, ToSchema)]
pub struct NewPasswordRequest {
    /// The password.
    pub new_password: String,
}

/// Whether somebody must change their password, as 2.0 says it.
#[derive(Serialize, ToSchema)]
pub struct PasswordUpdateView {
    /// True when the question was answered.
    pub success: bool,
    /// Whether they must.
    pub needs_update: bool,
}

/// All API keys.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ApiKeysView {
    /// The newest first.
    pub keys: Vec<ApiKeyView>,
}

/// One API key, without its secret.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ApiKeyView {
    /// Its name for programs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it may do now.
    #[schema(value_type = Vec<ScopeWord>)]
    pub scopes: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was last used.
    #[schema(required)]
    pub last_used: Option<String>,
}

/// A new API key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyRequest {
    /// Its name for people.
    pub name: String,
    /// What it may do; no more than whoever makes it.
    #[schema(value_type = Vec<ScopeWord>)]
    pub scopes: Vec<String>,
    /// For how many days; 90 unless said, 3,650 at most.
    pub days: Option<u32>,
}

/// A key that was made; shown this once.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct NewApiKeyView {
    /// Its name for programs.
    pub id: String,
    /// The key.
    pub key: String,
    /// When it ends.
    pub expires_at: String,
}
