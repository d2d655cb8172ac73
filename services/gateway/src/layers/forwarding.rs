//! Layer: the headers that are forwarded in both directions, without those of one connection and without forged origins.

use crate::upstream::Upstream;
use axum::extract::ConnectInfo;
use fdp_http::caller::CALLER;
use fdp_runtime::trace;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::request;
use std::net::{IpAddr, SocketAddr};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const MAX_REQUEST_ID: usize = 128;

/// Headers of one connection, which are not forwarded (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Removes the hop-by-hop headers, and those that `Connection` names.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
struct Origin<'a> {
    /// The address of the peer.
    peer: Option<IpAddr>,
    /// The host that the client used, from `Host` or the URI.
    host: Option<&'a HeaderValue>,
    /// Whether the peer is a trusted proxy, whose forwarding headers are kept.
    peer_is_trusted: bool,
}

/// Prepares the head of a request for `upstream`: its URI and its headers. `trust_peer` keeps the forwarding headers of
/// the peer.
///
/// # Errors
/// When the path cannot be forwarded.
pub(crate) fn prepare(
    head: &mut request::Parts,
    upstream: &Upstream,
    trust_peer: bool,
) -> Result<(), http::Error> {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    let host = head.headers.get(HOST).cloned().or_else(|| {
        let authority = head.uri.authority()?;
        HeaderValue::from_str(authority.as_str()).ok()
    });
    let origin = Origin {
        peer: peer.map(|peer| peer.0.ip()),
        host: host.as_ref(),
        peer_is_trusted: trust_peer,
    };
    for_upstream(&mut head.headers, origin, trace::current_header().as_deref());
    head.uri = upstream.uri(head.uri.path_and_query())?;
    Ok(())
}

/// Turns the headers of a client into those of the request to a service. `traceparent` is that of the trace that the
/// gateway has continued or started.
fn for_upstream(headers: &mut HeaderMap, origin: Origin<'_>, traceparent: Option<&str>) {
    remove_hop_by_hop(headers);
    // The HTTP client sets these for the service and the body; the gateway itself has handled `100 Continue`.
    for name in [HOST, CONTENT_LENGTH, EXPECT] {
        headers.remove(name);
    }
    if !origin.peer_is_trusted {
        let forged: Vec<HeaderName> = headers
            .keys()
            .filter(|name| name.as_str().starts_with("x-forwarded-") || [FORWARDED, REAL_IP].contains(name))
            .cloned()
            .collect();
        for name in forged {
            headers.remove(name);
        }
    }
    add_origin(headers, origin);
    if let Some(traceparent) = traceparent
        && let Ok(value) = HeaderValue::from_str(traceparent)
    {
        headers.insert(TRACEPARENT, value);
    }
    if let Some(id) = request_id(headers, traceparent) {
        headers.insert(REQUEST_ID, id);
    }
}

fn add_origin(headers: &mut HeaderMap, origin: Origin<'_>) {
    let Some(peer) = origin.peer.map(|peer| peer.to_canonical()) else {
        return;
    };
    append(headers, FORWARDED_FOR, &peer.to_string());
    if !headers.contains_key(FORWARDED_PROTO) {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    }
    let node = match peer {
        IpAddr::V4(peer) => peer.to_string(),
        IpAddr::V6(peer) => format!("\"[{peer}]\""),
    };
    let host = origin.host.and_then(|host| host.to_str().ok());
    // A quotation mark in a host would end the quoted string early.
    let host = host.filter(|host| !host.contains(['"', '\\']));
    let element = match host {
        Some(host) => format!("for={node};host=\"{host}\";proto=http"),
        None => format!("for={node};proto=http"),
    };
    append(headers, FORWARDED, &element);
    if let Some(host) = origin.host
        && !headers.contains_key(FORWARDED_HOST)
    {
        headers.insert(FORWARDED_HOST, host.clone());
    }
}

/// Appends to a list in a single header line, so that no reader mistakes one of several lines for the whole list.
fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let before: Vec<&str> = headers
        .get_all(&name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let all = if before.is_empty() {
        value.to_owned()
    } else {
        format!("{}, {value}", before.join(", "))
    };
    if let Ok(all) = HeaderValue::from_str(&all) {
        headers.insert(name, all);
    }
}

