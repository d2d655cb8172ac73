//! The names of a platform on servers that others, including other platforms, may use as well.

use serde_json::json;

use crate::spec::canonical::hash;

/// The longest prefix of databases and roles: with a service's name behind it, a name has at most 63 bytes.
const LONGEST: usize = 50;

/// A server that is run elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The Secret with its address.
    pub secret: String,
    /// What stands before each name there.
    pub prefix: String,
    /// Whether the specification names the prefix.
    pub is_given: bool,
}

impl Shared {
    pub(super) fn new(secret: String, given: Option<String>, default: &str) -> Self {
        Self {
            secret,
            is_given: given.is_some(),
            prefix: given.unwrap_or_else(|| default.to_owned()),
        }
    }
}

/// The prefix of topics and consumer groups. A namespace has no dot, so that no two platforms have the same.
pub(super) fn kafka_prefix(namespace: &str, name: &str) -> String {
    format!("{namespace}.{name}.")
}

/// The prefix of topics and consumer groups that platforms had which knew of none.
pub fn former_kafka_prefix() -> String {
    String::new()
}

/// The prefix of databases and roles. A hash makes it unique where it would be ambiguous, because names of databases
/// have no hyphen, or too long.
pub(super) fn postgres_prefix(namespace: &str, name: &str) -> String {
    let plain = format!("{namespace}_{name}_");
    // PostgreSQL keeps names for itself that start like this.
    let is_reserved = plain.replace('-', "_").starts_with("pg_");
    let starts_well = plain.starts_with(|first: char| first.is_ascii_lowercase()) && !is_reserved;
    if starts_well && plain.len() <= LONGEST && !plain.contains('-') {
        return plain;
    }
    let hash = &hash(&json!([namespace, name]))[..8];
    let start = if starts_well { "" } else { "p_" };
    let readable: String = format!("{start}{plain}")
        .replace('-', "_")
        .chars()
        .take(LONGEST - hash.len() - 2)
        .collect();
    format!("{}_{hash}_", readable.trim_end_matches('_'))
}

/// The prefix of databases and roles that platforms had before it told of the namespace.
pub fn former_postgres_prefix(name: &str) -> String {
    format!("{}_", name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fdp_catalogue::{Service, topic};

    use super::*;

    #[test]
    fn a_prefix_tells_namespace_and_name() {
        assert_eq!(kafka_prefix("food", "shop"), "food.shop.");
        assert_eq!(postgres_prefix("food", "shop"), "food_shop_");
    }

    #[test]
    fn no_two_platforms_have_the_same_prefix() {
        let platforms = [
            ("a-b", "c"),
            ("a", "b-c"),
            ("a", "b"),
            ("a", "b--c"),
            ("a--b", "c"),
            ("a-", "b"),
        ];
        for prefix in [kafka_prefix, postgres_prefix] {
            let prefixes: BTreeSet<String> = platforms
                .iter()
                .map(|(space, name)| prefix(space, name))
                .collect();
            assert_eq!(prefixes.len(), platforms.len(), "{prefixes:?}");
        }
    }

    #[test]
    fn names_on_the_servers_are_valid_however_long_or_odd_the_platforms() {
        let long = ("n".repeat(63), "p".repeat(40));
        let odd = [
            (&*long.0, &*long.1),
            ("2024-food", "shop"),
            ("pg", "shop"),
            ("pg-2", "s"),
        ];
        for (space, name) in odd {
            let prefix = postgres_prefix(space, name);
            assert!(
                prefix.starts_with(|first: char| first.is_ascii_lowercase()),
                "{prefix}"
            );
            assert!(!prefix.starts_with("pg_"), "{prefix}");
            assert!(
                prefix
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{prefix}"
            );
            for service in Service::ALL {
                assert!(prefix.len() + service.name().len() <= 63, "{prefix}");
            }
            let prefix = kafka_prefix(space, name);
            let longest = topic::all().iter().map(String::len).max();
            assert!(prefix.len() <= 200 && 200 + longest.unwrap() <= 249, "{prefix}");
        }
    }
}
