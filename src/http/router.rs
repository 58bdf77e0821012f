//! Every route on one page: method, path, who may call it, and who answers.

use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpRequest, HttpResponse, Route, web};
use atlas_actors::model::Role;

use super::access::{self, Access};
use super::error::ApiError;
use super::{
    agents, audit, certificate, commands, health, history, machines, openapi, page, pins, quarantine,
    reports, sessions, stream, tokens, yardstick,
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

const VIEWER: Access = Access::User(Role::Viewer);
const OPERATOR: Access = Access::User(Role::Operator);
const ADMIN: Access = Access::User(Role::Admin);

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
#[must_use]
pub fn table() -> Vec<Entry> {
    table! {
        POST   "/api/fleet/report"                           Access::Agent => reports::record;
        GET    "/api/fleet/commands/{id}"                    Access::Agent => commands::poll;
        POST   "/api/fleet/command/{id}/ack"                 Access::Agent => commands::settle;
        POST   "/api/fleet/commands/{id}/{command}/ack"      Access::Agent => commands::settle_by_path;
        POST   "/api/v2/enroll"                              Access::Agent => tokens::enrol;
        POST   "/api/v2/agents/rekey"                        Access::Agent => agents::rekey;

        POST   "/api/v2/pins"                                Access::Agent => pins::tell;

        GET    "/api/fleet/health"                           Access::Open => health::fleet;
        GET    "/api/health"                                 Access::Open => health::short;
        GET    "/api/openapi.json"                           Access::Open => openapi::document;
        POST   "/api/auth/login"                             Access::Open => sessions::sign_in;
        POST   "/login"                                      Access::Open => sessions::sign_in_by_form;
        POST   "/api/auth/logout"                            Access::Open => sessions::sign_out;
        POST   "/api/fleet/logout"                           Access::Open => sessions::sign_out;

        GET    "/api/auth/me"                                VIEWER => sessions::me;
        GET    "/api/fleet/current-user"                     VIEWER => sessions::me;
        GET    "/api/fleet/machines"                         VIEWER => machines::list;
        GET    "/api/fleet/machine/{id}"                     VIEWER => machines::show;
        GET    "/api/fleet/machines/{id}"                    VIEWER => machines::show;
        GET    "/api/fleet/summary"                          VIEWER => machines::summary;
        GET    "/api/fleet/history/{id}"                     VIEWER => history::recent;
        GET    "/api/fleet/machines/{id}/history"            VIEWER => history::recent;
        GET    "/api/v2/machines/{id}/series"                VIEWER => history::series;
        GET    "/api/fleet/stream"                           VIEWER => stream::open;
        GET    "/api/fleet/recent-commands/{id}"             VIEWER => commands::recent;
        PUT    "/api/v2/machines/{id}/tags"                  OPERATOR => machines::tag;
        POST   "/api/fleet/command/{id}"                     ADMIN => commands::enqueue;
        DELETE "/api/v2/machines/{id}"                       ADMIN => machines::forget;
        POST   "/api/v2/tokens"                              ADMIN => tokens::issue;
        GET    "/api/v2/tokens"                              ADMIN => tokens::list;
        DELETE "/api/v2/tokens/{id}"                         ADMIN => tokens::revoke;
        GET    "/api/v2/agents"                              ADMIN => agents::list;
        GET    "/api/v2/agents/rotation"                     ADMIN => agents::rotation;
        POST   "/api/v2/agents/rotation"                     ADMIN => agents::rotate;
        POST   "/api/v2/agents/{agent_id}/approve"           ADMIN => agents::approve;
        DELETE "/api/v2/agents/{agent_id}"                   ADMIN => agents::revoke;
        GET    "/api/v2/quarantine"                          ADMIN => quarantine::list;
        GET    "/api/v2/audit"                               ADMIN => audit::list;
        GET    "/api/v2/audit/export"                        ADMIN => audit::export;
        GET    "/api/v2/certificate"                         ADMIN => certificate::show;
        POST   "/api/v2/certificate/renew"                   ADMIN => certificate::renew;
        GET    "/api/fleet/cert-status"                      ADMIN => certificate::show;
        GET    "/api/fleet/cert-info"                        ADMIN => certificate::show;
        POST   "/api/fleet/update-certificate"               ADMIN => certificate::renew;

        POST   "/api/v2/yardstick"                           Access::Agent => yardstick::swallow;
        GET    "/api/v2/yardstick"                           Access::Open => yardstick::fill;

        GET    "/"                                           Access::Open => page::index;
        GET    "/login"                                      Access::Open => page::index;
        GET    "/logout"                                     Access::Open => page::index;
        GET    "/dashboard"                                  Access::Open => page::index;
        GET    "/machine/{id}"                               Access::Open => page::index;
        GET    "/machine/{id}/dashboard"                     Access::Open => page::index;
        GET    "/settings"                                   Access::Open => page::index;
        GET    "/settings/{section}"                         Access::Open => page::index;
        GET    "/assets/{name}"                              Access::Open => page::asset;
        GET    "/favicon.svg"                                Access::Open => page::icon;
        GET    "/favicon.ico"                                Access::Open => page::icon;
    }
}

/// Puts the table into the server.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut paths: Vec<(&'static str, Vec<Entry>)> = Vec::new();
    for entry in table() {
        match paths.iter_mut().find(|(path, _)| *path == entry.path) {
            Some((_, entries)) => entries.push(entry),
            None => paths.push((entry.path, vec![entry])),
        }
    }
    for (path, entries) in paths {
        let mut resource = web::resource(path);
        for entry in entries {
            let access = entry.access;
            let guarded = entry
                .handler
                .method(entry.method)
                .wrap(from_fn(move |request, next| access::check(access, request, next)));
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
