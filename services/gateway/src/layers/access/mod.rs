//! Layer: whether the client may use the path, by its roles.

mod table;

use crate::layers::authentication::{Identity, TokenError};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use fdp_http::caller::{Person, Role};
use fdp_http::guest::Guest;
use fdp_http::{Caller, Problem};
use http::{HeaderValue, StatusCode, header};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use table::{Decision, Requester};
use tokio::time::Instant;

/// The rules of access to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessRules {
    /// The table of roles, by method and path.
    Table,
    /// The rule for extensions, which are not in the table.
    Extension,
}

/// A request that is allowed.
pub(crate) struct Admission {
    /// The value of the header that tells the service who the client is; `None` if there is no sign-in.
    pub(crate) caller: Option<HeaderValue>,
    /// When the token expires, and with it an endless response; `None` without a token.
    pub(crate) until: Option<Instant>,
}

/// Why a request is not allowed.
#[derive(Debug)]
pub(crate) enum AccessError {
    /// It needs a token.
    SignInRequired,
    /// It needs one of these roles, or that of an admin.
    RoleMissing(&'static [Role]),
    /// The caller cannot be written as a header.
    InvalidClaims,
}

/// Decides whether the request is allowed. Removes the token from it: services learn who the client is, and cannot pass
/// the token on.
///
/// # Errors
/// When the request is not allowed.
pub(crate) fn authorize(
    identity: Identity,
    rules: AccessRules,
    request: &mut Request,
) -> Result<Admission, AccessError> {
    let (person, until) = match identity {
        Identity::Unrestricted => {
            return Ok(Admission {
                caller: None,
                until: None,
            });
        }
        Identity::Authenticated(token) => (token.person, Some(token.expires)),
        Identity::Anonymous => {
            let guest = Guest::recognise(request.headers());
            let person = Person {
                subject: guest.map(|guest| guest.id()).unwrap_or_default(),
                ..Person::default()
            };
            (person, None)
        }
    };
    request.headers_mut().remove(header::AUTHORIZATION);
    let requester = match person.subject.as_str() {
        _ if until.is_some() => Requester::SignedIn(&person.roles),
        "" => Requester::Anonymous,
        _ => Requester::Guest,
    };
    let decision = match rules {
        AccessRules::Table => table::decide(requester, request.method(), request.uri().path()),
        AccessRules::Extension => table::decide_for_extension(requester),
    };
    let outcome = match decision {
        Decision::Allowed => "allowed",
        Decision::SignInRequired => "sign-in",
        Decision::Forbidden(_) => "forbidden",
    };
    metrics::counter!("gateway_access_total", "outcome" => outcome).increment(1);
    match decision {
        Decision::Allowed => {}
        Decision::SignInRequired => return Err(AccessError::SignInRequired),
        Decision::Forbidden(needed) => return Err(AccessError::RoleMissing(needed)),
    }
    let person = Caller::Person(person);
    Ok(Admission {
        caller: Some(person.header().ok_or(AccessError::InvalidClaims)?),
        until: until.and_then(instant),
    })
}

impl IntoResponse for AccessError {
    fn into_response(self) -> Response {
        match self {
            Self::SignInRequired => TokenError::Missing.into_response(),
            Self::RoleMissing(roles) => role_missing(roles).into_response(),
            Self::InvalidClaims => {
                Problem::bad_request("the token's claims cannot be passed on").into_response()
            }
        }
    }
}

/// The instant of a time since 1970; `None` if it is too far in the future to be represented.
fn instant(time: Duration) -> Option<Instant> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now().checked_add(time.saturating_sub(now))
}

fn role_missing(roles: &[Role]) -> Problem {
    let sufficient: Vec<&str> = roles
        .iter()
        .chain([&Role::Admin])
        .map(|role| role.name())
        .collect();
    Problem::new(
        StatusCode::FORBIDDEN,
        "role-missing",
        format!(
            "this is for the role {}; ask the issuer's administrator for it, then sign in again",
            sufficient.join(" or ")
        ),
    )
}
