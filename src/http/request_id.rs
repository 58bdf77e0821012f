//! Gives each request an id, by which its answer and its log lines find each other, and writes one
//! log line when it is answered. The id is never taken from the client.

use std::cell::RefCell;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use tracing::Instrument;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that is being answered; empty outside of one.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Middleware: the id, the log line, and the answer's header.
///
/// # Errors
/// Those of the service within.
pub async fn with_request_id<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = next_id();
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = %request.path());
    CURRENT.scope(id, answer(request, next).instrument(span)).await
}

async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Instant::now();
    let mut response = next.call(request).await?;
    let (status, elapsed_us) = (response.status().as_u16(), started.elapsed().as_micros());
    if response.status().is_success() {
        tracing::debug!(status, elapsed_us, "answered");
    } else {
        tracing::info!(status, elapsed_us, "answered");
    }
    if let Ok(id) = HeaderValue::from_str(&current()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), id);
    }
    Ok(response)
}

/// A prefix drawn for each thread and a count: unique, and no draw for each request.
fn next_id() -> String {
    thread_local! {
        static COUNTER: RefCell<(u32, u32)> = RefCell::new((random_prefix(), 0));
    }
    COUNTER.with_borrow_mut(|(prefix, count)| {
        *count = count.wrapping_add(1);
        format!("{prefix:08x}{count:08x}")
    })
}

fn random_prefix() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness ids still count up, and that is all that the log needs.
    let _ = getrandom::fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
