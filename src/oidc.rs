//! Sign-in by an identity provider (OpenID Connect, authorization code with PKCE). Knows the provider:
//! where it sends people, and whether a token is its own. Who gets which account is decided by the
//! fleet. All calls go through the one client that calls foreign addresses.

mod client;
mod token;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use atlas_actors::clock::Timestamp;
use atlas_actors::messages::{ExternalIdentity, ProvidedRole};
use atlas_actors::model::Role;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use tokio::sync::Semaphore;

use crate::outbound::Outbound;
use crate::wire::sealed_cookie::OidcTrip;
pub use client::ProviderCalls;

/// How old what is known of the provider may become. Reason: keys change; an hour is what they overlap.
const KNOWN_FOR: Duration = Duration::from_secs(3_600);
/// How long after asking the provider for its keys they are not asked for again. Reason: a token that
/// names a key that nobody knows must cost nobody a call.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How long somebody may be at the provider: to find a password and a phone.
pub const TRIP_MAX: Duration = Duration::from_secs(600);
/// How far the provider's clock may be off.
const CLOCK_SKEW_MAX_S: i64 = 60;

/// What the config says of the provider.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// What it is called on the sign-in page.
    pub name: String,
    /// Its own name for itself.
    pub issuer: IssuerUrl,
    /// This server's name there.
    pub client_id: ClientId,
    /// This server's secret there.
    pub client_secret: Option<ClientSecret>,
    /// Where it sends people back to.
    pub redirect: RedirectUrl,
    /// What it is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that is the user's name here.
    pub username_claim: String,
    /// The claim that decides on the role.
    pub role_claim: Option<String>,
    /// Which value of it is which role.
    pub roles: Vec<(String, Role)>,
    /// The role of those for whom no value says one.
    pub default_role: Option<Role>,
    /// Whether somebody new gets an account.
    pub create_users: bool,
}

/// Whom the provider has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who they are there.
    pub identity: ExternalIdentity,
    /// What they are called; nothing when the token does not say.
    pub name: Option<String>,
    /// What it says of their role.
    pub role: ProvidedRole,
}

/// Somebody did not come back as they should. The reasons are for the log, and repeat nothing that
/// people or providers have written but the provider's own error word.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider can't be asked.
    #[error("the identity provider can't be asked ({0}): check issuer, ca_file and allow_private_address")]
    Unreachable(String),
    /// It did not take the code.
    #[error("the identity provider did not take the code: {0}")]
    CodeRefused(String),
    /// Its token is not for this sign-in.
    #[error("the identity provider's token is refused: {0}")]
    Token(String),
    /// Its settings can't be used.
    #[error("the identity provider can't be used: {0}")]
    Unusable(&'static str),
    /// There is no randomness.
    #[error("the system has no random numbers")]
    NoRandomness,
}

/// What was asked of the provider, and when.
struct Known {
    metadata: CoreProviderMetadata,
    asked_at: Timestamp,
}

/// The provider.
pub struct Provider {
    settings: OidcSettings,
    calls: ProviderCalls,
    known: ArcSwapOption<Known>,
    /// One at a time asks for its keys.
    asking: Semaphore,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    /// A provider that is asked through these ways; nothing is asked yet.
    #[must_use]
    pub fn new(settings: OidcSettings, own: Outbound, others: Outbound) -> Self {
        let calls = ProviderCalls::new(settings.issuer.url().clone(), own, others);
        Self {
            settings,
            calls,
            known: ArcSwapOption::empty(),
            asking: Semaphore::new(1),
        }
    }

    /// What the config says of it.
    #[must_use]
    pub const fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Where to send somebody, and what must be known when they come back. `anew`: they must show the
    /// provider once more who they are, whatever it remembers.
    ///
    /// # Errors
    /// When the provider can't be asked.
    pub async fn begin(&self, anew: bool, now: Timestamp) -> Result<(String, OidcTrip), OidcError> {
        let client = self.client(&*self.known(now).await?);
        let [state, nonce, verifier] = [random_text()?, random_text()?, random_text()?];
        let verifier = PkceCodeVerifier::new(verifier);
        let (told_state, told_nonce) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let mut asked = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || told_state,
                || told_nonce,
            )
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if anew {
            asked = asked
                .add_prompt(CoreAuthPrompt::Login)
                .set_max_age(Duration::ZERO);
        }
        let (url, ..) = asked.url();
        let trip = OidcTrip {
            state,
            nonce,
            verifier: verifier.into_secret(),
            began_ms: now.as_millis(),
            proof: None,
        };
        Ok((url.into(), trip))
    }

    /// Whom the provider has seen, by the code that they brought back. On a trip for a proof it must have
    /// seen them since it began.
    ///
    /// # Errors
    /// See [`OidcError`].
    pub async fn finish(&self, trip: &OidcTrip, code: String, now: Timestamp) -> Result<Person, OidcError> {
        let known = self.known(now).await?;
        let client = self.client(&known);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| OidcError::Unusable("it has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(trip.verifier.clone()));
        let answer = request.request_async(&self.calls).await;
        let answer = answer.map_err(client::code_refusal)?;
        let id_token = answer
            .id_token()
            .ok_or_else(|| OidcError::Token("there is none in the answer".to_owned()))?;
        let since = trip
            .proof
            .as_ref()
            .map(|_| trip.began_ms / 1_000 - CLOCK_SKEW_MAX_S);
        let check = token::Check {
            nonce: Nonce::new(trip.nonce.clone()),
            seen_since_s: since,
            now,
        };
        match check.claims(&client, id_token) {
            Err(token::Refused::UnknownKey) => {
                // Its keys may have changed since they were asked for.
                let known = self.ask_anew(now).await?;
                check.claims(&self.client(&known), id_token)
            }
            claims => claims,
        }
        .map(|claims| claims.person(&self.settings))
        .map_err(|refused| OidcError::Token(refused.to_string()))
    }

    fn client(&self, known: &Known) -> Client {
        let settings = &self.settings;
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let only_post = methods.is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        CoreClient::from_provider_metadata(
            known.metadata.clone(),
            settings.client_id.clone(),
            settings.client_secret.clone(),
        )
        .set_redirect_uri(settings.redirect.clone())
        .set_auth_type(if only_post {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        })
    }

    async fn known(&self, now: Timestamp) -> Result<Arc<Known>, OidcError> {
        let is_fresh = |known: &Arc<Known>| now.since(known.asked_at) < KNOWN_FOR;
        match self.known.load_full().filter(is_fresh) {
            Some(known) => Ok(known),
            None => self.ask_anew(now).await,
        }
    }

    async fn ask_anew(&self, now: Timestamp) -> Result<Arc<Known>, OidcError> {
        let unreachable = |reason: String| OidcError::Unreachable(reason);
        let _alone = self
            .asking
            .acquire()
            .await
            .map_err(|_| unreachable("stopping".to_owned()))?;
        // Somebody else may have asked meanwhile.
        let is_new = |known: &Arc<Known>| now.since(known.asked_at) < ASKED_AGAIN_AFTER;
        if let Some(known) = self.known.load_full().filter(is_new) {
            return Ok(known);
        }
        let asked = CoreProviderMetadata::discover_async(self.settings.issuer.clone(), &self.calls).await;
        let known = Arc::new(Known {
            metadata: asked.map_err(|error| unreachable(client::reason(&error)))?,
            asked_at: now,
        });
        self.known.store(Some(Arc::clone(&known)));
        Ok(known)
    }
}

fn random_text() -> Result<String, OidcError> {
    crate::secret_file::random_hex().map_err(|_| OidcError::NoRandomness)
}
