//! Every route on one page: method, path, who may call it, and who answers.

use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpRequest, HttpResponse, Route, web};
use atlas_actors::model::Scope;

use super::access::{self, Access};
use super::error::ApiError;
use super::traffic::Traffic;
use super::{
    agent_commands, agents, api_keys, audit, certificate, channel, commands, health, history,
    legacy_commands, legacy_users, machines, network, notice, oidc, openapi, operator_keys, own_account,
    page, pins, prometheus, quarantine, query, reports, scripts, sections, sessions, speed_tests, speedtest,
    storage, stream, tokens, traffic, users, yardstick,
};

/// One row of the table.
pub struct Entry {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    handler: Route,
}

macro_rules! table {
    ($($method:ident $path:literal $access:expr => $handler:expr;)*) => {
        vec![$(Entry {
            method: Method::$method,
            path: $path,
            access: $access,
            handler: web::route().to($handler),
        },)*]
    };
}

/// All routes.
#[expect(clippy::too_many_lines, reason = "one table: a line for each route")]
#[must_use]
pub fn table() -> Vec<Entry> {
    table! {
        POST   "/api/fleet/report"                           Access::Agent => reports::record;
        GET    "/api/fleet/commands/{id}"                    Access::Agent => legacy_commands::poll;
        POST   "/api/fleet/command/{id}/ack"                 Access::Agent => legacy_commands::settle;
        POST   "/api/fleet/commands/{id}/{command}/ack"      Access::Agent => legacy_commands::settle_by_path;
        POST   "/api/v2/enroll"                              Access::Agent => tokens::enrol;
        POST   "/api/v2/agents/rekey"                        Access::Agent => agents::rekey;

        POST   "/api/v2/agents/commands"                     Access::Agent => agent_commands::fetch;
        POST   "/api/v2/agents/commands/results"             Access::Agent => agent_commands::result;
        POST   "/api/v2/agents/channel"                      Access::Agent => channel::open;
        POST   "/api/v2/agents/channel/pong"                 Access::Agent => channel::pong;
        GET    "/api/v2/agents/speedtest"                    Access::Agent => speedtest::send;
        POST   "/api/v2/agents/speedtest"                    Access::Agent => speedtest::take;
        POST   "/api/v2/agents/notice"                       Access::Agent => notice::take;
        POST   "/api/v2/pins"                                Access::Agent => pins::tell;

        GET    "/api/fleet/health"                           Access::Open => health::fleet;
        GET    "/api/health"                                 Access::Open => health::short;
        GET    "/api/openapi.json"                           Access::Open => openapi::document;
        POST   "/api/auth/login"                             Access::Open => sessions::sign_in;
        POST   "/login"                                      Access::Open => sessions::sign_in_by_form;
        POST   "/api/auth/logout"                            Access::Open => sessions::sign_out;
        POST   "/api/fleet/logout"                           Access::Open => sessions::sign_out;

        GET    "/api/auth/methods"                           Access::Open => oidc::methods;
        GET    "/api/auth/oidc/start"                        Access::Open => oidc::start;
        GET    "/api/auth/oidc/callback"                     Access::Open => oidc::callback;

        GET    "/api/auth/me"                                Access::Known => sessions::me;
        GET    "/api/fleet/current-user"                     Access::Known => sessions::me;
        GET    "/api/fleet/machines"                         Access::Scope(Scope::MachinesRead) => machines::list;
        GET    "/api/fleet/machine/{id}"                     Access::Scope(Scope::MachinesRead) => machines::show;
        GET    "/api/fleet/machines/{id}"                    Access::Scope(Scope::MachinesRead) => machines::show;
        GET    "/api/fleet/summary"                          Access::Scope(Scope::MachinesRead) => machines::summary;
        GET    "/api/fleet/history/{id}"                     Access::Scope(Scope::MetricsRead) => history::recent;
        GET    "/api/fleet/machines/{id}/history"            Access::Scope(Scope::MetricsRead) => history::recent;
        GET    "/api/v2/machines/{id}/series"                Access::Scope(Scope::MetricsRead) => history::series;
        POST   "/api/v2/machines/{id}/report-now"            Access::Scope(Scope::MachinesRead) => channel::ask_report;
        GET    "/metrics"                                    Access::Scope(Scope::MetricsRead) => prometheus::scrape;
        GET    "/api/v2/machines/{id}/metrics"               Access::Scope(Scope::MetricsRead) => prometheus::scrape_machine;
        GET    "/api/v2/prometheus/targets"                  Access::Scope(Scope::MachinesRead) => prometheus::targets;
        GET    "/api/v2/machines/{id}/sections"              Access::Scope(Scope::MachinesRead) => sections::list;
        GET    "/api/v2/machines/{id}/sections/{name}"       Access::Scope(Scope::MachinesRead) => sections::show;
        GET    "/api/v2/machines/{id}/changes"               Access::Scope(Scope::MachinesRead) => sections::changes;
        GET    "/api/security/status"                        Access::Scope(Scope::MachinesRead) => sections::security;
        GET    "/api/security/score"                         Access::Scope(Scope::MachinesRead) => sections::security_score;
        GET    "/api/applications/crashes"                   Access::Scope(Scope::MachinesRead) => sections::crashes;
        GET    "/api/disk/health"                            Access::Scope(Scope::MachinesRead) => sections::disk_health;
        GET    "/api/software/inventory"                     Access::Scope(Scope::MachinesRead) => sections::software;
        GET    "/api/peripherals/devices"                    Access::Scope(Scope::MachinesRead) => sections::peripherals;
        GET    "/api/power/status"                           Access::Scope(Scope::MachinesRead) => sections::power;
        GET    "/api/display/status"                         Access::Scope(Scope::MachinesRead) => sections::displays;
        GET    "/api/v2/query"                               Access::Scope(Scope::MetricsRead) => query::answer;
        GET    "/api/v2/network"                              Access::Scope(Scope::MetricsRead) => network::show;
        GET    "/api/vpn/status"                              Access::Scope(Scope::MetricsRead) => network::vpn;
        GET    "/api/saas/health"                             Access::Scope(Scope::MetricsRead) => network::services;
        GET    "/api/network/quality"                         Access::Scope(Scope::MetricsRead) => network::quality;
        GET    "/api/wifi/roaming"                            Access::Scope(Scope::MetricsRead) => network::roaming;
        GET    "/api/fleet/network-analysis"                  Access::Scope(Scope::MetricsRead) => network::analysis;
        GET    "/api/fleet/network-analysis/{id}"             Access::Scope(Scope::MetricsRead) => network::analysis_of;
        GET    "/api/fleet/network-test/servers"              Access::Scope(Scope::MetricsRead) => network::servers;
        GET    "/api/fleet/network-test/mos-simple"           Access::Scope(Scope::MetricsRead) => network::mos_by_query;
        POST   "/api/fleet/network-test/calculate-mos"        Access::Scope(Scope::MetricsRead) => network::mos_by_body;
        GET    "/api/fleet/network-test/metrics"              Access::Scope(Scope::MetricsRead) => network::metrics;
        POST   "/api/fleet/network-test/metrics"              Access::Scope(Scope::MetricsRead) => network::take_metrics;
        GET    "/api/fleet/network-test/summary"              Access::Scope(Scope::MetricsRead) => network::summary;
        GET    "/api/fleet/speedtest/summary"                 Access::Scope(Scope::MetricsRead) => speed_tests::summary;
        GET    "/api/fleet/speedtest/machine"                 Access::Scope(Scope::MetricsRead) => speed_tests::machine;
        GET    "/api/fleet/speedtest/comparison"              Access::Scope(Scope::MetricsRead) => speed_tests::comparison;
        GET    "/api/fleet/speedtest/anomalies"               Access::Scope(Scope::MetricsRead) => speed_tests::anomalies;
        GET    "/api/fleet/speedtest/recent"                  Access::Scope(Scope::MetricsRead) => speed_tests::recent;
        GET    "/api/fleet/speedtest/recent20"                Access::Scope(Scope::MetricsRead) => speed_tests::recent;
        GET    "/api/fleet/speedtest/subnet"                  Access::Scope(Scope::MetricsRead) => speed_tests::subnet;
        GET    "/api/fleet/stream"                           Access::Scope(Scope::MachinesRead) => stream::open;
        GET    "/api/fleet/recent-commands/{id}"             Access::Scope(Scope::CommandsRead) => legacy_commands::recent;
        POST   "/api/v2/commands"                            Access::Scope(Scope::CommandsRunSafe) => commands::compose;
        GET    "/api/v2/commands"                            Access::Scope(Scope::CommandsRead) => commands::list;
        GET    "/api/v2/commands/{id}"                       Access::Scope(Scope::CommandsRead) => commands::show;
        GET    "/api/v2/commands/{id}/output"                Access::Scope(Scope::CommandsRead) => commands::output;
        POST   "/api/v2/commands/{id}/cancel"                Access::Scope(Scope::CommandsRunSafe) => commands::cancel;
        GET    "/api/v2/batches/{id}"                        Access::Scope(Scope::CommandsRead) => commands::batch;
        POST   "/api/v2/batches/{id}/signatures"             Access::Fresh(Scope::CommandsRunDangerous) => commands::sign;
        GET    "/api/v2/scripts"                             Access::Scope(Scope::CommandsRead) => scripts::list;
        GET    "/api/v2/scripts/{id}"                        Access::Scope(Scope::CommandsRead) => scripts::show;
        POST   "/api/v2/scripts"                             Access::Fresh(Scope::CommandsRunDangerous) => scripts::keep;
        PUT    "/api/v2/machines/{id}/tags"                  Access::Scope(Scope::MachinesWrite) => machines::tag;
        POST   "/api/fleet/command/{id}"                     Access::Scope(Scope::CommandsRunSafe) => legacy_commands::enqueue;
        DELETE "/api/v2/machines/{id}"                       Access::Scope(Scope::MachinesWrite) => machines::forget;
        POST   "/api/v2/tokens"                              Access::Scope(Scope::EnrolAdmin) => tokens::issue;
        GET    "/api/v2/tokens"                              Access::Scope(Scope::EnrolAdmin) => tokens::list;
        DELETE "/api/v2/tokens/{id}"                         Access::Scope(Scope::EnrolAdmin) => tokens::revoke;
        GET    "/api/v2/agents"                              Access::Scope(Scope::EnrolAdmin) => agents::list;
        GET    "/api/v2/agents/rotation"                     Access::Scope(Scope::EnrolAdmin) => agents::rotation;
        POST   "/api/v2/agents/rotation"                     Access::Fresh(Scope::EnrolAdmin) => agents::rotate;
        POST   "/api/v2/agents/{agent_id}/approve"           Access::Fresh(Scope::EnrolAdmin) => agents::approve;
        DELETE "/api/v2/agents/{agent_id}"                   Access::Fresh(Scope::EnrolAdmin) => agents::revoke;
        GET    "/api/v2/quarantine"                          Access::Scope(Scope::ServerAdmin) => quarantine::list;
        GET    "/api/v2/storage"                             Access::Scope(Scope::ServerAdmin) => storage::show;
        GET    "/api/fleet/storage"                          Access::Scope(Scope::ServerAdmin) => storage::show;
        GET    "/api/fleet/storage-info"                     Access::Scope(Scope::ServerAdmin) => storage::show;
        GET    "/api/v2/audit"                               Access::Scope(Scope::AuditRead) => audit::list;
        GET    "/api/v2/audit/export"                        Access::Scope(Scope::AuditRead) => audit::export;
        GET    "/api/v2/certificate"                         Access::Scope(Scope::ServerAdmin) => certificate::show;
        POST   "/api/v2/certificate/renew"                   Access::Scope(Scope::ServerAdmin) => certificate::renew;
        GET    "/api/fleet/cert-status"                      Access::Scope(Scope::ServerAdmin) => certificate::show;
        GET    "/api/fleet/cert-info"                        Access::Scope(Scope::ServerAdmin) => certificate::show;
        POST   "/api/fleet/update-certificate"               Access::Scope(Scope::ServerAdmin) => certificate::renew;

        GET    "/api/auth/oidc/prove"                        Access::Person => oidc::prove;
        POST   "/api/v2/me/reauthenticate"                   Access::Person => own_account::reauthenticate;
        POST   "/api/v2/me/password"                         Access::Person => own_account::change_password;
        GET    "/api/v2/me/sessions"                         Access::Person => own_account::sessions;
        DELETE "/api/v2/me/sessions/{id}"                    Access::Person => own_account::end_session;
        POST   "/api/v2/me/totp"                             Access::FreshPerson => own_account::start_totp;
        POST   "/api/v2/me/totp/confirm"                     Access::FreshPerson => own_account::confirm_totp;
        DELETE "/api/v2/me/totp"                             Access::FreshPerson => own_account::drop_totp;
        GET    "/api/v2/me/operator-keys"                    Access::Person => operator_keys::list_own;
        POST   "/api/v2/me/operator-keys"                    Access::FreshPerson => operator_keys::register;
        DELETE "/api/v2/me/operator-keys/{id}"               Access::FreshPerson => operator_keys::remove_own;
        GET    "/api/auth/scopes"                            Access::Known => sessions::scopes;
        POST   "/api/auth/refresh"                           Access::Person => own_account::refresh;
        GET    "/api/auth/sessions"                          Access::Person => own_account::sessions;
        GET    "/api/fleet/users/check-password-update"      Access::Person => legacy_users::check_password_update;
        POST   "/api/fleet/users/change-password"            Access::Person => legacy_users::change_password;
        POST   "/api/fleet/users/force-update-password"      Access::FreshPerson => legacy_users::force_update_password;

        GET    "/api/v2/users"                               Access::Scope(Scope::UsersAdmin) => users::list;
        POST   "/api/v2/users"                               Access::Fresh(Scope::UsersAdmin) => users::create;
        PATCH  "/api/v2/users/{name}"                        Access::Fresh(Scope::UsersAdmin) => users::change;
        DELETE "/api/v2/users/{name}"                        Access::Fresh(Scope::UsersAdmin) => users::remove;
        DELETE "/api/v2/users/{name}/totp"                   Access::Fresh(Scope::UsersAdmin) => users::drop_totp;
        GET    "/api/fleet/users"                            Access::Scope(Scope::UsersAdmin) => users::list;
        POST   "/api/fleet/users/create"                     Access::Fresh(Scope::UsersAdmin) => legacy_users::create;
        POST   "/api/fleet/users/delete"                     Access::Fresh(Scope::UsersAdmin) => legacy_users::delete;
        GET    "/api/v2/keys"                                Access::Scope(Scope::KeysAdmin) => api_keys::list;
        POST   "/api/v2/keys"                                Access::Fresh(Scope::KeysAdmin) => api_keys::issue;
        DELETE "/api/v2/keys/{id}"                           Access::Fresh(Scope::KeysAdmin) => api_keys::revoke;
        GET    "/api/auth/api-keys"                          Access::Scope(Scope::KeysAdmin) => api_keys::list;
        POST   "/api/auth/api-keys"                          Access::Fresh(Scope::KeysAdmin) => api_keys::issue;

        GET    "/api/v2/operator-keys"                       Access::Scope(Scope::CommandsRead) => operator_keys::list;
        DELETE "/api/v2/operator-keys/{id}"                  Access::Fresh(Scope::KeysAdmin) => operator_keys::remove;

        POST   "/api/v2/yardstick"                           Access::Agent => yardstick::swallow;
        GET    "/api/v2/yardstick"                           Access::Open => yardstick::fill;

        GET    "/"                                           Access::Open => page::index;
        GET    "/login"                                      Access::Open => page::index;
        GET    "/proved"                                     Access::Open => page::index;
        GET    "/logout"                                     Access::Open => page::index;
        GET    "/dashboard"                                  Access::Open => page::index;
        GET    "/machine/{id}"                               Access::Open => page::index;
        GET    "/machine/{id}/dashboard"                     Access::Open => page::index;
        GET    "/network"                                    Access::Open => page::index;
        GET    "/commands"                                   Access::Open => page::index;
        GET    "/commands/{id}"                              Access::Open => page::index;
        GET    "/settings"                                   Access::Open => page::index;
        GET    "/settings/{section}"                         Access::Open => page::index;
        GET    "/assets/{name}"                              Access::Open => page::asset;
        GET    "/favicon.svg"                                Access::Open => page::icon;
        GET    "/favicon.ico"                                Access::Open => page::icon;
    }
}

