//! Shows visitors the problems that our routes answer with as pages of the shop.

use super::plain_pages::ErrorPage;
use askama::Template as _;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use fdp_http::Problem;
use fdp_http::problem_page::{self, Reader};
use http::StatusCode;

/// A layer that puts a page in the place of each problem that is sent to a browser.
pub(in crate::adapters::http) async fn problem_pages(request: Request, next: Next) -> Response {
    let reader = Reader::of(&request);
    let response = next.run(request).await;
    problem_page::present(response, reader.as_ref(), |reader, problem| {
        ErrorPage::new(reader, problem).render().unwrap_or_else(|error| {
            // Rendering writes into a string, which does not fail.
            tracing::error!(%error, "rendering an error's page failed");
            String::new()
        })
    })
    .await
}

/// 404, for all paths without a route.
pub(in crate::adapters::http) async fn no_such_page() -> Problem {
    Problem::not_found("no such path")
}

/// 405, for all methods without a handler.
pub(in crate::adapters::http) async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "this path does not take that method",
    )
}
