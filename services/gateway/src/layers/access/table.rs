//! The table of roles: which role may use which method and path. The services decide whose data the client may see there.

use fdp_http::caller::Role::{self, Customer, Owner, Rider};
use http::Method;

/// Who may use a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Everybody, signed in or not.
    Everybody,
    /// Guests, who have the cookie of the pages, and these roles.
    GuestsAnd(&'static [Role]),
    /// These roles. An admin may do everything and is not in the table.
    Only(&'static [Role]),
}

/// What a method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// GET and HEAD.
    Read,
    /// Every other method.
    Write,
}
use Action::{Read, Write};
use Audience::{Everybody, GuestsAnd, Only};

const SIGNED_IN: &[Role] = &[Customer, Owner, Rider];

/// A path is matched segment by segment: `*` is any one segment, `**` any number of them. The first matching row counts.
#[rustfmt::skip]
const TABLE: &[(Action, &str, Audience)] = &[
    (Read,   "orders",                   Only(&[Customer])),
    (Write,  "orders",                   Only(&[Customer])),
    (Read,   "orders/*",                 Only(&[Customer])),
    (Write,  "orders/*",                 Only(&[Customer])),
    (Read,   "orders/*/recipient",       Only(SIGNED_IN)),
    (Read,   "views/orders",             GuestsAnd(&[Customer])),
    (Read,   "views/orders/**",          GuestsAnd(&[Customer])),
    (Read,   "payments",                 Only(&[Customer])),
    (Read,   "payments/*",               Only(&[Customer])),
    // The provider signs what it sends: pay admits it by its signature alone.
    (Write,  "payments/webhooks/stripe", Everybody),
    (Read,   "notifications",            GuestsAnd(&[Customer])),
    (Read,   "notifications/contacts/*", Only(&[Customer])),
    (Write,  "notifications/contacts/*", Only(&[Customer])),
    (Read,   "recommendations",          Only(&[Customer])),
    (Read,   "stores/*/tickets/**",      Only(&[Owner])),
    (Write,  "stores",                   Only(&[Owner])),
    (Write,  "stores/**",                Only(&[Owner])),
    (Read,   "stores",                   Only(SIGNED_IN)),
    (Read,   "stores/*",                 Only(SIGNED_IN)),
    (Read,   "stores/*/menu",            Only(SIGNED_IN)),
    (Read,   "inventories",              Only(SIGNED_IN)),
    (Read,   "inventories/*",            Only(SIGNED_IN)),
    (Write,  "inventories",              Only(&[Owner])),
    (Write,  "inventories/**",           Only(&[Owner])),
    (Read,   "deliveries",               Only(&[Rider])),
    (Read,   "deliveries/*",             Only(&[Customer, Rider])),
    (Read,   "deliveries/**",            Only(&[Rider])),
    (Write,  "deliveries/**",            Only(&[Rider])),
    // The pages identify their visitors by a cookie.
    (Read,   "",                         Everybody),
    (Read,   "shop/**",                  Everybody),
    (Write,  "shop/**",                  Everybody),
    (Read,   "assets/**",                Everybody),
    (Read,   "work",                     Only(&[Owner, Rider])),
    (Read,   "work/stores/**",           Only(&[Owner])),
    (Write,  "work/stores/**",           Only(&[Owner])),
    (Read,   "work/deliveries",          Only(&[Rider])),
    (Write,  "work/deliveries",          Only(&[Rider])),
    (Read,   "openapi.json",             Everybody),
    (Read,   "favicon.ico",              Everybody),
];

/// Whether a request is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is allowed.
    Allowed,
    /// It needs a token.
    SignInRequired,
    /// It needs one of these roles.
    Forbidden(&'static [Role]),
}

/// Who sent a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Requester<'a> {
    /// A signed-in client with its roles.
    SignedIn(&'a std::collections::BTreeSet<Role>),
    /// A visitor of the pages, with the cookie of a guest.
    Guest,
    /// Anybody else.
    Anonymous,
}

/// Decides by the table. Paths that match no row are for admins only.
pub(super) fn decide(requester: Requester<'_>, method: &Method, path: &str) -> Decision {
    decide_for(requester, find(method, path))
}

