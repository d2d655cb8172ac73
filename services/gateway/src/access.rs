//! Which role may call what: one table, by method and path. Whose things they may see there, the services decide.

use fdp_kit::caller::Role::{self, Customer, Owner, Rider};
use http::Method;

/// Who may call something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Everyone, signed in or not.
    Everyone,
    /// Guests, by the cookie of the pages, and these roles.
    GuestsAnd(&'static [Role]),
    /// These roles. An admin may do everything and stands nowhere in this table.
    Only(&'static [Role]),
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// GET and HEAD.
    Read,
    /// Every other method.
    Change,
}
use Deed::{Change, Read};
use Who::{Everyone, GuestsAnd, Only};

const SHOPPERS: &[Role] = &[Customer, Owner, Rider];

/// A path is matched segment by segment: `*` is any one segment, `**` any number of them. The first row that
/// matches counts.
#[rustfmt::skip]
const TABLE: &[(Deed, &str, Who)] = &[
    (Read,   "orders",                   Only(&[Customer])),
    (Change, "orders",                   Only(&[Customer])),
    (Read,   "orders/*",                 Only(&[Customer])),
    (Change, "orders/*",                 Only(&[Customer])),
    (Read,   "views/orders",             GuestsAnd(&[Customer])),
    (Read,   "views/orders/**",          GuestsAnd(&[Customer])),
    (Read,   "payments",                 Only(&[Customer])),
    (Read,   "payments/*",               Only(&[Customer])),
    (Read,   "notifications",            GuestsAnd(&[Customer])),
    (Read,   "notifications/contacts/*", Only(&[Customer])),
    (Change, "notifications/contacts/*", Only(&[Customer])),
    (Read,   "recommendations",          Only(&[Customer])),
    (Read,   "stores/*/tickets/**",      Only(&[Owner])),
    (Change, "stores",                   Only(&[Owner])),
    (Change, "stores/**",                Only(&[Owner])),
    (Read,   "stores",                   Only(SHOPPERS)),
    (Read,   "stores/*",                 Only(SHOPPERS)),
    (Read,   "stores/*/menu",            Only(SHOPPERS)),
    (Read,   "inventories",              Only(SHOPPERS)),
    (Read,   "inventories/*",            Only(SHOPPERS)),
    (Change, "inventories",              Only(&[Owner])),
    (Change, "inventories/**",           Only(&[Owner])),
    (Read,   "deliveries",               Only(&[Rider])),
    (Read,   "deliveries/*",             Only(&[Customer, Rider])),
    (Read,   "deliveries/**",            Only(&[Rider])),
    (Change, "deliveries/**",            Only(&[Rider])),
    // The pages know their visitors by a cookie.
    (Read,   "",                         Everyone),
    (Read,   "shop/**",                  Everyone),
    (Change, "shop/**",                  Everyone),
    (Read,   "assets/**",                Everyone),
    (Read,   "openapi.json",             Everyone),
    (Read,   "favicon.ico",              Everyone),
];

/// Whether someone may call something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Allowed,
    /// Only after signing in.
    SignIn,
    /// Not in these roles, but in one of those.
    Forbidden(&'static [Role]),
}

/// Who is asking.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asking<'a> {
    /// Someone who is signed in, and what they are.
    SignedIn(&'a std::collections::BTreeSet<Role>),
    /// Someone with the cookie of a visitor of the pages.
    Guest,
    /// Someone of whom nothing is known.
    Stranger,
}

/// Looks a request up in the table. What stands in no row is for admins.
pub(crate) fn verdict(asking: Asking<'_>, method: &Method, path: &str) -> Verdict {
    judge(asking, find(method, path))
}

/// About paths of which the table knows nothing because they lead to an extension: whoever is signed in may, in
/// whatever role; more than that the extension has to decide by itself.
pub(crate) fn verdict_on_extension(asking: Asking<'_>) -> Verdict {
    judge(asking, Only(SHOPPERS))
}

fn judge(asking: Asking<'_>, who: Who) -> Verdict {
    if matches!(asking, Asking::SignedIn(roles) if roles.contains(&Role::Admin)) {
        return Verdict::Allowed;
    }
    match (who, asking) {
        (Everyone, _) | (GuestsAnd(_), Asking::Guest) => Verdict::Allowed,
        (Only(roles) | GuestsAnd(roles), Asking::SignedIn(own)) => {
            if roles.iter().any(|role| own.contains(role)) {
                Verdict::Allowed
            } else {
                Verdict::Forbidden(roles)
            }
        }
        (_, Asking::Guest | Asking::Stranger) => Verdict::SignIn,
    }
}

fn find(method: &Method, path: &str) -> Who {
    let deed = if matches!(*method, Method::GET | Method::HEAD) {
        Read
    } else {
        Change
    };
    let row = TABLE
        .iter()
        .find(|(its, pattern, _)| *its == deed && matches(pattern, path));
    row.map_or(Only(&[]), |(_, _, who)| *who)
}

/// Whether a path, taken as it was sent, has the shape of a pattern. A slash at its end makes no difference; empty
/// segments do, as they do to the services.
fn matches(pattern: &str, path: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(wanted), Some(given)) if wanted == given => {}
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

    /// Which roles may, each alone.
    fn who_may(method: &str, path: &str) -> Vec<Role> {
        let method = method.parse().unwrap();
        let may =
            |role: &Role| verdict(Asking::SignedIn(&roles(&[*role])), &method, path) == Verdict::Allowed;
        Role::ALL.into_iter().filter(may).collect()
    }

    #[test]
    fn each_role_may_do_what_is_its_business() {
        use Role::Admin;
        for (method, path, expected) in [
            ("POST", "/orders", &[Customer, Admin][..]),
            ("GET", "/orders/ord_1", &[Customer, Admin]),
            ("HEAD", "/orders/ord_1", &[Customer, Admin]),
            ("DELETE", "/orders/ord_1/", &[Customer, Admin]),
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
        ] {
            assert_eq!(who_may(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_stranger_sees_the_pages_and_nothing_else() {
        for path in ["/", "/shop/orders", "/assets/abc/shop.js", "/openapi.json"] {
            assert_eq!(
                verdict(Asking::Stranger, &Method::GET, path),
                Verdict::Allowed,
                "{path}"
            );
        }
        for path in ["/orders", "/views/orders/1", "/stores", "/admin", "/demo"] {
            assert_eq!(
                verdict(Asking::Stranger, &Method::GET, path),
                Verdict::SignIn,
                "{path}"
            );
        }
        assert_eq!(verdict(Asking::Stranger, &Method::POST, "/"), Verdict::SignIn);
    }

    #[test]
    fn a_guest_of_the_pages_may_look_at_views_and_order_only_on_the_pages() {
        let guest = |method, path| verdict(Asking::Guest, &method, path);
        assert_eq!(guest(Method::GET, "/views/orders/ord_1/events"), Verdict::Allowed);
        assert_eq!(guest(Method::POST, "/shop/orders"), Verdict::Allowed);
        assert_eq!(guest(Method::POST, "/orders"), Verdict::SignIn);
        assert_eq!(guest(Method::GET, "/payments"), Verdict::SignIn);
    }

    #[test]
    fn an_extension_is_for_whoever_is_signed_in_in_whatever_role() {
        for role in Role::ALL {
            let own = roles(&[role]);
            assert_eq!(
                verdict_on_extension(Asking::SignedIn(&own)),
                Verdict::Allowed,
                "{role:?}"
            );
        }
        let none = roles(&[]);
        assert_eq!(
            verdict_on_extension(Asking::SignedIn(&none)),
            Verdict::Forbidden(SHOPPERS)
        );
        assert_eq!(verdict_on_extension(Asking::Guest), Verdict::SignIn);
        assert_eq!(verdict_on_extension(Asking::Stranger), Verdict::SignIn);
    }

    #[test]
    fn a_path_in_disguise_is_for_admins() {
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
            assert_eq!(who_may("GET", path), [Role::Admin], "{path}");
        }
    }

    #[test]
    fn whoever_lacks_a_role_hears_which_ones_would_do() {
        let rider = roles(&[Rider]);
        assert_eq!(
            verdict(Asking::SignedIn(&rider), &Method::POST, "/orders"),
            Verdict::Forbidden(&[Customer])
        );
        let both = roles(&[Rider, Customer]);
        assert_eq!(
            verdict(Asking::SignedIn(&both), &Method::POST, "/orders"),
            Verdict::Allowed
        );
        assert_eq!(
            verdict(Asking::SignedIn(&roles(&[])), &Method::GET, "/orders"),
            Verdict::Forbidden(&[Customer])
        );
    }
}