/// The count of what each route of the table does.
#[must_use]
pub fn traffic() -> Traffic {
    Traffic::new(table().iter().map(|entry| (entry.method.clone(), entry.path)))
}

/// Puts the table into the server.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut paths: Vec<(&'static str, Vec<(usize, Entry)>)> = Vec::new();
    for (route, entry) in table().into_iter().enumerate() {
        match paths.iter_mut().find(|(path, _)| *path == entry.path) {
            Some((_, entries)) => entries.push((route, entry)),
            None => paths.push((entry.path, vec![(route, entry)])),
        }
    }
    for (path, entries) in paths {
        let mut resource = web::resource(path);
        for (route, entry) in entries {
            let access = entry.access;
            let guarded = entry
                .handler
                .method(entry.method)
                .wrap(from_fn(move |request, next| access::check(access, request, next)))
                .wrap(from_fn(move |request, next| traffic::count(route, request, next)));
            resource = resource.route(guarded);
        }
        let is_file = path.starts_with("/assets/");
        let resource = resource.default_service(web::to(wrong_method));
        if is_file {
            config.service(resource.wrap(Compress::default()));
        } else {
            config.service(resource);
        }
    }
    config.default_service(web::to(not_found));
}

async fn wrong_method(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        format!(
            "This route does not take {}: /api/openapi.json lists what it takes.",
            request.method()
        ),
    ))
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(no_such_page())
}

/// There is nothing at that address.
pub fn no_such_page() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is nothing at this address: /api/openapi.json lists the routes.",
    )
}
