//! Answers with the published view: nothing when the client has this revision, compressed when it
//! takes that. Both are made once for each revision.

use std::io::Write;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use atlas_actors::roster::{FleetView, Row};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::error::ApiError;
use super::limits::ENCODE_INLINE_MACHINES_MAX;

/// A view and the name of its revision.
pub struct Published {
    /// The revision's name.
    pub name: String,
    /// The view.
    pub view: Arc<FleetView>,
}

/// Answers with the view as `encode` writes it.
///
/// # Errors
/// When the thread that encodes is gone, which means that the server stops.
pub async fn answer(
    request: &HttpRequest,
    published: Published,
    encode: impl FnOnce(&[Arc<Row>]) -> Bytes + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let etag = format!("\"{}\"", published.name);
    let has = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if has.is_some_and(|has| {
        has.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == etag)
    }) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, etag))
            .finish());
    }
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    response.insert_header((header::ETAG, etag));
    response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
    response.insert_header((header::VARY, "Accept-Encoding"));
    let is_gzip = takes_gzip(request);
    if is_gzip {
        response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
    }
    let view = published.view;
    let bytes = off_the_worker(view.rows().len(), move || {
        if is_gzip {
            view.compressed(|| gzip(&view.encoded(encode)))
        } else {
            view.encoded(encode)
        }
    });
    Ok(response.body(bytes.await?))
}

/// Makes an answer of so many machines: at once when they are few, else on a thread of its own, so
/// that a large fleet does not hold up whoever else the worker serves.
///
/// # Errors
/// When that thread is gone, which means that the server stops.
pub async fn off_the_worker(
    machines: usize,
    make: impl FnOnce() -> Bytes + Send + 'static,
) -> Result<Bytes, ApiError> {
    if machines <= ENCODE_INLINE_MACHINES_MAX {
        return Ok(make());
    }
    let made = web::block(make).await;
    made.map_err(|_| ApiError::from(atlas_actors::fleet::Busy))
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("gzip"))
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 6), Compression::fast());
    // Writing to memory can't fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}
