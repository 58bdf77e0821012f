//! Who a request is for and where it comes from: the names by which this server is called, the page
//! of a browser that sent it, and the client's own address behind proxies that are trusted. Nothing
//! that a client can write at will decides any of it.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web;

use super::Edge;
use super::error::ApiError;
use crate::ip_network::IpNetwork;

/// What this server is called, and who speaks for others.
#[derive(Clone, Debug, Default)]
pub struct Site {
    hosts: HashSet<String>,
    origin: Option<String>,
    proxies: Vec<IpNetwork>,
    is_strict: bool,
}

impl Site {
    /// A site of these names, reached at that address as well, behind these proxies. `is_strict`
    /// refuses changes by a cookie without a word on which page asked for them.
    #[must_use]
    pub fn new(names: &[String], public_url: &str, proxies: Vec<IpNetwork>, is_strict: bool) -> Self {
        let authority = public_url
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let names = names.iter().map(String::as_str).chain(authority).map(host_of);
        Self {
            hosts: names
                .map(|name| name.trim_end_matches('.').to_lowercase())
                .collect(),
            origin: authority.map(|authority| format!("https://{}", authority.to_lowercase())),
            proxies,
            is_strict,
        }
    }

    /// Whether this server is called so. Every bare address may be: what is feared is a name of somebody
    /// else that leads here (DNS rebinding), and an address is nobody's name. It also changes under a
    /// running server.
    fn is_called(&self, authority: &str) -> bool {
        let host = host_of(authority).trim_end_matches('.');
        host.parse::<IpAddr>().is_ok() || self.hosts.contains(&host.to_lowercase())
    }

    /// The client's address: what the last proxy that is not trusted has told the first that is.
    fn client(&self, peer: IpAddr, forwarded: &[&str]) -> IpAddr {
        let is_trusted = |address: IpAddr| self.proxies.iter().any(|proxy| proxy.contains(address));
        let mut client = peer.to_canonical();
        let mut told = forwarded.iter().rev().flat_map(|list| list.rsplit(','));
        while is_trusted(client) {
            match told.next().map(|told| address_in(told.trim())) {
                Some(Some(address)) => client = address.to_canonical(),
                // Nobody before it, or nothing that can be read: the proxy itself is what is known.
                Some(None) | None => break,
            }
        }
        client
    }
}

/// The host of `host:port`, without the brackets of an IPv6 address.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if authority.matches(':').count() == 1 => authority.split(':').next().unwrap_or_default(),
        None => authority,
    }
}

/// An address as proxies write it, with or without a port.
fn address_in(text: &str) -> Option<IpAddr> {
    host_of(text).parse().ok()
}

/// The client's address.
#[must_use]
pub fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let Some(edge) = request.app_data::<web::Data<Edge>>() else {
        return peer;
    };
    let told = request.headers().get_all("x-forwarded-for");
    let told: Vec<_> = told.map(|value| value.to_str().unwrap_or_default()).collect();
    edge.site.client(peer, &told)
}

/// Refuses what a page of another site makes a browser send: requests under another name than this
/// server's, and changes or streams that another page asks for.
///
/// # Errors
/// 421 for a foreign name, 403 for a foreign page.
pub fn check(request: &ServiceRequest) -> Result<(), ApiError> {
    let Some(edge) = request.app_data::<web::Data<Edge>>() else {
        return Ok(());
    };
    let authority = authority(request).filter(|authority| edge.site.is_called(authority));
    let authority = authority.ok_or_else(unknown_host)?;
    refuse_other_pages(&edge.site, &authority, request)
}

/// `:authority` of HTTP/2, or `Host`.
fn authority(request: &ServiceRequest) -> Option<String> {
    let uri = request.uri().authority().map(ToString::to_string);
    uri.or_else(|| text(request, header::HOST.as_str()).map(ToOwned::to_owned))
}

fn text<'a>(request: &'a ServiceRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

fn refuse_other_pages(site: &Site, authority: &str, request: &ServiceRequest) -> Result<(), ApiError> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_stream = text(request, "accept").is_some_and(|accept| accept.contains("text/event-stream"));
    if is_read && !is_stream {
        return Ok(());
    }
    let is_ours = |origin: &str| {
        let origin = origin.to_lowercase();
        origin == format!("https://{}", authority.to_lowercase()) || site.origin.as_ref() == Some(&origin)
    };
    // The order is that of browsers' own trust: what a page can't write, then what it can't fake.
    let is_own = match (
        request.headers().get("sec-fetch-site"),
        request.headers().get(header::ORIGIN),
    ) {
        (Some(from), _) => matches!(from.as_bytes(), b"same-origin" | b"none"),
        (None, Some(origin)) => origin.to_str().is_ok_and(is_ours),
        // No browser sends a change without either; who brings a key of its own rides on no cookie.
        (None, None) => is_read || !site.is_strict || has_own_key(request),
    };
    if is_own { Ok(()) } else { Err(other_site()) }
}

fn has_own_key(request: &ServiceRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION) || request.headers().contains_key("x-api-key")
}

fn unknown_host() -> ApiError {
    ApiError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        "This server is not called so: use the name in its config, or add this one to fleet.server.names.",
    )
}

fn other_site() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "other_site",
        "This request comes from a page of another site, so nothing was done.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(proxies: &[&str]) -> Site {
        let proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        Site::new(
            &["Atlas.example".to_owned(), "localhost".to_owned()],
            "https://fleet.example:8443/atlas",
            proxies,
            false,
        )
    }

    #[test]
    fn knows_its_names_in_every_spelling_and_no_others() {
        let site = site(&[]);
        for own in [
            "atlas.example",
            "ATLAS.example:8768",
            "atlas.example.",
            "localhost:1",
            "fleet.example",
            "127.0.0.1:8768",
            "[::1]:8768",
            "::1",
            "203.0.113.9",
        ] {
            assert!(site.is_called(own), "{own}");
        }
        for foreign in [
            "",
            "evil.example",
            "atlas.example.evil.example",
            "evil-atlas.example",
            "atlas.example@evil.example",
            "127.0.0.1.evil.example",
            "atlas",
        ] {
            assert!(!site.is_called(foreign), "{foreign}");
        }
    }

    #[test]
    fn believes_only_trusted_proxies_and_takes_the_rightmost_address_of_others() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let behind = site(&["10.0.0.0/8", "::1"]);
        for (peer, told, client) in [
            ("192.0.2.1", &["203.0.113.5"][..], "192.0.2.1"),
            ("10.0.0.1", &["203.0.113.5"], "203.0.113.5"),
            ("10.0.0.1", &["6.6.6.6, 203.0.113.5"], "203.0.113.5"),
            ("10.0.0.1", &["6.6.6.6", "203.0.113.5, 10.9.9.9"], "203.0.113.5"),
            ("10.0.0.1", &["203.0.113.5:4711"], "203.0.113.5"),
            ("::ffff:10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["203.0.113.5, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
        ] {
            assert_eq!(behind.client(ip(peer), told), ip(client), "{peer} {told:?}");
        }
        assert_eq!(site(&[]).client(ip("10.0.0.1"), &["6.6.6.6"]), ip("10.0.0.1"));
    }
}
