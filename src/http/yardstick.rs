//! A route that does nothing, to measure the others by: the same server, the same TLS, the same
//! body. Only there when the server was started with `ATLAS_YARDSTICK=1`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Edge;
use super::body::LimitedBody;
use super::error::ApiError;
use super::router::no_such_page;

/// Reads the body, throws it away and answers as a report is answered.
///
/// # Errors
/// 404 unless the server was started to be measured.
pub async fn swallow(edge: web::Data<Edge>, LimitedBody(_): LimitedBody) -> Result<HttpResponse, ApiError> {
    if !edge.yardstick {
        return Err(no_such_page());
    }
    Ok(HttpResponse::Ok().content_type("application/json").body(
        r#"{"status":"ok","e2ee_verified":true,"db_key_stored":false,"duplicate":false,"commands_due":0}"#,
    ))
}

/// How many bytes.
#[derive(Deserialize)]
pub struct FillQuery {
    bytes: usize,
}

/// Answers with so many bytes.
///
/// # Errors
/// As for [`swallow`].
pub async fn fill(edge: web::Data<Edge>, query: web::Query<FillQuery>) -> Result<HttpResponse, ApiError> {
    if !edge.yardstick || query.bytes > (64 << 20) {
        return Err(no_such_page());
    }
    // Made once for each size and thread, as the fleet's answer is made once for each revision.
    thread_local! {
        static FILLED: std::cell::RefCell<bytes::Bytes> = const { std::cell::RefCell::new(bytes::Bytes::new()) };
    }
    let body = FILLED.with_borrow_mut(|filled| {
        if filled.len() != query.bytes {
            *filled = vec![b'x'; query.bytes].into();
        }
        filled.clone()
    });
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}
