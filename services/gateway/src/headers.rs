//! Headers at the border: what concerns one connection stays behind, and where a request came from is told truly.

use fdp_kit::caller::CALLER;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use std::net::IpAddr;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const LONGEST_REQUEST_ID: usize = 128;

/// Headers that are about one connection and not about the message (RFC 9110, section 7.6.1).
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

/// Removes the hop-by-hop headers, and those that `Connection` names as such.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
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

/// What is known of where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The other end of the connection.
    pub(crate) peer: Option<IpAddr>,
    /// What the client calls us, from `Host` or the URI.
    pub(crate) host: Option<&'a HeaderValue>,
    /// Whether the peer is a proxy of ours, whose word on where the request came from counts.
    pub(crate) peer_is_trusted: bool,
}

/// Makes a client's headers into those of the request to a service. `traceparent` is that of the trace that the
/// gateway has continued or started.
pub(crate) fn for_upstream(headers: &mut HeaderMap, origin: Origin<'_>, traceparent: Option<&str>) {
    remove_hop_by_hop(headers);
    // Set anew for the service and the body that is sent; `100 Continue` has been answered here.
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
    tell_origin(headers, origin);
    if let Some(traceparent) = traceparent
        && let Ok(value) = HeaderValue::from_str(traceparent)
    {
        headers.insert(TRACEPARENT, value);
    }
    if let Some(id) = request_id(headers, traceparent) {
        headers.insert(REQUEST_ID, id);
    }
}

fn tell_origin(headers: &mut HeaderMap, origin: Origin<'_>) {
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

/// Adds to a list in one header line, so that no reader takes only a part of it for the whole.
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

/// The client's request id, if it is a decent one, else the id of the trace.
fn request_id(headers: &HeaderMap, traceparent: Option<&str>) -> Option<HeaderValue> {
    let decent = |id: &&HeaderValue| {
        !id.is_empty() && id.len() <= LONGEST_REQUEST_ID && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    let given = headers.get(REQUEST_ID).filter(decent).cloned();
    given.or_else(|| HeaderValue::from_str(traceparent?.split('-').nth(1)?).ok())
}

/// Tells the service whom the request acts for, whatever the client says about that.
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

/// The id that [`for_upstream`] has set.
pub(crate) fn present_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(REQUEST_ID).cloned()
}

/// Makes a service's headers into those of the answer to the client.
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
    fn what_concerns_the_connection_stays_behind() {
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
    fn what_a_stranger_says_about_its_origin_is_replaced() {
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
    fn what_a_proxy_of_ours_says_is_added_to() {
        let mut headers = headers(&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https")]);
        for_upstream(&mut headers, origin("10.0.0.7", None, true), None);
        assert_eq!(headers["x-forwarded-for"], "1.1.1.1, 10.0.0.7");
        assert_eq!(headers["x-forwarded-proto"], "https");
    }

    #[test]
    fn addresses_are_written_as_the_standard_asks() {
        let mut v6 = HeaderMap::new();
        for_upstream(&mut v6, origin("2001:db8::1", None, false), None);
        assert_eq!(v6["forwarded"], "for=\"[2001:db8::1]\";proto=http");
        let mut mapped = HeaderMap::new();
        let peer = Ipv6Addr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0007]).to_string();
        for_upstream(&mut mapped, origin(&peer, None, false), None);
        assert_eq!(mapped["x-forwarded-for"], "10.0.0.7");
    }

    #[test]
    fn a_request_id_is_kept_when_decent_and_else_that_of_the_trace() {
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