/// Decides about a path of an extension: every signed-in client is allowed, and the extension decides the rest.
pub(super) fn decide_for_extension(requester: Requester<'_>) -> Decision {
    decide_for(requester, Only(SIGNED_IN))
}

fn decide_for(requester: Requester<'_>, who: Audience) -> Decision {
    if matches!(requester, Requester::SignedIn(roles) if roles.contains(&Role::Admin)) {
        return Decision::Allowed;
    }
    match (who, requester) {
        (Everybody, _) | (GuestsAnd(_), Requester::Guest) => Decision::Allowed,
        (Only(roles) | GuestsAnd(roles), Requester::SignedIn(own)) => {
            if roles.iter().any(|role| own.contains(role)) {
                Decision::Allowed
            } else {
                Decision::Forbidden(roles)
            }
        }
        (_, Requester::Guest | Requester::Anonymous) => Decision::SignInRequired,
    }
}

fn find(method: &Method, path: &str) -> Audience {
    let action = if matches!(*method, Method::GET | Method::HEAD) {
        Read
    } else {
        Write
    };
    let row = TABLE
        .iter()
        .find(|(its, pattern, _)| *its == action && matches(pattern, path));
    row.map_or(Only(&[]), |(_, _, who)| *who)
}

/// Whether a path, exactly as it was sent, matches a pattern. A trailing slash is ignored; empty segments are not, as in
/// the services.
fn matches(pattern: &str, path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let (mut expected, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(expected), Some(given)) if expected == given => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn roles(roles: &[Role]) -> BTreeSet<Role> {
        roles.iter().copied().collect()
    }

    /// The roles that are allowed, each alone.
    fn allowed_roles(method: &str, path: &str) -> Vec<Role> {
        let method = method.parse().unwrap();
        let may =
            |role: &Role| decide(Requester::SignedIn(&roles(&[*role])), &method, path) == Decision::Allowed;
        Role::ALL.into_iter().filter(may).collect()
    }

    #[test]
    fn each_role_may_use_its_own_paths() {
        use Role::Admin;
        for (method, path, expected) in [
            ("POST", "/orders", &[Customer, Admin][..]),
            ("GET", "/orders/ord_1", &[Customer, Admin]),
            ("HEAD", "/orders/ord_1", &[Customer, Admin]),
            ("DELETE", "/orders/ord_1/", &[Customer, Admin]),
            ("GET", "/orders/ord_1/recipient", &[Customer, Owner, Rider, Admin]),
            ("PUT", "/orders/ord_1/recipient", &[Admin]),
            ("GET", "/views/orders/ord_1/events", &[Customer, Admin]),
            ("GET", "/payments", &[Customer, Admin]),
            ("POST", "/payments", &[Admin]),
            ("GET", "/notifications", &[Customer, Admin]),
            ("PUT", "/notifications/contacts/100", &[Customer, Admin]),
            ("GET", "/recommendations", &[Customer, Admin]),
            ("POST", "/recommendations/rebuild", &[Admin]),
            ("GET", "/stores", &[Customer, Owner, Rider, Admin]),
            ("POST", "/stores", &[Owner, Admin]),
            ("GET", "/stores/1/tickets", &[Owner, Admin]),
            ("GET", "/stores/1/tickets/ord_1", &[Owner, Admin]),
            ("POST", "/stores/1/tickets/ord_1/accept", &[Owner, Admin]),
            ("PUT", "/stores/1/menus/7", &[Owner, Admin]),
            ("GET", "/inventories/1001", &[Customer, Owner, Rider, Admin]),
            ("POST", "/inventories", &[Owner, Admin]),
            ("GET", "/stores/1/menu", &[Customer, Owner, Rider, Admin]),
            ("GET", "/stores/1/menus", &[Admin]),
            ("GET", "/deliveries", &[Rider, Admin]),
            ("GET", "/deliveries/ord_1", &[Customer, Rider, Admin]),
            ("POST", "/deliveries/ord_1/start", &[Rider, Admin]),
            ("GET", "/shop/orders/ord_1", &[Customer, Owner, Rider, Admin]),
            ("GET", "/work", &[Owner, Rider, Admin]),
            ("GET", "/work/stores/1", &[Owner, Admin]),
            ("POST", "/work/stores/1/menu", &[Owner, Admin]),
            ("GET", "/work/deliveries", &[Rider, Admin]),
            ("POST", "/work/deliveries", &[Rider, Admin]),
            ("POST", "/work", &[Admin]),
        ] {
            assert_eq!(allowed_roles(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn an_anonymous_client_sees_the_pages_only() {
        for path in ["/", "/shop/orders", "/assets/abc/shop.js", "/openapi.json"] {
            assert_eq!(
                decide(Requester::Anonymous, &Method::GET, path),
                Decision::Allowed,
                "{path}"
            );
        }
        for path in ["/orders", "/views/orders/1", "/stores", "/admin", "/demo"] {
            assert_eq!(
                decide(Requester::Anonymous, &Method::GET, path),
                Decision::SignInRequired,
                "{path}"
            );
        }
        assert_eq!(
            decide(Requester::Anonymous, &Method::POST, "/"),
            Decision::SignInRequired
        );
    }

    #[test]
    fn a_guest_may_read_views_and_order_on_the_pages_only() {
        let guest = |method, path| decide(Requester::Guest, &method, path);
        assert_eq!(
            guest(Method::GET, "/views/orders/ord_1/events"),
            Decision::Allowed
        );
        assert_eq!(guest(Method::POST, "/shop/orders"), Decision::Allowed);
        assert_eq!(guest(Method::POST, "/orders"), Decision::SignInRequired);
        assert_eq!(guest(Method::GET, "/payments"), Decision::SignInRequired);
    }

    #[test]
    fn a_payment_provider_sends_its_news_without_a_token_and_nothing_else_of_payments_is_open() {
        let anonymous = |method: &str, path| decide(Requester::Anonymous, &method.parse().unwrap(), path);
        assert_eq!(anonymous("POST", "/payments/webhooks/stripe"), Decision::Allowed);
        for (method, path) in [
            ("GET", "/payments/webhooks/stripe"),
            ("POST", "/payments"),
            ("POST", "/payments/ord_1/void"),
            ("POST", "/payments/webhooks"),
            ("POST", "/payments/webhooks/other"),
            ("POST", "/payments/webhooks/stripe/more"),
            ("POST", "/payments/webhooks/%73tripe"),
            ("POST", "/payments//webhooks/stripe"),
        ] {
            assert_eq!(
                anonymous(method, path),
                Decision::SignInRequired,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn an_extension_is_for_every_signed_in_client() {
        for role in Role::ALL {
            let own = roles(&[role]);
            assert_eq!(
                decide_for_extension(Requester::SignedIn(&own)),
                Decision::Allowed,
                "{role:?}"
            );
        }
        let none = roles(&[]);
        assert_eq!(
            decide_for_extension(Requester::SignedIn(&none)),
            Decision::Forbidden(SIGNED_IN)
        );
        assert_eq!(decide_for_extension(Requester::Guest), Decision::SignInRequired);
        assert_eq!(
            decide_for_extension(Requester::Anonymous),
            Decision::SignInRequired
        );
    }

    #[test]
    fn a_disguised_path_is_for_admins() {
        for path in [
            "/stores/1/%74ickets",
            "/stores/1/Tickets",
            "/stores//tickets",
            "/stores/1/./tickets",
            "/orders/../payments/1/2",
            "//orders",
            "/orders//",
            "/unheard-of",
        ] {
            assert_eq!(allowed_roles("GET", path), [Role::Admin], "{path}");
        }
    }

    #[test]
    fn a_missing_role_is_rejected_with_the_roles_that_suffice() {
        let rider = roles(&[Rider]);
        assert_eq!(
            decide(Requester::SignedIn(&rider), &Method::POST, "/orders"),
            Decision::Forbidden(&[Customer])
        );
        let both = roles(&[Rider, Customer]);
        assert_eq!(
            decide(Requester::SignedIn(&both), &Method::POST, "/orders"),
            Decision::Allowed
        );
        assert_eq!(
            decide(Requester::SignedIn(&roles(&[])), &Method::GET, "/orders"),
            Decision::Forbidden(&[Customer])
        );
    }
}
