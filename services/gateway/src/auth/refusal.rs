//! Why a request is not let in, as the client is told (RFC 6750) and as it is counted.

use axum::response::{IntoResponse, Response};
use fdp_kit::Problem;
use http::{HeaderValue, StatusCode, header};

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The path is not for everybody, and there is no token.
    #[error("this needs a token: send it as `Authorization: Bearer …`")]
    Missing,
    /// The header or the token is not what it should be.
    #[error("the token cannot be read: it has to be a signed JWT, sent as `Authorization: Bearer …`")]
    Malformed,
    /// `none`, an HMAC, or one that the key is not for.
    #[error("the token is signed with an algorithm that its key does not allow; let the issuer sign it")]
    Algorithm,
    /// Signed with a key that the issuer does not publish.
    #[error("the token is signed with a key that the issuer does not publish any more; sign in again")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature of the token is wrong; sign in again")]
    Signature,
    /// Too old.
    #[error("the token has expired; sign in again, or refresh it")]
    Expired,
    /// Too young.
    #[error("the token is not valid yet; check the clocks")]
    TooEarly,
    /// Of somebody else.
    #[error("the token is of another issuer than this platform's")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another audience than this platform; ask the issuer for its audience")]
    Audience,
    /// Something is missing in it.
    #[error("the token lacks one of the claims sub, iss, aud and exp")]
    Claims,
    /// Its subject could be taken for a guest of the pages, whose things it would open.
    #[error("the token's subject looks like the id of a guest; the issuer has to give another one")]
    Guest,
    /// The issuer's keys are not known.
    #[error("the issuer of tokens does not answer, so nobody can be let in; try again in a moment")]
    IssuerAway,
}

/// When to try again while the issuer is away, in seconds.
const AGAIN: u32 = 5;

impl Refusal {
    /// Its name in metrics and in the problem's type.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Missing => "token-missing",
            Self::Malformed => "token-malformed",
            Self::Algorithm => "token-algorithm",
            Self::UnknownKey => "token-unknown-key",
            Self::Signature => "token-signature",
            Self::Expired => "token-expired",
            Self::TooEarly => "token-too-early",
            Self::Issuer => "token-issuer",
            Self::Audience => "token-audience",
            Self::Claims => "token-claims",
            Self::Guest => "token-guest",
            Self::IssuerAway => "issuer-away",
        }
    }

    fn challenge(self) -> Option<HeaderValue> {
        let challenge = match self {
            Self::IssuerAway => return None,
            // Who sent no token has made no mistake: no error code.
            Self::Missing => r#"Bearer realm="food-delivery""#.to_owned(),
            Self::Malformed => format!(
                r#"Bearer realm="food-delivery", error="invalid_request", error_description="{}""#,
                self.plain()
            ),
            _ => format!(
                r#"Bearer realm="food-delivery", error="invalid_token", error_description="{}""#,
                self.plain()
            ),
        };
        HeaderValue::from_str(&challenge).ok()
    }

    /// Its words in the few characters that RFC 6750 allows in a description.
    fn plain(self) -> String {
        let words = self.to_string();
        words
            .chars()
            .filter(|letter| (' '..='~').contains(letter) && !['"', '\\'].contains(letter))
            .collect()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self == Self::IssuerAway {
            return Problem::unavailable(self.slug(), self.to_string(), AGAIN).into_response();
        }
        let mut response =
            Problem::new(StatusCode::UNAUTHORIZED, self.slug(), self.to_string()).into_response();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_token_is_a_401_with_a_challenge_that_says_why() {
        let response = Refusal::Expired.into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers()[header::WWW_AUTHENTICATE],
            "Bearer realm=\"food-delivery\", error=\"invalid_token\", \
             error_description=\"the token has expired; sign in again, or refresh it\""
        );
        let unsigned = Refusal::Missing.into_response();
        assert_eq!(
            unsigned.headers()[header::WWW_AUTHENTICATE],
            "Bearer realm=\"food-delivery\""
        );
    }

    #[test]
    fn an_issuer_that_is_away_is_nobodys_fault() {
        let response = Refusal::IssuerAway.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    }
}
