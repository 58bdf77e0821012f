//! What the config says of the identity provider, checked before the server starts.

use std::sync::Arc;

use atlas_actors::model::Role;
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};
use tokio::sync::Semaphore;

use super::tls::{outbound_networks, outbound_tls};
use crate::cli::Failure;
use crate::config::files::expand_home;
use crate::config::{Config, OidcConfig};
use crate::http::limits::OIDC_QUESTIONS_MAX;
use crate::http::oidc::OidcDesk;
use crate::ip_network::IpNetwork;
use crate::oidc::{OidcSettings, Provider};
use crate::outbound::{Outbound, SystemResolver};
use crate::wire::sealed_cookie::CookieKey;

/// Everything: the provider may be anywhere.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// The way to the provider, if people may sign in by one.
pub(super) fn desk(config: &Config, public_url: &str) -> Result<Option<OidcDesk>, Failure> {
    let oidc = &config.fleet.auth.oidc;
    if !oidc.enabled {
        return Ok(None);
    }
    let tls = outbound_tls(oidc.ca_file.as_deref().map(expand_home).as_deref())?;
    let networks = outbound_networks(config)?;
    let resolver = Arc::new(SystemResolver);
    let own_networks = if oidc.allow_private_address {
        ANYWHERE
            .iter()
            .filter_map(|range| range.parse().ok())
            .collect::<Vec<IpNetwork>>()
    } else {
        networks.clone()
    };
    let own = Outbound::new(resolver.clone(), tls.clone(), own_networks);
    let others = Outbound::new(resolver, tls, networks);
    Ok(Some(OidcDesk {
        provider: Provider::new(settings(oidc, public_url)?, own, others),
        trips: CookieKey::random()?,
        places: Semaphore::new(OIDC_QUESTIONS_MAX),
    }))
}

fn settings(oidc: &OidcConfig, public_url: &str) -> Result<OidcSettings, Failure> {
    let issuer = needed(oidc.issuer.as_deref(), "issuer")?;
    let issuer = IssuerUrl::new(issuer.to_owned())
        .ok()
        .filter(|issuer| issuer.url().scheme() == "https" && issuer.url().query().is_none());
    let issuer = issuer
        .ok_or_else(|| wrong("issuer must be the provider's own name for itself, https://… without ?"))?;
    let redirect = format!("{public_url}/api/auth/oidc/callback");
    Ok(OidcSettings {
        name: oidc.name.clone(),
        issuer,
        client_id: ClientId::new(needed(oidc.client_id.as_deref(), "client_id")?.to_owned()),
        client_secret: client_secret(oidc)?,
        redirect: RedirectUrl::new(redirect)
            .map_err(|_| Failure::new("fleet.server.public_url must be https://name:port"))?,
        scopes: oidc
            .scopes
            .iter()
            .filter(|scope| *scope != "openid")
            .cloned()
            .collect(),
        username_claim: oidc.username_claim.clone(),
        role_claim: oidc.role_claim.clone(),
        roles: oidc
            .roles
            .iter()
            .map(|line| role_of(line))
            .collect::<Result<_, _>>()?,
        default_role: oidc.default_role.as_deref().and_then(Role::parse),
        create_users: oidc.create_users,
    })
}

fn needed<'a>(value: Option<&'a str>, key: &str) -> Result<&'a str, Failure> {
    value.ok_or_else(|| wrong(&format!("{key} must be set, since enabled is true")))
}

fn client_secret(oidc: &OidcConfig) -> Result<Option<ClientSecret>, Failure> {
    let Some(file) = &oidc.client_secret_file else {
        return Ok(None);
    };
    let path = expand_home(file);
    let secret = std::fs::read_to_string(&path).map_err(|error| {
        wrong(&format!(
            "client_secret_file {} can't be read: {error}",
            path.display()
        ))
    })?;
    let secret = secret.trim().to_owned();
    if secret.is_empty() {
        return Err(wrong(&format!("client_secret_file {} is empty", path.display())));
    }
    Ok(Some(ClientSecret::new(secret)))
}

fn role_of(line: &str) -> Result<(String, Role), Failure> {
    let parts = line.rsplit_once('=');
    let role = parts.and_then(|(value, role)| Some((value.trim().to_owned(), Role::parse(role.trim())?)));
    role.ok_or_else(|| wrong("roles must be a list of value=role, with the role viewer, operator or admin"))
}

fn wrong(sentence: &str) -> Failure {
    Failure::new(format!("fleet.auth.oidc.{sentence}"))
}
