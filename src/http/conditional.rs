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
/// When the thread that compresses is gone, which means that the server stops.
pub async fn answer(
    request: &HttpRequest,
    published: Published,
    encode: fn(&[Arc<Row>]) -> Bytes,
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
    let view = published.view;
    if !takes_gzip(request) {
        return Ok(response.body(view.encoded(encode)));
    }
    // Tens of megabytes for a large fleet: that is no work for the thread that serves others.
    let compressed = web::block(move || view.compressed(|| gzip(&view.encoded(encode)))).await;
    let compressed = compressed.map_err(|_| ApiError::from(atlas_actors::fleet::Busy))?;
    response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
    Ok(response.body(compressed))
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
