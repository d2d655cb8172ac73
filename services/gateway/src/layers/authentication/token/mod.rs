//! Verifies one token: its signature, its claims, and the person that it identifies.

use crate::layers::authentication::keys::Key;
use crate::layers::authentication::token_error::TokenError;
use fdp_kit::caller::{Person, Role};
use fdp_kit::guest;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Validation, decode};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::time::Duration;

/// The common claims with roles: that of Keycloak, then those of most others.
const ROLE_CLAIMS: [&str; 3] = ["realm_access.roles", "roles", "groups"];
/// The claim with the ids of an owner's stores.
const STORES_CLAIM: &str = "stores";

/// What the claims of a token have to match.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// The claim `iss`.
    pub(crate) issuer: String,
    /// The audience that `aud` has to contain.
    pub(crate) audience: String,
    /// The claim with the roles, with dots between nested ones; `None` tries the common ones.
    pub(crate) roles_claim: Option<String>,
    /// The tolerated clock skew, in seconds.
    pub(crate) clock_skew: u64,
}

/// The content of a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VerifiedToken {
    /// The person that it identifies.
    pub(crate) person: Person,
    /// When it expires, as the time since 1970.
    pub(crate) expires: Duration,
}

/// Verifies the signature and the claims.
pub(crate) fn verify(token: &str, key: &Key, expected: &Expected) -> Result<VerifiedToken, TokenError> {
    let mut validation = Validation::default();
    validation.algorithms.clone_from(&key.algorithms);
    validation.leeway = expected.clock_skew;
    validation.validate_nbf = true;
    validation.set_issuer(&[&expected.issuer]);
    validation.set_audience(&[&expected.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let token =
        decode::<Map<String, Value>>(token, &key.public, &validation).map_err(|error| token_error(&error))?;
    let ends = token.claims.get("exp").and_then(Value::as_f64);
    let ends = ends.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(VerifiedToken {
        expires: ends
            .ok_or(TokenError::Claims)?
            .saturating_add(Duration::from_secs(expected.clock_skew)),
        person: person(token.claims, expected.roles_claim.as_deref())?,
    })
}

/// The id of the key that signed the token, according to its header.
pub(crate) fn key_id(token: &str) -> Result<Option<String>, TokenError> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
        // An unknown algorithm, `none` among them.
        ErrorKind::Json(_) | ErrorKind::InvalidAlgorithmName if names_algorithm(token) => {
            TokenError::Algorithm
        }
        _ => TokenError::Malformed,
    })?;
    Ok(header.kid)
}

/// Whether the header of the token names an algorithm.
fn names_algorithm(token: &str) -> bool {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = token.split('.').next().unwrap_or_default();
    let json = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    serde_json::from_slice::<Value>(&json).is_ok_and(|header| header["alg"].is_string())
}

fn token_error(error: &Error) -> TokenError {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::ImmatureSignature => TokenError::TooEarly,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => TokenError::Claims,
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
            TokenError::Malformed
        }
        _ => TokenError::Signature,
    }
}

fn person(claims: Map<String, Value>, roles_claim: Option<&str>) -> Result<Person, TokenError> {
    let claims = Value::Object(claims);
    let subject = claims["sub"]
        .as_str()
        .filter(|subject| !subject.is_empty())
        .ok_or(TokenError::Claims)?;
    if guest::is_id(subject) {
        return Err(TokenError::Guest);
    }
    let roles = match roles_claim {
        Some(name) => find(&claims, name),
        None => ROLE_CLAIMS.into_iter().find_map(|name| find(&claims, name)),
    };
    let roles: BTreeSet<Role> = roles
        .map(items)
        .unwrap_or_default()
        .iter()
        // Keycloak writes groups as paths.
        .filter_map(|role| role.trim_start_matches('/').parse().ok())
        .collect();
    Ok(Person {
        subject: subject.to_owned(),
        roles,
        stores: find(&claims, STORES_CLAIM).map(items).unwrap_or_default(),
    })
}

/// The claim with that name, or else at that path: some issuers use claim names that contain dots.
fn find<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    claims
        .get(name)
        .or_else(|| name.split('.').try_fold(claims, |claim, part| claim.get(part)))
        .filter(|claim| !claim.is_null())
}

/// The items of a list, or the words of a text.
fn items(claim: &Value) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match claim {
        Value::Array(list) => list.iter().filter_map(word).collect(),
        Value::String(text) => text
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
        other => word(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;
