//! Signing in, who is signed in, and their own account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::ScopeWord;

/// A user's role.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoleView {
    /// May look.
    Viewer,
    /// May act on machines.
    Operator,
    /// May do everything.
    Admin,
}

/// Somebody has signed in.
#[derive(Serialize, ToSchema)]
pub struct UserView<'a> {
    /// The name.
    pub username: &'a str,
    /// What they may do.
    #[schema(value_type = RoleView)]
    pub role: &'a str,
    /// They must choose a password of their own before anything else.
    pub must_change_password: bool,
}

/// Who calls, and what they may do.
#[derive(Serialize, ToSchema)]
pub struct MeView<'a> {
    /// The name.
    pub username: &'a str,
    /// Their role.
    #[schema(value_type = RoleView)]
    pub role: &'a str,
    /// What they may do with this session or API key.
    #[schema(value_type = Vec<ScopeWord>)]
    pub scopes: Vec<&'static str>,
    /// Whether they sign in with a second factor.
    pub has_totp: bool,
    /// How they have signed in here; nothing for API keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_in_by: Option<SignInWayView>,
    /// They must choose a password of their own before anything else.
    pub must_change_password: bool,
    /// Until when what is dangerous needs no password again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reauthenticated_until: Option<String>,
}

/// How somebody signs in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignInWayView {
    /// With name and password.
    Password,
    /// By the identity provider, which must see them anew before what is dangerous.
    Oidc,
}

/// How people sign in here.
#[derive(Serialize, ToSchema)]
pub struct MethodsView {
    /// With name and password.
    pub password: bool,
    /// By an identity provider; null when there is none.
    #[schema(required)]
    pub oidc: Option<ProviderView>,
}

/// An identity provider.
#[derive(Serialize, ToSchema)]
pub struct ProviderView {
    /// What it is called.
    pub name: String,
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
    /// What the authenticator app shows, or a recovery code.
    pub code: Option<String>,
}

/// The password again, before something dangerous.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReauthenticateRequest {
    /// The password.
    pub password: String,
    /// What the authenticator app shows, or a recovery code.
    pub code: Option<String>,
}

/// Until when that counts.
#[derive(Serialize, ToSchema)]
pub struct ReauthenticatedView {
    /// The moment.
    pub reauthenticated_until: String,
}

/// The old and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The old one.
    pub current_password: String,
    /// The new one: as long as `fleet.server.min_password_length` says (12), and none of those that are
    /// guessed first.
    pub new_password: String,
}

/// One's own sessions.
#[derive(Serialize, ToSchema)]
pub struct SessionsView {
    /// The newest first.
    pub sessions: Vec<SessionView>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// Its name.
    pub id: String,
    /// When it began.
    pub created_at: String,
    /// When it was last used.
    pub last_seen: String,
    /// When it ends, whatever is done.
    pub expires_at: String,
    /// From where it was begun.
    pub address: String,
    /// With which program, in its own words.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// Every scope there is.
#[derive(Serialize, ToSchema)]
pub struct ScopesView {
    /// All of them.
    pub scopes: Vec<ScopeView>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct ScopeView {
    /// Its name.
    #[schema(value_type = ScopeWord)]
    pub name: &'static str,
    /// Whether the caller has it.
    pub granted: bool,
}

/// A new secret for an authenticator app; it counts when a code has confirmed it.
#[derive(Serialize, ToSchema)]
pub struct TotpView {
    /// The secret, in base 32, for typing.
    pub secret: String,
    /// The secret as apps read it.
    pub otpauth_uri: String,
    /// The same as a QR code, an SVG image.
    pub qr_svg: String,
}

/// What the authenticator app shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// Six digits.
    pub code: String,
}

/// Codes for the day on which the phone is lost; each counts once, and they are shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesView {
    /// Ten of them.
    pub recovery_codes: Vec<String>,
}

/// The answer to something that has no other.
#[derive(Serialize, ToSchema)]
pub struct SuccessView<'a> {
    /// True.
    pub success: bool,
    /// What was done.
    pub message: &'a str,
}
