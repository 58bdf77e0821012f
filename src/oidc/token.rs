//! Whether an ID token is the provider's, for this server, for this trip and for now; and what it says
//! of the person.

use atlas_actors::clock::Timestamp;
use atlas_actors::messages::{ExternalIdentity, ProvidedRole};
use atlas_actors::model::Role;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreIdToken, CoreJwsSigningAlgorithm};
use openidconnect::{ClaimsVerificationError, Nonce, SignatureVerificationError};
use serde_json::{Map, Value};

use super::{CLOCK_SKEW_MAX_S, Client, OidcSettings, Person};

/// The algorithms that are believed: those with a public key. A shared secret would let this server,
/// or whoever reads its files, make tokens.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a token is checked against.
pub(super) struct Check {
    pub(super) nonce: Nonce,
    /// The provider must have seen them since then, in Unix seconds.
    pub(super) seen_since_s: Option<i64>,
    pub(super) now: Timestamp,
}

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// It is signed by a key that is not known yet.
    #[error("it is signed by a key that the provider does not publish")]
    UnknownKey,
    /// Signature, issuer, audience, nonce or time are wrong.
    #[error("{0}")]
    Wrong(&'static str),
}

/// The claims of a token that is believed.
pub(super) struct Claims {
    identity: ExternalIdentity,
    all: Map<String, Value>,
}

impl Check {
    /// The claims, if the token is what it should be.
    pub(super) fn claims(&self, client: &Client, token: &CoreIdToken) -> Result<Claims, Refused> {
        let (latest_s, since_s) = (self.now.as_secs() + CLOCK_SKEW_MAX_S, self.seen_since_s);
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_issue_time_verifier_fn(move |issued| match issued.timestamp() <= latest_s {
                true => Ok(()),
                false => Err("issued in the future".to_owned()),
            })
            .set_auth_time_verifier_fn(move |seen| {
                let seen_s = seen.map(|seen| seen.timestamp());
                let is_new = since_s.is_none_or(|since| seen_s.is_some_and(|seen| seen >= since));
                if is_new {
                    Ok(())
                } else {
                    Err("not seen anew".to_owned())
                }
            });
        let claims = token
            .claims(&verifier, &self.nonce)
            .map_err(|error| refused(&error))?;
        let all = payload(&token.to_string()).ok_or(Refused::Wrong("its claims can't be read"))?;
        // A token for several must say that it is for this one (OpenID Connect Core, 3.1.3.7).
        let party = claims.authorized_party().map(|party| party.as_str());
        if party.is_some_and(|party| party != client.client_id().as_str()) {
            return Err(Refused::Wrong("it was made for another client"));
        }
        let identity = ExternalIdentity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
        };
        Ok(Claims { identity, all })
    }
}

fn refused(error: &ClaimsVerificationError) -> Refused {
    use ClaimsVerificationError as Error;
    match error {
        Error::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Refused::UnknownKey,
        Error::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)) => {
            Refused::Wrong("it is signed by an algorithm that is not believed")
        }
        Error::SignatureVerification(SignatureVerificationError::NoSignature) => {
            Refused::Wrong("it is not signed")
        }
        Error::SignatureVerification(_) => Refused::Wrong("its signature is wrong"),
        Error::InvalidIssuer(_) => Refused::Wrong("it is of another issuer"),
        Error::InvalidAudience(_) => Refused::Wrong("it is for another client"),
        Error::InvalidNonce(_) => Refused::Wrong("it is of another sign-in"),
        Error::Expired(_) => Refused::Wrong("it has expired, or a clock is off"),
        Error::InvalidAuthTime(_) => Refused::Wrong("the provider has not seen the person anew"),
        _ => Refused::Wrong("it is not as it should be"),
    }
}

fn payload(token: &str) -> Option<Map<String, Value>> {
    let encoded = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

impl Claims {
    /// The person, as the config reads the claims.
    pub(super) fn person(self, settings: &OidcSettings) -> Person {
        let name = self.all.get(&settings.username_claim).and_then(Value::as_str);
        Person {
            name: name.map(ToOwned::to_owned),
            role: role(&self.all, settings),
            identity: self.identity,
        }
    }
}

/// The strongest role that a value of the claim stands for.
fn role(claims: &Map<String, Value>, settings: &OidcSettings) -> ProvidedRole {
    let Some(claim) = &settings.role_claim else {
        return ProvidedRole::ForNew(settings.default_role);
    };
    let values = match claims.get(claim) {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    let values: Vec<&str> = values.into_iter().filter_map(Value::as_str).collect();
    let given = |role: &Role| {
        let mut stands = settings.roles.iter().filter(|(_, of)| of == role);
        stands.any(|(value, _)| values.contains(&value.as_str()))
    };
    let strongest = [Role::Admin, Role::Operator, Role::Viewer]
        .into_iter()
        .find(given);
    ProvidedRole::Decided(strongest.or(settings.default_role))
}
