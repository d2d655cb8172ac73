//! Puts a page in place of a problem, for people whose browser would show them JSON.

use crate::content_negotiation;
use crate::problem::Problem;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use fdp_contracts::Language;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header, response};

/// The greatest problem, in bytes, whose words a page repeats. Ours are far smaller.
const LARGEST: usize = 64 * 1024;
/// The least number of seconds after which a page is loaded again by itself: people read, programs do not.
const LEAST_REFRESH: u32 = 3;
const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// Somebody who reads pages, and what they requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The language that they read.
    pub language: Language,
    /// The method of their request.
    pub method: Method,
    /// The URI of their request.
    pub uri: Uri,
}

impl Reader {
    /// Who sent a request; `None` if they do not prefer a page to JSON.
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        let headers = request.headers();
        content_negotiation::prefers_page(headers).then(|| Self {
            language: content_negotiation::language_in(request.uri().query().unwrap_or_default())
                .unwrap_or_else(|| content_negotiation::language(headers)),
            method: request.method().clone(),
            uri: request.uri().clone(),
        })
    }

    /// Whether the request can be repeated by loading a page.
    pub fn only_reads(&self) -> bool {
        self.method.is_safe()
    }

    /// After how many seconds the page that tells of `problem` is loaded again by itself; `None` if that is left to the
    /// reader: a form is not sent again by itself.
    pub fn refresh_after(&self, problem: &Problem) -> Option<u32> {
        let seconds = problem.retry_after.filter(|_| self.only_reads())?;
        Some(seconds.max(LEAST_REFRESH))
    }
}

/// Puts the `page` of a problem in its place, if there is a reader, and if the response is a problem at all. Status and
/// headers stay as they are, also those for programs such as `WWW-Authenticate`. `page` gets the problem as it was sent;
/// of one that cannot be read, only the status and the retry delay.
pub async fn present(
    response: Response,
    reader: Option<&Reader>,
    page: impl FnOnce(&Reader, &Problem) -> String,
) -> Response {
    if !is_problem(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Some(reader) = reader else {
        vary(&mut head, "Accept");
        return Response::from_parts(head, body);
    };
    let body = to_bytes(body, LARGEST).await.unwrap_or_default();
    let problem = Problem {
        status: head.status.as_u16(),
        retry_after: seconds(&head),
        ..serde_json::from_slice(&body).unwrap_or_else(|_| Problem::new(head.status, "unreadable", ""))
    };
    let html = page(reader, &problem);
    describe(&mut head, reader, &problem);
    Response::from_parts(head, Body::from(html))
}

fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

fn seconds(head: &response::Parts) -> Option<u32> {
    head.headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// Changes the headers of a problem to those of its page.
fn describe(head: &mut response::Parts, reader: &Reader, problem: &Problem) {
    let headers = &mut head.headers;
    for of_the_body in [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::ETAG,
        header::LAST_MODIFIED,
    ] {
        headers.remove(of_the_body);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, reader.language.code()),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(seconds) = reader.refresh_after(problem) {
        headers.insert(REFRESH, HeaderValue::from(seconds));
    }
    vary(head, "Accept, Accept-Language, Cookie");
}

/// Adds to what the response depends on; once, however many services it passes.
fn vary(head: &mut response::Parts, on: &'static str) {
    if !head.headers.get_all(header::VARY).iter().any(|value| value == on) {
        head.headers.append(header::VARY, HeaderValue::from_static(on));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;
    use http::StatusCode;

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    fn reader(method: Method, accept: &'static str) -> Option<Reader> {
        let request = Request::builder()
            .method(method)
            .uri("/shop?lang=ko")
            .header("accept", accept)
            .body(());
        Reader::of(&request.unwrap())
    }

    async fn shown(response: Response, reader: Option<Reader>) -> (response::Parts, String) {
        let page = |_: &Reader, problem: &Problem| format!("{}: {}", problem.status, problem.detail);
        let (head, body) = present(response, reader.as_ref(), page).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head, String::from_utf8(body.to_vec()).unwrap())
    }

    fn away() -> Response {
        let vary = [(header::VARY, "Origin"), (header::WWW_AUTHENTICATE, "Bearer")];
        (vary, Problem::unavailable("away", "in a moment", 1)).into_response()
    }

    #[tokio::test]
    async fn a_browser_gets_a_page_that_is_loaded_again_by_itself() {
        let (head, body) = shown(away(), reader(Method::GET, BROWSER)).await;
        assert_eq!(head.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body, "503: in a moment");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-language", "ko"),
            ("cache-control", "no-store"),
            ("retry-after", "1"),
            ("refresh", "3"),
            ("www-authenticate", "Bearer"),
        ] {
            assert_eq!(head.headers[name], value);
        }
        let vary: Vec<_> = head.headers.get_all("vary").iter().collect();
        assert_eq!(vary, ["Origin", "Accept, Accept-Language, Cookie"]);
    }

    #[tokio::test]
    async fn a_form_is_not_sent_again_by_itself() {
        let (head, body) = shown(away(), reader(Method::POST, BROWSER)).await;
        assert_eq!(body, "503: in a moment");
        assert!(!head.headers.contains_key("refresh"));
    }

    #[tokio::test]
    async fn programs_get_the_problem_as_it_is() {
        for accept in ["*/*", "application/json", "text/event-stream"] {
            let (head, body) = shown(away(), reader(Method::GET, accept)).await;
            assert_eq!(head.headers["content-type"], "application/problem+json");
            let vary: Vec<_> = head.headers.get_all("vary").iter().collect();
            assert_eq!(vary, ["Origin", "Accept"]);
            assert!(body.contains("urn:fooddelivery:problem:away"), "{body}");
        }
    }

    #[tokio::test]
    async fn what_is_no_problem_is_left_alone() {
        let answer = (StatusCode::NOT_FOUND, "a page of its own").into_response();
        let (head, body) = shown(answer, reader(Method::GET, BROWSER)).await;
        assert_eq!(body, "a page of its own");
        assert!(!head.headers.contains_key("vary"));
    }

    #[tokio::test]
    async fn a_problem_that_cannot_be_read_is_shown_by_its_status() {
        let kind = [("content-type", "application/problem+json")];
        for body in ["{", &"x".repeat(LARGEST + 1)] {
            let answer = (StatusCode::BAD_GATEWAY, kind, body.to_owned()).into_response();
            let (head, body) = shown(answer, reader(Method::GET, BROWSER)).await;
            assert_eq!((head.status, body.as_str()), (StatusCode::BAD_GATEWAY, "502: "));
        }
    }
}
