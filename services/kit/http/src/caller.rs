//! The caller of a request. The gateway sends it in a header, which clients outside the platform cannot set.

use crate::problem::Problem;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The header with the caller: JSON in base64url. The gateway sets it, and removes it from client requests.
pub const CALLER: HeaderName = HeaderName::from_static("x-fdp-caller");

/// The store id in a token that stands for every store.
const EVERY_STORE: &str = "*";

/// The role of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Places orders and sees its own data.
    Customer,
    /// Runs the stores that the token names.
    Owner,
    /// Delivers orders.
    Rider,
    /// May do everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Owner, Self::Rider, Self::Admin];

    /// Its name in tokens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Owner => "owner",
            Self::Rider => "rider",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| format!("there is no role {name}; there are customer, owner, rider and admin"))
    }
}

/// A person, identified by a token or a cookie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person's id; for a customer, the customer id. Empty when it is unknown.
    pub subject: String,
    /// Empty for a guest, who is not signed in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// The stores that an owner runs; `*` stands for every store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<String>,
}

/// The caller of a request. The extractor reads the gateway's header; a request without that header comes from another
/// service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Another service of the platform: it may do everything.
    System,
    /// A person.
    Person(Person),
}

impl Caller {
    /// Reads the gateway's header.
    ///
    /// # Errors
    /// When the header is present but cannot be read, so the caller is unknown.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(CALLER) else {
            return Ok(Self::System);
        };
        let json = URL_SAFE_NO_PAD.decode(value.as_bytes()).unwrap_or_default();
        serde_json::from_slice(&json).map(Self::Person).map_err(|_| {
            Problem::bad_request(format!(
                "the header {CALLER} cannot be read; leave it to the gateway"
            ))
        })
    }

    /// The value of the [`CALLER`] header; `None` for the system, which sends no such header.
    pub fn header(&self) -> Option<HeaderValue> {
        let Self::Person(person) = self else {
            return None;
        };
        let json = serde_json::to_vec(person).ok()?;
        HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(json)).ok()
    }

    fn has(&self, role: Role) -> bool {
        matches!(self, Self::Person(person) if person.roles.contains(&role))
    }

    /// Whether the caller may do everything.
    pub fn is_unrestricted(&self) -> bool {
        *self == Self::System || self.has(Role::Admin)
    }

    /// Whether the caller may see what belongs to this customer.
    pub fn may_see(&self, customer_id: &str) -> bool {
        self.is_unrestricted() || self.subject().is_some_and(|subject| subject == customer_id)
    }

    /// Whether the caller may act for this store.
    pub fn may_run(&self, store_id: &str) -> bool {
        let named = |person: &Person| {
            person
                .stores
                .iter()
                .any(|store| store == store_id || store == EVERY_STORE)
        };
        self.is_unrestricted()
            || matches!(self, Self::Person(person) if person.roles.contains(&Role::Owner) && named(person))
    }

    /// The store that an owner of one store runs; `None` for all others.
    pub fn only_store(&self) -> Option<&str> {
        match self {
            Self::Person(person) if self.has(Role::Owner) => match &person.stores[..] {
                [only] if only != EVERY_STORE => Some(only),
                _ => None,
            },
            _ => None,
        }
    }

    /// The caller's id, if it is known.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::System => None,
            Self::Person(person) => Some(person.subject.as_str()).filter(|subject| !subject.is_empty()),
        }
    }

    /// The customer id of a caller who is signed in as a customer.
    pub fn customer(&self) -> Option<&str> {
        self.subject().filter(|_| self.has(Role::Customer))
    }

    /// The rider's id of a caller who is signed in as a rider.
    pub fn rider(&self) -> Option<&str> {
        self.subject().filter(|_| self.has(Role::Rider))
    }

    /// The customer that a request is about, when the request may omit the customer id. For a caller who may not do
    /// everything, the default is the caller.
    ///
    /// # Errors
    /// When the id is another customer's and the caller may not do everything, or when the caller is unknown.
    pub fn whose(&self, customer_id: Option<String>) -> Result<Option<String>, Problem> {
        if self.is_unrestricted() {
            return Ok(customer_id);
        }
        match customer_id {
            Some(other) if !self.may_see(&other) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "not-yours",
                "this customerId is another's; leave it out, or give your own",
            )),
            _ => self
                .subject()
                .map(|subject| Some(subject.to_owned()))
                .ok_or_else(|| {
                    Problem::new(
                        StatusCode::FORBIDDEN,
                        "not-yours",
                        "sign in first: nobody knows who is asking",
                    )
                }),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

