//! The answer to a request, and what can be read from it.

use hyper::body::Bytes;
use hyper::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longer titles would not fit into a report.
const LONGEST_TITLE: usize = 80;

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// After which time the server wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// Errors come as problem+json (RFC 9457), unless somebody on the way answers.
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: Bytes) -> Self {
        let seconds = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Self {
            status,
            retry_after: seconds.map(Duration::from_secs),
            body,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, if it is JSON of that kind.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What was wrong: the status, and the type of the problem if the answer names one.
    pub(crate) fn problem(&self) -> String {
        let status = self.status;
        match self.json::<Problem>() {
            Some(Problem { kind }) => {
                let slug = kind.rsplit(':').next().unwrap_or_default();
                let slug: String = slug.chars().take(LONGEST_TITLE).collect();
                format!("{status} {slug}")
            }
            None => status.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn answer(retry_after: &'static str, body: &'static str) -> Answer {
        let headers = [(RETRY_AFTER, HeaderValue::from_static(retry_after))];
        Answer::new(503, &headers.into_iter().collect(), Bytes::from(body))
    }

    #[test]
    fn a_problem_is_its_status_and_its_type() {
        let busy = answer(
            "2",
            r#"{"type":"urn:fooddelivery:problem:payment-busy","status":503}"#,
        );
        assert_eq!(busy.problem(), "503 payment-busy");
        assert_eq!(busy.retry_after, Some(Duration::from_secs(2)));
        assert_eq!(answer("", "upstream connect error").problem(), "503");
    }

    #[test]
    fn a_date_to_ask_again_is_not_read() {
        assert_eq!(answer("Wed, 21 Oct 2026 07:28:00 GMT", "").retry_after, None);
    }
}
