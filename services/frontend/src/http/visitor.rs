//! Who looks at a page: the customer and the language, from cookies that the first visit sets.

use crate::language::Language;
use crate::pages::Frame;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::convert::Infallible;
use uuid::Uuid;

const ONE_YEAR: u32 = 31_536_000;

/// A visitor of the pages.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// The customer's id; made up at the first visit.
    pub(super) customer_id: String,
    /// What the pages speak.
    pub(super) language: Language,
    path: String,
    cookies: Vec<String>,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::recognise(
            &parts.headers,
            parts.uri.path(),
            parts.uri.query().unwrap_or_default(),
        ))
    }
}

impl Visitor {
    fn recognise(headers: &HeaderMap, path: &str, query: &str) -> Self {
        let https = headers
            .get("x-forwarded-proto")
            .is_some_and(|proto| proto.as_bytes().starts_with(b"https"));
        let mut cookies = Vec::new();
        let customer_id = cookie(headers, "customer")
            .filter(|id| is_customer_id(id))
            .map_or_else(
                || {
                    let customer_id = guest();
                    cookies.push(set_cookie("customer", &customer_id, https));
                    customer_id
                },
                str::to_owned,
            );
        let asked = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(Language::parse);
        if let Some(language) = asked {
            cookies.push(set_cookie("lang", language.tag(), https));
        }
        let language = asked
            .or_else(|| cookie(headers, "lang").and_then(Language::parse))
            .unwrap_or_else(|| {
                let accept = headers.get(header::ACCEPT_LANGUAGE);
                Language::negotiate(accept.and_then(|value| value.to_str().ok()).unwrap_or_default())
            });
        Self {
            customer_id,
            language,
            path: path.to_owned(),
            cookies,
        }
    }

    /// What surrounds every page for this visitor.
    pub(super) fn frame(&self) -> Frame {
        Frame::new(self.language, &self.path)
    }

    /// A rendered page as answer.
    pub(super) fn answer(&self, status: StatusCode, html: String) -> Response {
        self.with_cookies((status, Html(html)).into_response())
    }

    /// Sends the browser on to another page with GET.
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

/// The random half of a `UUIDv7`: nobody guesses another guest's id.
fn guest() -> String {
    format!("guest-{:016x}", Uuid::now_v7().as_u64_pair().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cookie(cookie: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))])
    }

    #[test]
    fn a_first_visit_makes_a_customer_whom_the_next_one_knows() {
        let first = Visitor::recognise(&HeaderMap::new(), "/", "");
        assert!(first.customer_id.starts_with("guest-"));
        assert!(first.cookies[0].starts_with(&format!("customer={};", first.customer_id)));
        let next = Visitor::recognise(&with_cookie("lang=ko; customer=guest-1"), "/", "");
        assert_eq!(next.customer_id, "guest-1");
        assert_eq!(next.language, Language::Korean);
        assert!(next.cookies.is_empty());
    }

    #[test]
    fn a_customer_cookie_that_we_never_made_is_replaced() {
        for cookie in ["customer=", "customer=a b", "customer=<script>"] {
            let visitor = Visitor::recognise(&with_cookie(cookie), "/", "");
            assert!(visitor.customer_id.starts_with("guest-"), "{cookie}");
        }
    }

    #[test]
    fn the_switch_beats_the_cookie_and_is_remembered() {
        let visitor = Visitor::recognise(&with_cookie("lang=ko; customer=guest-1"), "/", "lang=en");
        assert_eq!(visitor.language, Language::English);
        assert!(visitor.cookies[0].starts_with("lang=en; Path=/"));
    }
}
