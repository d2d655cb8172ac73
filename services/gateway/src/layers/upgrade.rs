//! Layer: connections that switch their protocol (WebSocket): requested by the client, accepted by the service, joined.

use crate::layers::forwarding;
use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;

/// The upgrade to HTTP/2 without TLS applies to a single connection, and is not forwarded.
const NOT_FORWARDED: &[u8] = b"h2c";

/// A client's request to switch the protocol.
pub(crate) struct Upgrade {
    protocol: HeaderValue,
    client: OnUpgrade,
}

impl Upgrade {
    /// The upgrade that a request asks for, with `Connection: upgrade` and one protocol in `Upgrade`.
    pub(crate) fn requested(request: &mut Request<Body>) -> Option<Self> {
        let protocol = request.headers().get(UPGRADE)?.clone();
        let names_upgrade = request
            .headers()
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|names| names.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case("upgrade"));
        let is_forwarded = request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && !protocol.as_bytes().eq_ignore_ascii_case(NOT_FORWARDED);
        (names_upgrade && is_forwarded).then(|| Self {
            protocol,
            client: hyper::upgrade::on(request),
        })
    }

    /// Adds the headers that request it from the service.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.protocol.clone());
    }

    /// Forwards the response of the service, and then bytes in both directions, until one side closes or `end` fires.
    pub(crate) fn join(
        self,
        mut response: http::Response<Incoming>,
        request_id: Option<HeaderValue>,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> Response {
        let service = hyper::upgrade::on(&mut response);
        let accepted = response.headers().get(UPGRADE).cloned();
        let (mut head, _) = response.into_parts();
        forwarding::for_client(&mut head.headers, request_id);
        head.headers
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers.insert(UPGRADE, accepted.unwrap_or(self.protocol));
        tokio::spawn(async move {
            metrics::gauge!("gateway_switched_connections").increment(1.0);
            tokio::select! {
                joined = copy(self.client, service) => {
                    if let Err(error) = joined {
                        tracing::debug!(%error, "a connection with another protocol broke off");
                    }
                }
                () = end => {}
            }
            metrics::gauge!("gateway_switched_connections").decrement(1.0);
        });
        debug_assert_eq!(head.status, StatusCode::SWITCHING_PROTOCOLS);
        Response::from_parts(head, Body::empty())
    }
}

async fn copy(client: OnUpgrade, service: OnUpgrade) -> std::io::Result<()> {
    let open =
        |upgraded: Result<Upgraded, hyper::Error>| upgraded.map(TokioIo::new).map_err(std::io::Error::other);
    let (mut client, mut service) = (open(client.await)?, open(service.await)?);
    tokio::io::copy_bidirectional(&mut client, &mut service).await?;
    Ok(())
}
