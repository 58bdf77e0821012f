//! The dashboard: files embedded into the binary when it was built. No path of a request ever
//! reaches the file system.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;

use super::error::ApiError;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/dashboard"]
struct Files;

/// The page; what it shows is decided by its address.
///
/// # Errors
/// 404 when the binary was built without a dashboard.
pub async fn index() -> Result<HttpResponse, ApiError> {
    file("index.html", "no-cache")
}

/// A file of the page. Their names change with their content, so they may be kept for good.
///
/// # Errors
/// 404 when there is no such file.
pub async fn asset(name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    file(&format!("assets/{name}"), "public, max-age=31536000, immutable")
}

/// The page's icon.
///
/// # Errors
/// 404 when the binary was built without a dashboard.
pub async fn icon() -> Result<HttpResponse, ApiError> {
    file("favicon.svg", "public, max-age=86400")
}

fn file(path: &str, cache: &'static str) -> Result<HttpResponse, ApiError> {
    let found = Files::get(path).ok_or_else(super::router::no_such_page)?;
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, cache))
        .body(found.data.into_owned()))
}
