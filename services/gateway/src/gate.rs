//! What every request passes before it is passed on: who is asking, how often, and whether they may.

use crate::access::{self, Asking, Verdict};
use crate::auth::{Authentication, Identity};
use crate::rate::{Client, Left, Rate, TooMany};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use fdp_kit::caller::{Person, Role};
use fdp_kit::{Caller, Problem};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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

/// A request that may be passed on.
pub(crate) struct Admitted {
    /// What the service is told about who is asking; `None` for one who may do everything anyway.
    pub(crate) caller: Option<HeaderValue>,
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
    pub(crate) async fn admit(&self, request: &mut Request) -> Result<Admitted, Response> {
        let identified = self.authentication.identify(request.headers()).await;
        let left = self
            .count(request, identified.as_ref().ok())
            .map_err(IntoResponse::into_response)?;
        let identity = identified.map_err(IntoResponse::into_response)?;
        let person = match identity {
            Identity::Everybody => return Ok(Admitted { caller: None, left }),
            Identity::Known(person) => person,
            Identity::Stranger => Person {
                subject: guest(request.headers()).unwrap_or_default().to_owned(),
                ..Person::default()
            },
        };
        let is_signed_in = request.headers_mut().remove(header::AUTHORIZATION).is_some();
        let asking = match person.subject.as_str() {
            _ if is_signed_in => Asking::SignedIn(&person.roles),
            "" => Asking::Stranger,
            _ => Asking::Guest,
        };
        let verdict = access::verdict(asking, request.method(), request.uri().path());
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
            left,
        })
    }

    fn count(&self, request: &Request, identity: Option<&Identity>) -> Result<Option<Left>, TooMany> {
        let Some(rate) = &self.rate else {
            return Ok(None);
        };
        let client = match identity {
            Some(Identity::Known(person)) => Client::Subject(&person.subject),
            _ => Client::Address(self.address(request)),
        };
        rate.count(client).map(Some)
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

/// The id that the pages gave to a visitor. It is random, so that nobody guesses another's, and it begins like no
/// subject of an issuer, so that nobody passes for a customer by writing a cookie.
fn guest(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|pairs| pairs.split(';'));
    let id = pairs.find_map(|pair| pair.trim().strip_prefix("customer="))?;
    let random = id.strip_prefix("guest-")?;
    (random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))])
    }

    #[test]
    fn a_visitor_of_the_pages_is_known_by_the_cookie_that_the_pages_set() {
        let headers = cookie("lang=ko; customer=guest-0123456789abcdef");
        assert_eq!(guest(&headers), Some("guest-0123456789abcdef"));
    }

    #[test]
    fn a_cookie_makes_nobody_a_customer_of_the_issuer() {
        for text in [
            "customer=8d5f1c1e-0000-4000-8000-000000000000",
            "customer=guest-",
            "customer=guest-1",
            "customer=guest-0123456789abcdeg",
            "xcustomer=guest-0123456789abcdef",
            "",
        ] {
            assert_eq!(guest(&cookie(text)), None, "{text}");
        }
    }
}
