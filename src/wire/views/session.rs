//! Signing in, and who is signed in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct UserView<'a> {
    /// The name.
    pub username: &'a str,
    /// What they may do.
    #[schema(value_type = RoleView)]
    pub role: &'a str,
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// The answer to something that has no other.
#[derive(Serialize, ToSchema)]
pub struct SuccessView<'a> {
    /// True.
    pub success: bool,
    /// What was done.
    pub message: &'a str,
}
