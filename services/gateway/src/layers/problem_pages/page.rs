//! The page about a problem, with its style inside.

use crate::layers::problem_pages::message::{self, Text};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fdp_http::Problem;
use fdp_http::problem_page::Reader;
use fdp_runtime::trace;
use http::HeaderValue;
use std::sync::LazyLock;

/// The colours of the shop, in light and dark.
const STYLE: &str = include_str!("page.css");

/// Allows the page's own style and nothing else.
pub(super) static SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The page about a problem for its reader.
pub(super) fn html(reader: &Reader, problem: &Problem) -> String {
    let say = |text: Text| text.in_language(reader.language);
    let [headline, advice] = message::of(reader, problem).map(say);
    let refreshes = reader
        .refresh_after(problem)
        .map(|_| format!("<p>{}</p>\n", say(Text::Refreshes)))
        .unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{headline}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{headline}</h1>\n\
         <p role=\"alert\" id=\"problem\">{advice}</p>\n{refreshes}<p class=\"links\">{links}</p>\n\
         <details><summary>{details}</summary>\n<p lang=\"en\">{cause}</p>\n</details>\n\
         </main>\n</body>\n</html>\n",
        language = reader.language.code(),
        links = links(reader, problem),
        details = say(Text::Details),
        cause = escaped(&cause(problem)),
    )
}

/// The links of the page; the first one is the best.
fn links(reader: &Reader, problem: &Problem) -> String {
    let mut links = Vec::new();
    if reader.only_reads() && (problem.status >= 500 || problem.retry_after.is_some()) {
        // An empty address is that of the page itself, whatever it is: it cannot lead to another site.
        links.push(("", Text::TryAgain));
    }
    if !reader.only_reads() && matches!(problem.status, 502 | 504) {
        links.push(("/shop/orders", Text::MyOrders));
    }
    if links.is_empty() || reader.uri.path() != "/" {
        links.push(("/", Text::ToShop));
    }
    let link = |(address, text): (&str, Text)| {
        let words = text.in_language(reader.language);
        format!("<a href=\"{address}\">{words}</a>")
    };
    links.into_iter().map(link).collect::<Vec<_>>().join(" ")
}

/// What programs are told, for those who look for the cause: the status, the kind, the detail and the trace.
fn cause(problem: &Problem) -> String {
    let trace = trace::current_header();
    let trace = trace.as_deref().and_then(|header| header.split('-').nth(1));
    let parts = [
        problem.status.to_string(),
        problem.title.clone(),
        problem.detail.clone(),
        trace.map(|id| format!("trace {id}")).unwrap_or_default(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut html, letter| {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fdp_contracts::Language;
    use http::{Method, StatusCode};

    fn page(method: Method, path: &str, problem: &Problem) -> String {
        let reader = Reader {
            language: Language::English,
            method,
            uri: path.parse().unwrap(),
        };
        html(&reader, problem)
    }

    #[test]
    fn words_from_elsewhere_are_escaped() {
        let problem = Problem::not_found("<script>'\"&</script>");
        let page = page(Method::GET, "/", &problem);
        assert!(
            page.contains("&lt;script&gt;&#39;&quot;&amp;&lt;/script&gt;"),
            "{page}"
        );
        assert!(!page.contains("<script"));
    }

    #[test]
    fn a_page_can_be_loaded_again_where_that_helps_and_leads_to_the_shop() {
        let away = Problem::unavailable("away", "in a moment", 1);
        let (again, shop, orders) = ("href=\"\"", "href=\"/\"", "href=\"/shop/orders\"");
        let lost = Problem::new(StatusCode::BAD_GATEWAY, "answer-broken", "who knows");
        for (method, path, problem, shown, hidden) in [
            (Method::GET, "/", &away, vec![again], vec![shop, orders]),
            (Method::GET, "/shop", &away, vec![again, shop], vec![orders]),
            (
                Method::POST,
                "/shop/orders",
                &away,
                vec![shop],
                vec![again, orders],
            ),
            (
                Method::POST,
                "/shop/orders",
                &lost,
                vec![orders, shop],
                vec![again],
            ),
            (
                Method::GET,
                "/",
                &Problem::not_found("no"),
                vec![shop],
                vec![again, orders],
            ),
        ] {
            let page = page(method.clone(), path, problem);
            assert!(
                shown.iter().all(|link| page.contains(link)),
                "{method} {path}: {page}"
            );
            assert!(
                !hidden.iter().any(|link| page.contains(link)),
                "{method} {path}: {page}"
            );
        }
    }

    #[test]
    fn the_policy_allows_the_style_of_the_page_only() {
        let policy = SECURITY_POLICY.to_str().unwrap();
        assert!(policy.contains("style-src 'sha256-"), "{policy}");
        assert!(!STYLE.contains("</") && !STYLE.contains("url("));
    }
}
