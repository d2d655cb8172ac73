//! Layer: people whose browser would show them a problem as JSON get a page, whichever service the problem comes from.

mod message;
mod page;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use fdp_http::problem_page::{self, Reader};
use http::{HeaderName, HeaderValue, header};

/// Puts a page in the place of each problem that is sent to a browser. It loads nothing, because the service with the
/// pages may be the one that is away.
pub(crate) async fn problem_pages(request: Request, next: Next) -> Response {
    let reader = Reader::of(&request);
    let response = next.run(request).await;
    let mut is_ours = false;
    let mut response = problem_page::present(response, reader.as_ref(), |reader, problem| {
        is_ours = true;
        page::html(reader, problem)
    })
    .await;
    if is_ours {
        protect(&mut response);
    }
    response
}

/// The security headers of the shop's pages, for a page that has its style inside.
fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, page::SECURITY_POLICY.clone());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
