//! Lets the library speak through the one client that calls foreign addresses, over HTTPS alone. Only
//! the provider's own host may be in a private network, if the config allows it: not whatever its
//! discovery document names.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use openidconnect::core::CoreErrorResponseType;
use openidconnect::url::Url;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, RequestTokenError, StandardErrorResponse};

use super::OidcError;
use crate::outbound::{Call, Outbound, OutboundError};

/// The ways to the provider and to what it names.
pub struct ProviderCalls {
    issuer: Url,
    own: Outbound,
    others: Outbound,
}

impl ProviderCalls {
    pub(super) const fn new(issuer: Url, own: Outbound, others: Outbound) -> Self {
        Self { issuer, own, others }
    }

    async fn make(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let target = Url::parse(&url).map_err(|_| OutboundError::BadAddress)?;
        if target.scheme() != "https" {
            return Err(OutboundError::BadAddress);
        }
        let is_own = target.host() == self.issuer.host();
        let outbound = if is_own { &self.own } else { &self.others };
        let answer = outbound
            .call(Call {
                method: parts.method,
                url,
                headers: parts.headers,
                body: Bytes::from(body),
            })
            .await?;
        let mut response = HttpResponse::new(answer.body.to_vec());
        *response.status_mut() =
            http::StatusCode::from_u16(answer.status).map_err(|_| OutboundError::Unreachable)?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderCalls {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.make(request))
    }
}

type TokenFailure = RequestTokenError<OutboundError, StandardErrorResponse<CoreErrorResponseType>>;

/// Why a code was not taken. The provider's word is one of a list or is not repeated.
pub(super) fn code_refusal(error: TokenFailure) -> OidcError {
    match error {
        RequestTokenError::ServerResponse(response) => {
            let word = match response.error() {
                CoreErrorResponseType::Extension(_) => "another error".to_owned(),
                known => known.to_string(),
            };
            OidcError::CodeRefused(word)
        }
        RequestTokenError::Request(error) => OidcError::Unreachable(error.to_string()),
        RequestTokenError::Parse(..) => OidcError::Token("the answer can't be read".to_owned()),
        RequestTokenError::Other(_) => OidcError::CodeRefused("its answer has no reason".to_owned()),
    }
}

/// An error's words with those of what caused it, in one line.
pub(super) fn reason(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words.chars().filter(|c| !c.is_control()).take(300).collect()
}
