//! The settings of sign-in by others.

use serde::{Deserialize, Serialize};

/// How people sign in beside name and password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// An identity provider.
    pub oidc: OidcConfig,
}

/// An identity provider that speaks OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcConfig {
    /// Whether people may sign in by it.
    pub enabled: bool,
    /// What it is called on the sign-in page.
    pub name: String,
    /// Its own name for itself, an address.
    pub issuer: Option<String>,
    /// This server's name there.
    pub client_id: Option<String>,
    /// The file that holds this server's secret there.
    pub client_secret_file: Option<String>,
    /// What it is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that is the user's name here.
    pub username_claim: String,
    /// The claim that decides on the role.
    pub role_claim: Option<String>,
    /// Which value of it is which role, as `value=role`.
    pub roles: Vec<String>,
    /// The role of those for whom no value says one.
    pub default_role: Option<String>,
    /// Whether somebody new gets an account.
    pub create_users: bool,
    /// Whether it may have an address in a private network.
    pub allow_private_address: bool,
    /// Who vouches for it, when nobody does whom this machine knows.
    pub ca_file: Option<String>,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            name: "single sign-on".to_owned(),
            issuer: None,
            client_id: None,
            client_secret_file: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            username_claim: "preferred_username".to_owned(),
            role_claim: None,
            roles: Vec::new(),
            default_role: None,
            create_users: false,
            allow_private_address: false,
            ca_file: None,
        }
    }
}
