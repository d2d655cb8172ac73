//! The idempotency key of a request: the service processes a repeated request once.

use crate::problem::Problem;
use http::{HeaderMap, HeaderName};

/// The header with the key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The greatest length of a key. A route that takes one declares it in its OpenAPI document: `min_length = 1`,
/// `max_length = 200`, `pattern = "^[!-~]+$"`.
pub const LONGEST_KEY: usize = 200;

/// The value of the `Idempotency-Key` header, if it is present.
///
/// # Errors
/// When it is not 1 to 200 visible ASCII characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let bytes = value.as_bytes();
    let is_one = (1..=LONGEST_KEY).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    let key = value.to_str().ok().filter(|_| is_one);
    key.map(Some).ok_or_else(|| {
        Problem::bad_request(format!(
            "the Idempotency-Key has to be 1 to {LONGEST_KEY} visible ASCII characters, without spaces"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(key: &[u8]) -> Result<Option<String>, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_bytes(key).unwrap());
        match idempotency_key(&headers) {
            Ok(key) => Ok(key.map(str::to_owned)),
            Err(problem) => Err(problem.status),
        }
    }

    #[test]
    fn a_request_needs_no_key() {
        assert_eq!(idempotency_key(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn a_key_is_up_to_200_visible_characters() {
        for key in ["!", "~", "lorry-1", &"x".repeat(200)] {
            assert_eq!(read(key.as_bytes()), Ok(Some(key.to_owned())));
        }
    }

    #[test]
    fn what_the_document_does_not_allow_is_refused() {
        let long = "x".repeat(201);
        for key in [
            "".as_bytes(),
            b" ",
            b"lorry 1",
            b" lorry",
            b"a\tb",
            "통닭".as_bytes(),
            b"\xff",
            long.as_bytes(),
        ] {
            assert_eq!(read(key), Err(400), "{key:?}");
        }
    }
}