/// A layer for routes with a `{storeId}`: only callers who run the store may change it or use its tickets.
pub async fn require_store_access(
    caller: Caller,
    parameters: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let store_id = parameters
        .iter()
        .find_map(|(name, value)| (name == "storeId").then_some(value));
    let is_private = !request.method().is_safe() || request.uri().path().contains("/tickets");
    match store_id {
        Some(store_id) if is_private && !caller.may_run(store_id) => not_your_store(store_id).into_response(),
        _ => next.run(request).await,
    }
}

/// 403: the store is not among those that the caller runs.
pub fn not_your_store(store_id: &str) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-your-store",
        format!("your token names no store {store_id}; ask for it to be added to the claim `stores`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(subject: &str, roles: &[Role], stores: &[&str]) -> Caller {
        Caller::Person(Person {
            subject: subject.to_owned(),
            roles: roles.iter().copied().collect(),
            stores: stores.iter().map(|store| (*store).to_owned()).collect(),
        })
    }

    fn read_back(caller: &Caller) -> Caller {
        Caller::of(&HeaderMap::from_iter(
            caller.header().map(|value| (CALLER, value)),
        ))
        .unwrap()
    }

    #[test]
    fn the_header_reads_back_as_it_was_written() {
        for caller in [
            Caller::System,
            person("김철수", &[Role::Customer, Role::Rider], &[]),
            person("", &[], &[]),
            person("owner", &[Role::Owner], &["1", "2"]),
        ] {
            assert_eq!(read_back(&caller), caller);
        }
    }

    #[test]
    fn a_header_that_cannot_be_read_is_nobody_rather_than_the_system() {
        for value in ["", "admin", "e30", "W10"] {
            let headers = HeaderMap::from_iter([(CALLER, HeaderValue::from_static(value))]);
            assert_eq!(Caller::of(&headers).unwrap_err().status, 400, "{value:?}");
        }
    }

    #[test]
    fn a_customer_sees_their_own_things_and_an_admin_all() {
        let customer = person("100", &[Role::Customer], &[]);
        assert!(customer.may_see("100") && !customer.may_see("101") && !customer.is_unrestricted());
        assert!(person("a", &[Role::Admin], &[]).may_see("101") && Caller::System.may_see("101"));
        assert!(!person("", &[], &[]).may_see(""), "nobody is no customer");
        assert!(!person("100", &[Role::Owner, Role::Rider], &["*"]).may_see("101"));
    }

    #[test]
    fn whose_things_a_customer_means_is_their_own_unless_they_say_so_wrongly() {
        let customer = person("100", &[Role::Customer], &[]);
        assert_eq!(customer.whose(None).unwrap().as_deref(), Some("100"));
        assert_eq!(
            customer.whose(Some("100".to_owned())).unwrap().as_deref(),
            Some("100")
        );
        assert_eq!(customer.whose(Some("101".to_owned())).unwrap_err().status, 403);
        assert_eq!(Caller::System.whose(None).unwrap(), None);
        assert_eq!(person("", &[], &[]).whose(None).unwrap_err().status, 403);
    }

    #[test]
    fn an_owner_runs_the_stores_of_the_token() {
        assert!(person("o", &[Role::Owner], &["1"]).may_run("1"));
        assert!(!person("o", &[Role::Owner], &["1"]).may_run("2"));
        assert!(
            !person("o", &[Role::Owner], &[]).may_run("1"),
            "no claim, no store"
        );
        assert!(person("o", &[Role::Owner], &["*"]).may_run("2"));
        assert!(
            !person("c", &[Role::Customer], &["1"]).may_run("1"),
            "the claim alone makes no owner"
        );
    }
}