/// The request id of the client, if it is valid, or else the id of the trace.
fn request_id(headers: &HeaderMap, traceparent: Option<&str>) -> Option<HeaderValue> {
    let is_valid = |id: &&HeaderValue| {
        !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    let given = headers.get(REQUEST_ID).filter(is_valid).cloned();
    given.or_else(|| HeaderValue::from_str(traceparent?.split('-').nth(1)?).ok())
}

/// Sets the header that tells the service who the client is, whatever the client has sent.
pub(crate) fn set_caller(headers: &mut HeaderMap, caller: Option<HeaderValue>) {
    match caller {
        Some(caller) => {
            headers.insert(CALLER, caller);
        }
        None => {
            headers.remove(CALLER);
        }
    }
}

/// The request id of a prepared request.
pub(crate) fn request_id_of(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(REQUEST_ID).cloned()
}

/// Turns the headers of a service into those of the response to the client.
pub(crate) fn for_client(headers: &mut HeaderMap, request_id: Option<HeaderValue>) {
    remove_hop_by_hop(headers);
    if let Some(id) = request_id {
        headers.insert(REQUEST_ID, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn origin(peer: &str, host: Option<&'static HeaderValue>, trusted: bool) -> Origin<'static> {
        Origin {
            peer: peer.parse().ok(),
            host,
            peer_is_trusted: trusted,
        }
    }

    #[test]
    fn headers_of_the_connection_are_not_forwarded() {
        let mut headers = headers(&[
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn the_origin_of_an_untrusted_peer_is_replaced() {
        static HOST_VALUE: HeaderValue = HeaderValue::from_static("shop.example");
        let mut headers = headers(&[
            ("host", "shop.example"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/admin"),
            ("x-real-ip", "1.1.1.1"),
            ("forwarded", "for=1.1.1.1"),
        ]);
        for_upstream(&mut headers, origin("10.0.0.7", Some(&HOST_VALUE), false), None);
        assert_eq!(headers["x-forwarded-for"], "10.0.0.7");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-host"], "shop.example");
        assert_eq!(
            headers["forwarded"],
            "for=10.0.0.7;host=\"shop.example\";proto=http"
        );
        assert!(
            ["x-real-ip", "x-forwarded-prefix", "host"]
                .iter()
                .all(|name| !headers.contains_key(*name))
        );
    }

    #[test]
    fn the_origin_of_a_trusted_proxy_is_extended() {
        let mut headers = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https")]);
        for_upstream(&mut headers, origin("10.0.0.7", None, true), None);
        assert_eq!(headers["x-forwarded-for"], "1.1.1.1, 10.0.0.7");
        assert_eq!(headers["x-forwarded-proto"], "https");
    }

    #[test]
    fn addresses_are_written_as_the_standard_requires() {
        let mut v6 = HeaderMap::new();
        for_upstream(&mut v6, origin("2001:db8::1", None, false), None);
        assert_eq!(v6["forwarded"], "for=\"[2001:db8::1]\";proto=http");
        let mut mapped = HeaderMap::new();
        let peer = Ipv6Addr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0007]).to_string();
        for_upstream(&mut mapped, origin(&peer, None, false), None);
        assert_eq!(mapped["x-forwarded-for"], "10.0.0.7");
    }

    #[test]
    fn a_valid_request_id_is_kept_and_another_one_is_replaced() {
        let mut given = headers(&[("x-request-id", "abc-1")]);
        for_upstream(&mut given, origin("", None, false), Some(TRACE));
        assert_eq!(
            (&given["x-request-id"], &given["traceparent"]),
            (&"abc-1".parse().unwrap(), &TRACE.parse().unwrap())
        );
        let mut bad = headers(&[("x-request-id", "two words")]);
        for_upstream(&mut bad, origin("", None, false), Some(TRACE));
        assert_eq!(bad["x-request-id"], "0af7651916cd43dd8448eb211c80319c");
    }
}
