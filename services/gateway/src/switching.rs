//! Connections that change their protocol (WebSocket): asked for on one side, granted on the other, then joined.

use crate::headers;
use axum::body::Body;
use axum::response::Response;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;

/// HTTP/2 without TLS is a matter of each connection, and not spoken here.
const NOT_PASSED_ON: &[u8] = b"h2c";

/// A client's wish to speak another protocol.
pub(crate) struct Switching {
    protocol: HeaderValue,
    client: OnUpgrade,
}

impl Switching {
    /// The wish, if the request has one: `Connection: upgrade` and one protocol in `Upgrade`.
    pub(crate) fn asked_for(request: &mut Request<Body>) -> Option<Self> {
        let protocol = request.headers().get(UPGRADE)?.clone();
        let names_upgrade = request
            .headers()
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|names| names.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case("upgrade"));
        let passed_on = request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && !protocol.as_bytes().eq_ignore_ascii_case(NOT_PASSED_ON);
        (names_upgrade && passed_on).then(|| Self {
            protocol,
            client: hyper::upgrade::on(request),
        })
    }

    /// Asks the service for it.
    pub(crate) fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.protocol.clone());
    }

    /// Passes the service's consent on, and bytes in both directions from then on, until one side has had enough or
    /// `over` fires.
    pub(crate) fn join(
        self,
        mut consent: http::Response<Incoming>,
        request_id: Option<HeaderValue>,
        over: impl Future<Output = ()> + Send + 'static,
    ) -> Response {
        let service = hyper::upgrade::on(&mut consent);
        let granted = consent.headers().get(UPGRADE).cloned();
        let (mut head, _) = consent.into_parts();
        headers::for_client(&mut head.headers, request_id);
        head.headers
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers.insert(UPGRADE, granted.unwrap_or(self.protocol));
        tokio::spawn(async move {
            metrics::gauge!("gateway_switched_connections").increment(1.0);
            tokio::select! {
                joined = carry(self.client, service) => {
                    if let Err(error) = joined {
                        tracing::debug!(%error, "a connection with another protocol broke off");
                    }
                }
                () = over => {}
            }
            metrics::gauge!("gateway_switched_connections").decrement(1.0);
        });
        debug_assert_eq!(head.status, StatusCode::SWITCHING_PROTOCOLS);
        Response::from_parts(head, Body::empty())
    }
}

async fn carry(client: OnUpgrade, service: OnUpgrade) -> std::io::Result<()> {
    let open =
        |upgraded: Result<Upgraded, hyper::Error>| upgraded.map(TokioIo::new).map_err(std::io::Error::other);
    let (mut client, mut service) = (open(client.await)?, open(service.await)?);
    tokio::io::copy_bidirectional(&mut client, &mut service).await?;
    Ok(())
}
