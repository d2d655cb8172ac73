//! Protects visitors: what a page may load, who may frame it, and which sites may send its forms.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fdp_kit::Problem;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// Allows only our own style sheets, scripts, images and connections; no inline code, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds the security headers to every response.
pub(super) async fn security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Rejects forms that were sent from pages of other sites.
pub(super) async fn same_origin_forms(request: Request, next: Next) -> Response {
    if request.method() == Method::POST && is_cross_site(request.headers()) {
        return Problem::new(
            StatusCode::FORBIDDEN,
            "cross-site-form",
            "this form was sent from a page of another site; open the shop and send it there",
        )
        .into_response();
    }
    next.run(request).await
}

/// Whether the browser says that a page of another site sent this request. Other clients send no such header, and no
/// visitor's cookies either.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return false;
    };
    // The gateway forwards the host that the browser requested; a form cannot set that header.
    let host = text("x-forwarded-host")
        .or_else(|| text("host"))
        .unwrap_or_default();
    let host = host.split(',').next().unwrap_or_default().trim();
    origin
        .split_once("://")
        .is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn own_pages_and_programs_may_send_forms() {
        for own in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[
                ("host", "shop.example:8080"),
                ("origin", "http://shop.example:8080"),
            ],
            &[
                ("host", "frontend"),
                ("x-forwarded-host", "shop.example"),
                ("origin", "https://shop.example"),
            ],
        ] {
            assert!(!is_cross_site(&headers(own)), "{own:?}");
        }
    }

    #[test]
    fn pages_of_other_sites_may_not_send_forms() {
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("host", "shop.example"), ("origin", "https://evil.example")],
            &[("host", "shop.example"), ("origin", "https://shop.example:444")],
            &[("host", "shop.example"), ("origin", "null")],
        ] {
            assert!(is_cross_site(&headers(foreign)), "{foreign:?}");
        }
    }
}
