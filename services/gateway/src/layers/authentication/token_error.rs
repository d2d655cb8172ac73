//! Why a token is rejected, as the client is told (RFC 6750) and as it is counted.

use axum::response::{IntoResponse, Response};
use fdp_kit::Problem;
use http::{HeaderValue, StatusCode, header};

/// Why a request is not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// The path needs a token, and there is none.
    #[error("this needs a token: send it as `Authorization: Bearer …`")]
    Missing,
    /// The header or the token cannot be parsed.
    #[error("the token cannot be read: it has to be a signed JWT, sent as `Authorization: Bearer …`")]
    Malformed,
    /// The algorithm is `none`, an HMAC, or not one of the key.
    #[error("the token is signed with an algorithm that its key does not allow; let the issuer sign it")]
    Algorithm,
    /// The issuer does not publish the key.
    #[error("the token is signed with a key that the issuer does not publish any more; sign in again")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature of the token is wrong; sign in again")]
    Signature,
    /// It has expired.
    #[error("the token has expired; sign in again, or refresh it")]
    Expired,
    /// It is not valid yet.
    #[error("the token is not valid yet; check the clocks")]
    TooEarly,
    /// It is from another issuer.
    #[error("the token is of another issuer than this platform's")]
    Issuer,
    /// It is for another audience.
    #[error("the token is for another audience than this platform; ask the issuer for its audience")]
    Audience,
    /// A claim is missing.
    #[error("the token lacks one of the claims sub, iss, aud and exp")]
    Claims,
    /// Its subject looks like the id of a guest, whose data it would expose.
    #[error("the token's subject looks like the id of a guest; the issuer has to give another one")]
    Guest,
    /// The keys of the issuer are not known.
    #[error("the issuer of tokens does not answer, so nobody can be let in; try again in a moment")]
    IssuerAway,
}

/// The retry delay while the issuer is unreachable, in seconds.
const RETRY_AFTER: u32 = 5;

impl TokenError {
    /// The name in metrics and in the type of the problem.
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
            // A request without a token is not an error: no error code.
            Self::Missing => r#"Bearer realm="food-delivery""#.to_owned(),
            Self::Malformed => format!(
                r#"Bearer realm="food-delivery", error="invalid_request", error_description="{}""#,
                self.description()
            ),
            _ => format!(
                r#"Bearer realm="food-delivery", error="invalid_token", error_description="{}""#,
                self.description()
            ),
        };
        HeaderValue::from_str(&challenge).ok()
    }

    /// The message in the characters that RFC 6750 allows in a description.
    fn description(self) -> String {
        let message = self.to_string();
        message
            .chars()
            .filter(|letter| (' '..='~').contains(letter) && !['"', '\\'].contains(letter))
            .collect()
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        if self == Self::IssuerAway {
            return Problem::unavailable(self.slug(), self.to_string(), RETRY_AFTER).into_response();
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
    fn a_rejected_token_is_a_401_with_a_challenge_that_says_why() {
        let response = TokenError::Expired.into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers()[header::WWW_AUTHENTICATE],
            "Bearer realm=\"food-delivery\", error=\"invalid_token\", \
             error_description=\"the token has expired; sign in again, or refresh it\""
        );
        let unsigned = TokenError::Missing.into_response();
        assert_eq!(
            unsigned.headers()[header::WWW_AUTHENTICATE],
            "Bearer realm=\"food-delivery\""
        );
    }

    #[test]
    fn an_unreachable_issuer_is_a_503_without_a_challenge() {
        let response = TokenError::IssuerAway.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
    }
}
