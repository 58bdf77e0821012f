//! One order: asks for the names, proves by HTTP that they are this server's, has its key signed and
//! writes the chain.

use std::time::Duration;

use atlas_actors::clock::Clock;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::account::file_error;
use super::responder::Responder;
use super::{AcmeError, AcmeSettings, account, is_fit};
use crate::outbound::Outbound;
use crate::secret_file;

/// How long an authority may take to check the names, and again to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new().backoff(1.5).timeout(Duration::from_secs(120));
/// Characters of an authority's reason that are told.
const REASON_CHARS_MAX: usize = 500;
/// What an authority says that has forgotten the account (RFC 8555, 6.7).
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Orders a certificate and writes it down.
pub(super) async fn order(
    settings: &AcmeSettings,
    outbound: &Outbound,
    clock: &dyn Clock,
) -> Result<(), AcmeError> {
    let port = settings.http_port;
    // Listens as long as this order needs it and no longer; first of all, since authorities count orders.
    let responder = Responder::start(port)
        .await
        .map_err(|source| AcmeError::Port { port, source })?;
    let mut order = place(settings, outbound).await?;
    prove(&mut order, &responder).await?;
    order.finalize_csr(&request(settings)?).await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    if !is_fit(settings, &chain, clock.now()) {
        return Err(AcmeError::Unfit);
    }
    let path = &settings.cert_file;
    secret_file::write(path, chain.as_bytes()).map_err(|source| file_error(path, source))
}

/// Places the order, with a new account when the authority knows the old one no more.
async fn place(settings: &AcmeSettings, outbound: &Outbound) -> Result<Order, AcmeError> {
    let names: Vec<_> = settings.names.iter().cloned().map(Identifier::Dns).collect();
    let asked = NewOrder::new(&names);
    let known: Account = account::load_or_make(settings, outbound).await?;
    match known.new_order(&asked).await {
        Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_ACCOUNT) => {
            tracing::warn!("the authority does not know the account any more: a new one is made");
            Ok(account::make(settings, outbound).await?.new_order(&asked).await?)
        }
        placed => Ok(placed?),
    }
}

/// Shows the authority that the names lead here.
async fn prove(order: &mut Order, responder: &Responder) -> Result<(), AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().to_string();
        let challenge = authorization.challenge(ChallengeType::Http01);
        let mut challenge = challenge.ok_or(AcmeError::NoHttpChallenge(name))?;
        responder.answer(&challenge.token, challenge.key_authorization().as_str());
        challenge.set_ready().await?;
    }
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => Ok(()),
        Ok(_) => Err(why(order).await?.unwrap_or(AcmeError::Unfit)),
        Err(error) => Err(why(order).await?.unwrap_or_else(|| error.into())),
    }
}

/// What the authority says of the first name that it could not check.
async fn why(order: &mut Order) -> Result<Option<AcmeError>, AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        authorization.refresh().await?;
        let failed = authorization.challenges.iter().find_map(|one| one.error.as_ref());
        if let Some(problem) = failed {
            return Ok(Some(AcmeError::NotProven {
                name: authorization.identifier().to_string(),
                reason: sentence(problem.detail.as_deref().unwrap_or("it does not say why")),
            }));
        }
    }
    Ok(None)
}

/// A text of the authority's as it may stand in a log.
fn sentence(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(REASON_CHARS_MAX)
        .collect()
}

/// A request for the names, for the key that the server has already.
fn request(settings: &AcmeSettings) -> Result<Vec<u8>, AcmeError> {
    let path = &settings.key_file;
    let key = std::fs::read_to_string(path).map_err(|source| file_error(path, source))?;
    let mut params = CertificateParams::new(settings.names.clone())?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params
        .serialize_request(&KeyPair::from_pem(&key)?)?
        .der()
        .to_vec())
}
