//! One token: whether it is good, and whom it speaks for.

use super::keys::Key;
use super::refusal::Refusal;
use fdp_kit::caller::{Person, Role};
use fdp_kit::guest;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Validation, decode};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where issuers keep roles, when nothing else was said: Keycloak, then what most others do.
const ROLES: [&str; 3] = ["realm_access.roles", "roles", "groups"];
/// Where the ids of an owner's stores are.
const STORES: &str = "stores";

/// What a token has to say.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// The claim `iss`.
    pub(crate) issuer: String,
    /// What `aud` has to hold.
    pub(crate) audience: String,
    /// In which claim the roles are, with dots between nested ones; `None` looks at the usual places.
    pub(crate) roles_claim: Option<String>,
    /// How far the clocks may be apart, in seconds.
    pub(crate) clock_skew: u64,
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vouched {
    /// Whom it speaks for.
    pub(crate) person: Person,
    /// From when on it is refused, since 1970.
    pub(crate) until: Duration,
}

/// Checks signature and claims, and gives whom the token speaks for, and how long.
pub(crate) fn verify(token: &str, key: &Key, expected: &Expected) -> Result<Vouched, Refusal> {
    let mut validation = Validation::default();
    validation.algorithms.clone_from(&key.algorithms);
    validation.leeway = expected.clock_skew;
    validation.validate_nbf = true;
    validation.set_issuer(&[&expected.issuer]);
    validation.set_audience(&[&expected.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let token =
        decode::<Map<String, Value>>(token, &key.public, &validation).map_err(|error| refusal(&error))?;
    let ends = token.claims.get("exp").and_then(Value::as_f64);
    let ends = ends.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(Vouched {
        until: ends
            .ok_or(Refusal::Claims)?
            .saturating_add(Duration::from_secs(expected.clock_skew)),
        person: person(token.claims, expected.roles_claim.as_deref())?,
    })
}

/// The id of the key that signed the token, as the token itself says.
pub(crate) fn key_id(token: &str) -> Result<Option<String>, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
        // An algorithm that is not even known, `none` among them.
        ErrorKind::Json(_) | ErrorKind::InvalidAlgorithmName if names_algorithm(token) => Refusal::Algorithm,
        _ => Refusal::Malformed,
    })?;
    Ok(header.kid)
}

/// Whether the token has a header with an algorithm in it.
fn names_algorithm(token: &str) -> bool {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = token.split('.').next().unwrap_or_default();
    let json = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    serde_json::from_slice::<Value>(&json).is_ok_and(|header| header["alg"].is_string())
}

fn refusal(error: &Error) -> Refusal {
    match error.kind() {
        ErrorKind::ExpiredSignature => Refusal::Expired,
        ErrorKind::ImmatureSignature => Refusal::TooEarly,
        ErrorKind::InvalidIssuer => Refusal::Issuer,
        ErrorKind::InvalidAudience => Refusal::Audience,
        ErrorKind::InvalidAlgorithm => Refusal::Algorithm,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => Refusal::Claims,
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
            Refusal::Malformed
        }
        _ => Refusal::Signature,
    }
}

fn person(claims: Map<String, Value>, roles_claim: Option<&str>) -> Result<Person, Refusal> {
    let claims = Value::Object(claims);
    let subject = claims["sub"]
        .as_str()
        .filter(|subject| !subject.is_empty())
        .ok_or(Refusal::Claims)?;
    if guest::is_id(subject) {
        return Err(Refusal::Guest);
    }
    let roles = match roles_claim {
        Some(name) => find(&claims, name),
        None => ROLES.into_iter().find_map(|name| find(&claims, name)),
    };
    let roles: BTreeSet<Role> = roles
        .map(words)
        .unwrap_or_default()
        .iter()
        // Keycloak writes groups as paths.
        .filter_map(|role| role.trim_start_matches('/').parse().ok())
        .collect();
    Ok(Person {
        subject: subject.to_owned(),
        roles,
        stores: find(&claims, STORES).map(words).unwrap_or_default(),
    })
}

/// The claim of that name, else of that path: some issuers name claims like addresses, with dots in them.
fn find<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    claims
        .get(name)
        .or_else(|| name.split('.').try_fold(claims, |claim, part| claim.get(part)))
        .filter(|claim| !claim.is_null())
}

/// A list, or a text with words in it.
fn words(claim: &Value) -> Vec<String> {
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
