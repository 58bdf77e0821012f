//! Takes a request's body in, with a limit, a deadline and a least rate; actix-web has only the
//! first of these.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::Edge;
use super::error::ApiError;
use super::limits::{BODY_BYTES_MAX, BODY_BYTES_PER_S_MIN, BODY_DEADLINE, BODY_GRACE};
use super::reports::REPORT_ROUTE;
use crate::wire::shape;

/// A whole body.
pub struct LimitedBody(pub Bytes);

impl FromRequest for LimitedBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let announced = announced_length(request);
        let bytes_max = bytes_max(request);
        let payload = payload.take();
        Box::pin(async move { read(payload, announced, bytes_max).await.map(Self) })
    }
}

/// A body that is JSON of that type.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let body = LimitedBody::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "not_json",
                    "Send JSON, and say so: Content-Type: application/json.",
                ));
            }
            parse(&body.await?.0).map(Self)
        })
    }
}

/// Reads JSON of a small request.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    shape::check(body)
        .map_err(|error| ApiError::bad_request("malformed_json", format!("Not taken: {error}.")))?;
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let message = format!(
            "The request's JSON is not what this route takes (line {line}, column {column}): docs/api.md shows its fields."
        );
        ApiError::bad_request("malformed_json", message)
    })
}

fn is_json(request: &HttpRequest) -> bool {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// What the config says for this route.
fn bytes_max(request: &HttpRequest) -> usize {
    match request.app_data::<web::Data<Edge>>() {
        Some(edge) if request.path() == REPORT_ROUTE => edge.report_bytes_max,
        Some(edge) => edge.body_bytes_max,
        None => BODY_BYTES_MAX,
    }
}

fn announced_length(request: &HttpRequest) -> Option<u64> {
    request
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

async fn read(mut payload: Payload, announced: Option<u64>, bytes_max: usize) -> Result<Bytes, ApiError> {
    if announced.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let started = Instant::now();
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    loop {
        let taken = first.len() + body.len();
        let left = time_left(started.elapsed(), taken as u64).ok_or_else(too_slow)?;
        let next = tokio::time::timeout(left, payload.next()).await;
        let Some(chunk) = next.map_err(|_| too_slow())? else {
            break;
        };
        let chunk = chunk.map_err(|_| cut_short())?;
        if taken + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        // Most bodies are one chunk, and that needs no copy.
        if taken == 0 {
            first = chunk;
        } else {
            if body.is_empty() {
                body.extend_from_slice(&std::mem::take(&mut first));
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(if body.is_empty() { first } else { body.freeze() })
}

/// How much longer a body of so many bytes may take for its next piece; nothing = it is too slow.
fn time_left(elapsed: Duration, taken: u64) -> Option<Duration> {
    let earned = Duration::from_millis(taken.saturating_mul(1_000) / BODY_BYTES_PER_S_MIN);
    (BODY_GRACE + earned)
        .min(BODY_DEADLINE)
        .checked_sub(elapsed)
        .filter(|left| !left.is_zero())
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("The body is larger than {bytes_max} bytes: send less at once."),
    )
}

fn too_slow() -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "The body came too slowly: send it within 15 seconds, at 1 KiB a second at least.",
    )
}

fn cut_short() -> ApiError {
    ApiError::bad_request(
        "body_cut_short",
        "The body ended before it was whole: send it again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_its_grace_then_its_rate_then_its_deadline() {
        let secs = Duration::from_secs;
        assert_eq!(time_left(secs(0), 0), Some(secs(3)));
        assert_eq!(time_left(secs(3), 0), None);
        assert_eq!(time_left(secs(3), 2_048), Some(secs(2)));
        assert_eq!(time_left(secs(14), 1_000_000), Some(secs(1)));
        assert_eq!(time_left(secs(15), u64::MAX), None);
    }
}
