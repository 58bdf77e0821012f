//! The API's description, made from the handlers and the views.

use actix_web::HttpResponse;
use utoipa::OpenApi;

use super::error::ApiError;
use super::{
    agent_commands, agents, api_keys, audit, certificate, channel, commands, health, history,
    legacy_commands, machines, network, notice, oidc, operator_keys, own_account, pins, prometheus,
    quarantine, query, reports, scripts, sections, sessions, speed_tests, speedtest, storage, stream, tokens,
    users,
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
        legacy_commands::poll,
        legacy_commands::settle,
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
        speedtest::send,
        speedtest::take,
        notice::take,
        channel::ask_report,
        health::fleet,
        sessions::sign_in,
        sessions::sign_out,
        oidc::methods,
        oidc::start,
        oidc::prove,
        oidc::callback,
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
        sections::list,
        sections::show,
        sections::changes,
        sections::security,
        sections::security_score,
        sections::crashes,
        sections::disk_health,
        sections::software,
        sections::peripherals,
        sections::power,
        sections::displays,
        history::recent,
        history::series,
        query::answer,
        network::show,
        network::analysis,
        network::analysis_of,
        network::servers,
        network::mos_by_query,
        network::mos_by_body,
        network::metrics,
        network::summary,
        network::vpn,
        network::services,
        network::quality,
        network::roaming,
        speed_tests::summary,
        speed_tests::machine,
        speed_tests::comparison,
        speed_tests::subnet,
        speed_tests::anomalies,
        speed_tests::recent,
        stream::open,
        prometheus::scrape,
        prometheus::scrape_machine,
        prometheus::targets,
        legacy_commands::enqueue,
        legacy_commands::recent,
        commands::compose,
        commands::list,
        commands::show,
        commands::output,
        commands::cancel,
        commands::batch,
        commands::sign,
        scripts::list,
        scripts::show,
        scripts::keep,
        agent_commands::fetch,
        agent_commands::result,
        quarantine::list,
        storage::show,
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
