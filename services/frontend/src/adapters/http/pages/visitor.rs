//! The visitor of a page: the customer and the language, from cookies that the first visit sets.

use super::frame::Frame;
use crate::domain::Language;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use fdp_http::caller::Role;
use fdp_http::guest::{self, Guest};
use fdp_http::{Caller, Problem, content_negotiation};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};

const ONE_YEAR: u32 = 31_536_000;

/// A visitor of the pages.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// The customer's id: that of the signed-in user, or else of the guest that the first visit created.
    pub(super) customer_id: String,
    /// The caller, as the gateway has authenticated them.
    caller: Caller,
    /// The language of the pages.
    pub(super) language: Language,
    /// Whether they have just switched to it.
    pub(super) switches_language: bool,
    path: String,
    query: String,
    cookies: Vec<String>,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self::from_request(
            Caller::of(&parts.headers)?,
            &parts.headers,
            parts.uri.path(),
            parts.uri.query().unwrap_or_default(),
        ))
    }
}

impl Visitor {
    fn from_request(caller: Caller, headers: &HeaderMap, path: &str, query: &str) -> Self {
        let https = headers
            .get("x-forwarded-proto")
            .is_some_and(|proto| proto.as_bytes().starts_with(b"https"));
        let mut cookies = Vec::new();
        // Anybody can write any id into a cookie, so it is only trusted where nobody signs in.
        let is_trusted = |id: &&str| is_customer_id(id) && caller.is_unrestricted();
        let named = caller
            .customer()
            .or_else(|| cookie(headers, "customer").filter(is_trusted));
        let customer_id = named.map_or_else(
            || {
                let guest = Guest::recognise(headers).unwrap_or_else(|| {
                    let guest = Guest::make();
                    cookies.push(set_cookie(guest::COOKIE, guest.secret(), https));
                    guest
                });
                guest.id()
            },
            str::to_owned,
        );
        let requested = content_negotiation::language_in(query);
        if let Some(language) = requested {
            cookies.push(set_cookie("lang", language.code(), https));
        }
        let language = requested.unwrap_or_else(|| content_negotiation::language(headers));
        Self {
            customer_id,
            caller,
            language,
            switches_language: requested.is_some(),
            path: path.to_owned(),
            query: query.to_owned(),
            cookies,
        }
    }

    /// Whether this visitor may see and cancel the orders of that customer.
    pub(super) fn may_see(&self, customer_id: &str) -> bool {
        customer_id == self.customer_id || self.caller.may_see(customer_id)
    }

    /// Whether this visitor may see and cancel every order.
    pub(super) fn is_unrestricted(&self) -> bool {
        self.caller.is_unrestricted()
    }

    /// The caller, as the gateway has authenticated them.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether this visitor is an owner, a rider, or somebody who may do everything.
    pub(super) fn works(&self) -> bool {
        let works = |role: &Role| matches!(role, Role::Owner | Role::Rider);
        self.is_unrestricted()
            || matches!(&self.caller, Caller::Person(person) if person.roles.iter().any(works))
    }

    /// The frame of every page for this visitor.
    pub(super) fn frame(&self) -> Frame {
        self.frame_at(&self.path).with_query(&self.query)
    }

    /// The frame of the page at `path`, which may be the response to a form that leads elsewhere.
    pub(super) fn frame_at(&self, path: &str) -> Frame {
        Frame::new(self.language, path).for_one_who_works(self.works())
    }

    /// A response with a rendered page.
    pub(super) fn respond(&self, status: StatusCode, html: String) -> Response {
        self.with_cookies((status, Html(html)).into_response())
    }

    /// A response with a problem, which becomes a page if a browser gets it.
    pub(super) fn refuse(&self, problem: impl Into<Problem>) -> Response {
        self.with_cookies(problem.into().into_response())
    }

    /// Redirects the browser to another page with GET.
    pub(super) fn see_other(&self, location: &str) -> Response {
        let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
        self.with_cookies((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
    }

    fn with_cookies(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for cookie in &self.cookies {
            if let Ok(cookie) = HeaderValue::from_str(cookie) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
        response
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|pairs| pairs.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn set_cookie(name: &str, value: &str, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={ONE_YEAR}; HttpOnly; SameSite=Lax{secure}")
}

fn is_customer_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_http::caller::Person;

    fn with_cookie(cookie: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))])
    }

    #[test]
    fn a_first_visit_creates_a_customer_whom_the_next_one_recognises() {
        let nobody = || Caller::Person(Person::default());
        let first = Visitor::from_request(nobody(), &HeaderMap::new(), "/", "");
        assert!(guest::is_id(&first.customer_id), "{}", first.customer_id);
        let (secret, attributes) = first.cookies[0].split_once(';').unwrap();
        assert!(secret.starts_with("guest=") && attributes.contains("HttpOnly"));
        assert!(
            !first.cookies[0].contains(first.customer_id.trim_start_matches("guest-")),
            "the id is for everybody to read, the secret is not"
        );
        for caller in [nobody(), Caller::System] {
            let cookies = HeaderValue::from_str(&format!("lang=ko; {secret}")).unwrap();
            let headers = HeaderMap::from_iter([(header::COOKIE, cookies)]);
            let next = Visitor::from_request(caller, &headers, "/", "");
            assert_eq!(next.customer_id, first.customer_id);
            assert_eq!(next.language, Language::Korean);
            assert!(next.cookies.is_empty());
        }
    }

    #[test]
    fn an_invalid_customer_cookie_is_replaced() {
        for cookie in ["customer=", "customer=a b", "customer=<script>"] {
            let visitor = Visitor::from_request(Caller::System, &with_cookie(cookie), "/", "");
            assert!(visitor.customer_id.starts_with("guest-"), "{cookie}");
        }
    }

    #[test]
    fn a_cookie_cannot_impersonate_a_customer_where_users_sign_in() {
        let signed_in = |subject: &str, roles: &[Role]| {
            Caller::Person(Person {
                subject: subject.to_owned(),
                roles: roles.iter().copied().collect(),
                stores: Vec::new(),
            })
        };
        let claim = |caller| Visitor::from_request(caller, &with_cookie("customer=100"), "/", "");
        assert_eq!(
            claim(Caller::System).customer_id,
            "100",
            "without sign-in it is as good as any"
        );
        assert!(claim(signed_in("", &[])).customer_id.starts_with("guest-"));
        assert_eq!(claim(signed_in("kim", &[Role::Customer])).customer_id, "kim");
        let id = with_cookie("customer=guest-0123456789abcdef; guest=guest-0123456789abcdef");
        let reader = Visitor::from_request(signed_in("", &[]), &id, "/", "");
        assert!(
            !reader.may_see("guest-0123456789abcdef"),
            "an id that stands in a ticket opens nothing"
        );
        let guest = claim(signed_in("", &[]));
        assert!(guest.may_see(&guest.customer_id) && !guest.may_see("100"));
    }

    #[test]
    fn the_language_switch_beats_the_cookie_and_is_remembered() {
        let visitor = Visitor::from_request(
            Caller::System,
            &with_cookie("lang=ko; customer=guest-1"),
            "/",
            "lang=en",
        );
        assert_eq!(visitor.language, Language::English);
        assert!(visitor.cookies[0].starts_with("lang=en; Path=/"));
    }
}
