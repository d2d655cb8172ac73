//! The stack of layers that every request to a service passes, from top to bottom.

use crate::layers::access::{self, AccessRules, Admission};
use crate::layers::authentication::{Authentication, Identification, Identity};
use crate::layers::body_limit::LimitedBody;
use crate::layers::client_address::client_address;
use crate::layers::proxy::{self, Limits, Proxy, ProxyError};
use crate::layers::rate_limit::{Client, Quota, RateLimitExceeded, RateLimiter};
use crate::layers::upgrade::Upgrade;
use crate::layers::{forwarding, read_only};
use crate::upstream::{Service, Upstream};
use crate::webhooks::{MAX_BODY, is_webhook};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use std::net::IpAddr;
use tokio_util::sync::CancellationToken;

/// The layers, with their settings.
pub struct Stack {
    authentication: Authentication,
    rate_limiter: Option<RateLimiter>,
    proxy: Proxy,
    limits: Limits,
    stop: CancellationToken,
}

/// Where a route leads to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A service of the platform.
    Service(Service, Upstream),
    /// A service that extends the platform.
    Extension(Upstream),
}

impl Stack {
    /// Creates the stack. Endless responses end when `stop` fires.
    pub fn new(
        authentication: Authentication,
        rate_limiter: Option<RateLimiter>,
        limits: Limits,
        stop: CancellationToken,
    ) -> Self {
        Self {
            authentication,
            rate_limiter,
            proxy: Proxy::new(limits),
            limits,
            stop,
        }
    }

    /// How requests are authenticated.
    pub(crate) fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Passes `request` through the layers to `target`, and returns the response to the client.
    pub(crate) async fn handle(&self, target: &Target, request: Request) -> Response {
        self.pass(target, request)
            .await
            .unwrap_or_else(|rejection| rejection)
    }

    /// The layers that may reject a request, in their order, and then the service.
    async fn pass(&self, target: &Target, mut request: Request) -> Result<Response, Response> {
        let (upstream, rules) = match target {
            Target::Service(service, upstream) => {
                read_only::check(*service, request.method(), request.uri())
                    .map_err(IntoResponse::into_response)?;
                (upstream, AccessRules::Table)
            }
            Target::Extension(upstream) => (upstream, AccessRules::Extension),
        };
        let address = client_address(&request, self.limits.trust_peer);
        let (identity, quota) = self.authenticate_and_count(address, request.headers()).await?;
        let admission =
            access::authorize(identity, rules, &mut request).map_err(IntoResponse::into_response)?;
        let most = self.most_bytes(&request);
        let mut response = self
            .forward(upstream, request, most, admission)
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(upstream = upstream.name(), failure = %error, "no answer");
                error.problem(upstream.name(), most).into_response()
            });
        if let Some(quota) = quota {
            quota.add_headers(&mut response);
        }
        Ok(response)
    }

    /// Authentication and rate limit belong together: a client is counted by the subject of its token, or else by its
    /// address, and by its address too before an unknown key is looked up at the issuer.
    async fn authenticate_and_count(
        &self,
        address: IpAddr,
        headers: &HeaderMap,
    ) -> Result<(Identity, Option<Quota>), Response> {
        let address = Client::Address(address);
        let (identity, counted) = match self.authentication.identify(headers) {
            Identification::Complete(identity) => (identity, None),
            // Counted first, so that requests with invented keys cannot fill the queue for the issuer.
            Identification::UnknownKey(token) => {
                let quota = self.count(address).map_err(IntoResponse::into_response)?;
                (self.authentication.look_up(token).await, quota)
            }
        };
        let quota = match &identity {
            Ok(Identity::Authenticated(token)) => self.count(Client::Subject(&token.person.subject)),
            _ if counted.is_some() => Ok(counted),
            _ => self.count(address),
        };
        let quota = quota.map_err(IntoResponse::into_response)?;
        Ok((identity.map_err(IntoResponse::into_response)?, quota))
    }

    fn count(&self, client: Client<'_>) -> Result<Option<Quota>, RateLimitExceeded> {
        let limiter = self.rate_limiter.as_ref();
        limiter.map(|limiter| limiter.count(client)).transpose()
    }

    /// How many bytes its body may have.
    fn most_bytes(&self, request: &Request) -> u64 {
        if is_webhook(request.method(), request.uri()) {
            self.limits.body.min(MAX_BODY)
        } else {
            self.limits.body
        }
    }

    /// The layers that change an admitted request, in their order.
    async fn forward(
        &self,
        upstream: &Upstream,
        mut request: Request,
        most_bytes: u64,
        admission: Admission,
    ) -> Result<Response, ProxyError> {
        let upgrade = Upgrade::requested(&mut request);
        let (mut head, body) = request.into_parts();
        let body = LimitedBody::new(body, most_bytes)?;
        forwarding::prepare(&mut head, upstream, self.limits.trust_peer)?;
        // After that: a client can have any earlier header removed, by naming it in `Connection`.
        forwarding::set_caller(&mut head.headers, admission.caller);
        if let Some(upgrade) = &upgrade {
            upgrade.add_headers(&mut head.headers);
        }
        let response = self.proxy.send(upstream, &head, &body).await?;
        let request_id = forwarding::request_id_of(&head.headers);
        let end = proxy::end_of_stream(self.stop.clone(), admission.until);
        Ok(match upgrade {
            Some(upgrade) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                upgrade.join(response, request_id, end)
            }
            _ => proxy::for_client(response, request_id, end),
        })
    }
}
