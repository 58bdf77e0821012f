//! `GET` and `POST /api/v2/agents/speedtest`: bytes towards an agent and from it, as fast as the line
//! between them allows. Few at once and so many bytes an hour, since it is the server's own line.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;
use super::limits::{
    SPEED_TEST_BUDGET_KIB, SPEED_TEST_BUDGET_SPAN, SPEED_TEST_DEADLINE, SPEED_TEST_RETRY_AFTER_S,
    SPEED_TESTS_MAX,
};
use super::{Edge, sealed};
use crate::wire::speed_test::{
    ROUND_TRIP_BYTES_MAX, SPEED_TEST_BYTES_MAX, SPEED_TEST_HEADER, SPEED_TEST_ROUTE, SpeedTestRequest,
};

/// One piece of what is sent.
const PIECE_BYTES: usize = 64 * 1024;

/// The server's line, as far as tests may take it.
#[derive(Debug)]
pub struct TestedLine {
    places: Arc<Semaphore>,
    budget_kib: Arc<Semaphore>,
}

impl Default for TestedLine {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(SPEED_TESTS_MAX)),
            budget_kib: Arc::new(Semaphore::new(SPEED_TEST_BUDGET_KIB as usize)),
        }
    }
}

impl TestedLine {
    /// A place and so many bytes; the bytes come back after a while, the place when it is dropped.
    fn take(&self, bytes: u64) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        if bytes <= ROUND_TRIP_BYTES_MAX {
            return Ok(None);
        }
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| line_is_taken())?;
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let spent = self
            .budget_kib
            .try_acquire_many(kib)
            .map_err(|_| line_is_taken())?;
        spent.forget();
        let budget = self.budget_kib.clone();
        actix_web::rt::spawn(async move {
            tokio::time::sleep(SPEED_TEST_BUDGET_SPAN).await;
            budget.add_permits(kib as usize);
        });
        Ok(Some(place))
    }
}

/// Sends so many bytes.
///
/// # Errors
/// 401 without an agent's seal, 400 when more is asked for than a test takes, 503 when others test.
#[utoipa::path(get, path = "/api/v2/agents/speedtest", tag = "agents",
    params(("x-atlas-speed-test" = String, Header, description = "Sealed: how many bytes")),
    responses((status = 200, description = "That many bytes"),
        (status = 503, description = "Others test now", body = crate::wire::views::ErrorBody)))]
pub async fn send(edge: web::Data<Edge>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let bytes = asked(&edge, &request).await?;
    let place = edge.tested_line.take(bytes)?;
    let mut piece = vec![0; PIECE_BYTES];
    // Nothing on the way can make less of it.
    getrandom::fill(&mut piece).map_err(|_| line_is_taken())?;
    let piece = Bytes::from(piece);
    let pieces = stream::unfold((bytes, place), move |(left, place)| {
        let next = piece.slice(..usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES));
        async move {
            let rest = left - next.len() as u64;
            (left > 0).then_some((Ok::<_, std::convert::Infallible>(next), (rest, place)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header(("cache-control", "no-store"))
        .streaming(pieces.boxed_local()))
}

/// Takes so many bytes, and throws them away.
///
/// # Errors
/// As for [`send`]; 408 when they don't come in time.
#[utoipa::path(post, path = "/api/v2/agents/speedtest", tag = "agents",
    params(("x-atlas-speed-test" = String, Header, description = "Sealed: how many bytes")),
    responses((status = 204, description = "They came"),
        (status = 503, description = "Others test now", body = crate::wire::views::ErrorBody)))]
pub async fn take(
    edge: web::Data<Edge>,
    request: HttpRequest,
    mut payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let bytes = asked(&edge, &request).await?;
    let _place = edge.tested_line.take(bytes)?;
    let came = async {
        let mut came = 0_u64;
        while let Some(Ok(piece)) = payload.next().await {
            came += piece.len() as u64;
            if came > bytes {
                break;
            }
        }
        came
    };
    match tokio::time::timeout(SPEED_TEST_DEADLINE, came).await {
        Ok(came) if came == bytes => Ok(HttpResponse::NoContent().finish()),
        Ok(_) => Err(wrong_size()),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "speed_test_too_slow",
            "The bytes of the speed test did not come in time: send fewer.",
        )),
    }
}

/// How many bytes an agent asks for, by the sealed header.
async fn asked(edge: &Edge, request: &HttpRequest) -> Result<u64, ApiError> {
    let header = request.headers().get(SPEED_TEST_HEADER).ok_or_else(not_sealed)?;
    let sealed = sealed::open_fresh(edge, header.as_bytes(), SPEED_TEST_ROUTE).await?;
    let asked = SpeedTestRequest::read(&sealed.content.plaintext).ok_or_else(wrong_size)?;
    if asked.bytes > SPEED_TEST_BYTES_MAX {
        return Err(wrong_size());
    }
    Ok(asked.bytes)
}

fn not_sealed() -> ApiError {
    ApiError::unauthorized(
        "not_sealed",
        "A speed test is for enrolled agents: its request must be sealed.",
    )
}

fn wrong_size() -> ApiError {
    ApiError::bad_request(
        "speed_test_size",
        "A speed test takes at most 64 MiB, and as many bytes as were announced.",
    )
}

fn line_is_taken() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "speed_tests_busy",
        "Other machines test their lines now, or tests have used up what they may of this hour: try again later.",
    )
    .retry_after(SPEED_TEST_RETRY_AFTER_S)
}
