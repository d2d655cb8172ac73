//! What every request passes before it is passed on: who is asking, how often, and whether they may.

use crate::access::{self, Asking, Verdict};
use crate::auth::{Authentication, Identity, Recognised};
use crate::rate::{Client, Left, Rate, TooMany};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use fdp_kit::caller::{Person, Role};
use fdp_kit::guest::Guest;
use fdp_kit::{Caller, Problem};
use http::{HeaderValue, StatusCode, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The checks, in their order.
#[derive(Clone)]
pub struct Gate {
    /// Who is asking.
    pub authentication: Authentication,
    /// How often they may.
    pub rate: Option<Rate>,
    /// Whether the last address in `X-Forwarded-For` is the client's: true only behind a proxy that adds it.
    pub trust_peer: bool,
}

/// By which rules a request is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// The table of roles, by method and path.
    Table,
    /// Those for services that the table does not know.
    Extension,
}

/// A request that may be passed on.
pub(crate) struct Admitted {
    /// What the service is told about who is asking; `None` for one who may do everything anyway.
    pub(crate) caller: Option<HeaderValue>,
    /// When its token ends, and with it an answer without an end; `None` where there is no token.
    pub(crate) until: Option<Instant>,
    left: Option<Left>,
}

impl Admitted {
    /// The answer, with what is left to the client.
    pub(crate) fn finish(&self, mut response: Response) -> Response {
        if let Some(left) = self.left {
            left.tell(&mut response);
        }
        response
    }
}

impl Gate {
    /// Lets a request in, or answers it. Its token stays here: services learn who is asking, and cannot pass the
    /// token on.
    pub(crate) async fn admit(&self, request: &mut Request, by: Rules) -> Result<Admitted, Response> {
        let address = Client::Address(self.address(request));
        let (identified, mut left) = match self.authentication.recognise(request.headers()) {
            Recognised::Settled(identified) => (identified, None),
            // Counted before the issuer is asked, so that nobody fills the queue for it with made-up keys.
            Recognised::NewKey(token) => {
                let left = self.count(address).map_err(IntoResponse::into_response)?;
                (self.authentication.look_up(token).await, left)
            }
        };
        left = match &identified {
            Ok(Identity::Known(vouched)) => self
                .count(Client::Subject(&vouched.person.subject))
                .map_err(IntoResponse::into_response)?,
            _ if left.is_some() => left,
            _ => self.count(address).map_err(IntoResponse::into_response)?,
        };
        let (person, until) = match identified.map_err(IntoResponse::into_response)? {
            Identity::Everybody => {
                return Ok(Admitted {
                    caller: None,
                    until: None,
                    left,
                });
            }
            Identity::Known(vouched) => (vouched.person, Some(vouched.until)),
            Identity::Stranger => {
                let guest = Guest::recognise(request.headers());
                let person = Person {
                    subject: guest.map(|guest| guest.id()).unwrap_or_default(),
                    ..Person::default()
                };
                (person, None)
            }
        };
        request.headers_mut().remove(header::AUTHORIZATION);
        let asking = match person.subject.as_str() {
            _ if until.is_some() => Asking::SignedIn(&person.roles),
            "" => Asking::Stranger,
            _ => Asking::Guest,
        };
        let verdict = match by {
            Rules::Table => access::verdict(asking, request.method(), request.uri().path()),
            Rules::Extension => access::verdict_on_extension(asking),
        };
        let outcome = match verdict {
            Verdict::Allowed => "allowed",
            Verdict::SignIn => "sign-in",
            Verdict::Forbidden(_) => "forbidden",
        };
        metrics::counter!("gateway_access_total", "outcome" => outcome).increment(1);
        match verdict {
            Verdict::Allowed => {}
            Verdict::SignIn => return Err(crate::auth::Refusal::Missing.into_response()),
            Verdict::Forbidden(roles) => return Err(forbidden(roles).into_response()),
        }
        let caller = Caller::Person(person)
            .header()
            .ok_or_else(|| Problem::bad_request("the token's claims cannot be passed on").into_response())?;
        Ok(Admitted {
            caller: Some(caller),
            until: until.and_then(instant),
            left,
        })
    }

    fn count(&self, client: Client<'_>) -> Result<Option<Left>, TooMany> {
        self.rate.as_ref().map(|rate| rate.count(client)).transpose()
    }

    fn address(&self, request: &Request) -> IpAddr {
        let told = || {
            let last = request.headers().get_all("x-forwarded-for").iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        };
        let peer = || Some(request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip());
        self.trust_peer
            .then(told)
            .flatten()
            .or_else(peer)
            .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

/// The instant of a time since 1970; `None` when it is too far away for anybody to see it.
fn instant(time: Duration) -> Option<Instant> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now().checked_add(time.saturating_sub(now))
}

fn forbidden(roles: &[Role]) -> Problem {
    let wanted: Vec<&str> = roles
        .iter()
        .chain([&Role::Admin])
        .map(|role| role.name())
        .collect();
    Problem::new(
        StatusCode::FORBIDDEN,
        "role-missing",
        format!(
            "this is for the role {}; ask the issuer's administrator for it, then sign in again",
            wanted.join(" or ")
        ),
    )
}
