//! Keeps other sites out of a browser that can reach this page.

use crate::watch::Monitor;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Only the page sends it; another site's would have to ask first whether it may, and is never told so.
const OWN_HEADER: &str = "x-muster";

/// Nothing but what is served here is loaded, run, asked or framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Refuses names that are not this monitor's: a site that gives its own name this machine's address would be of one origin with it.
pub async fn known_host(State(monitor): State<Monitor>, request: Request, next: Next) -> Response {
    match host(request.headers()) {
        Some(host) if is_known(name_of(host), &monitor.config.hosts) => next.run(request).await,
        _ => refused("the Host is none of this monitor's: name it with --host-name"),
    }
}

/// Refuses what another site would have the browser do here.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !headers.contains_key(OWN_HEADER) {
        return refused("only the page may ask this: the header x-muster is missing");
    }
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let is_own = |origin: &str| {
        let place = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        place.is_some() && place == host(headers)
    };
    if !origin.is_none_or(is_own) {
        return refused("only the page may ask this: it came from another origin");
    }
    next.run(request).await
}

/// What every answer carries.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let carried = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in carried {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// Without the port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_known(name: &str, hosts: &[String]) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok() || name == "localhost" || hosts.iter().any(|host| host == name)
}

fn refused(why: &'static str) -> Response {
    (StatusCode::FORBIDDEN, why).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_own_names_are_known_and_others_are_not() {
        let hosts = ["muster.example".to_owned()];
        for host in ["127.0.0.1:7650", "[::1]:7650", "[::1]", "localhost", "localhost:80", "muster.example:7650"] {
            assert!(is_known(name_of(host), &hosts), "{host}");
        }
        for host in ["evil.example:7650", "127.0.0.1.evil.example", "localhost.evil.example", ""] {
            assert!(!is_known(name_of(host), &hosts), "{host}");
        }
    }
}
