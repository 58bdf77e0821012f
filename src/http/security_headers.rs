//! The headers that every answer carries, so that a browser does not let others in.

use actix_web::middleware::DefaultHeaders;

/// What the page may load and do: only what is ours, and no script or style inside the page.
pub const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";

/// The headers. An answer that says how long it may be kept keeps its own word.
pub fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("content-security-policy", CONTENT_POLICY))
        .add(("strict-transport-security", "max-age=31536000; includeSubDomains"))
        .add(("x-content-type-options", "nosniff"))
        .add(("x-frame-options", "DENY"))
        .add(("referrer-policy", "no-referrer"))
        .add(("cross-origin-opener-policy", "same-origin"))
        .add(("cross-origin-resource-policy", "same-origin"))
        .add(("permissions-policy", "camera=(), microphone=(), geolocation=()"))
        .add(("cache-control", "no-store"))
}
