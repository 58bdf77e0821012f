//! The API's description, made from the handlers and the views.

use actix_web::HttpResponse;
use utoipa::OpenApi;

use super::error::ApiError;
use super::{
    agents, api_keys, audit, certificate, channel, commands, health, history, machines, operator_keys,
    own_account, pins, prometheus, quarantine, reports, sessions, stream, tokens, users,
};
use crate::wire::views;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ATLAS",
        description = "Watches a fleet of computers. Paths under /api/fleet are those of ATLAS 2.0."
    ),
    paths(
        reports::record,
        commands::poll,
        commands::settle,
        tokens::enrol,
        tokens::issue,
        pins::tell,
        tokens::list,
        tokens::revoke,
        agents::list,
        agents::approve,
        agents::revoke,
        agents::rotation,
        agents::rotate,
        agents::rekey,
        channel::open,
        channel::pong,
        channel::ask_report,
        health::fleet,
        sessions::sign_in,
        sessions::sign_out,
        sessions::me,
        sessions::scopes,
        own_account::refresh,
        own_account::reauthenticate,
        own_account::change_password,
        own_account::sessions,
        own_account::end_session,
        own_account::start_totp,
        own_account::confirm_totp,
        own_account::drop_totp,
        users::list,
        users::create,
        users::change,
        users::remove,
        users::drop_totp,
        api_keys::list,
        api_keys::issue,
        api_keys::revoke,
        operator_keys::list,
        operator_keys::list_own,
        operator_keys::register,
        operator_keys::remove_own,
        operator_keys::remove,
        machines::list,
        machines::show,
        machines::summary,
        machines::tag,
        machines::forget,
        history::recent,
        history::series,
        stream::open,
        prometheus::scrape,
        prometheus::scrape_machine,
        prometheus::targets,
        commands::enqueue,
        commands::recent,
        quarantine::list,
        audit::list,
        audit::export,
        certificate::show,
        certificate::renew,
    ),
    components(schemas(
        views::CardView,
        views::SnapshotFrame,
        views::DeltaFrame,
        views::TickFrame,
        views::ErrorBody,
        views::LegacyErrorBody,
    ))
)]
struct Document;

/// The document as text, as `GET /api/openapi.json` gives it.
#[must_use]
pub fn text() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// The document.
///
/// # Errors
/// None.
pub async fn document() -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().content_type("application/json").body(text()))
}
