//! Where the operator watches: in all namespaces, or in named ones.

use std::fmt;

use kube::{
    Api, Client, Resource,
    core::{ApiResource, DynamicObject, NamespaceResourceScope},
};

/// A part of the cluster that is watched by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// All namespaces.
    Everywhere,
    Namespace(String),
}

impl Place {
    /// The places for these namespaces; all of the cluster if none is named.
    pub fn of(namespaces: &[String]) -> Vec<Self> {
        let mut named: Vec<&str> = namespaces
            .iter()
            .map(|namespace| namespace.trim())
            .filter(|namespace| !namespace.is_empty())
            .collect();
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return vec![Self::Everywhere];
        }
        named
            .into_iter()
            .map(|namespace| Self::Namespace(namespace.to_owned()))
            .collect()
    }

    /// Whether it is all of the cluster.
    pub(super) fn is_everywhere(&self) -> bool {
        *self == Self::Everywhere
    }

    /// Whether that namespace belongs to it.
    pub(super) fn has(&self, namespace: &str) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Namespace(own) => own == namespace,
        }
    }

    /// The API of a kind there.
    pub(super) fn api<K>(&self, client: &Client) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType: Default>,
    {
        match self {
            Self::Everywhere => Api::all(client.clone()),
            Self::Namespace(namespace) => Api::namespaced(client.clone(), namespace),
        }
    }

    /// The API of a kind that is known by its description only.
    pub(super) fn dynamic(&self, client: &Client, kind: &ApiResource) -> Api<DynamicObject> {
        match self {
            Self::Everywhere => Api::all_with(client.clone(), kind),
            Self::Namespace(namespace) => Api::namespaced_with(client.clone(), namespace, kind),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => formatter.write_str("all namespaces"),
            Self::Namespace(namespace) => write!(formatter, "namespace {namespace}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_names_all_of_the_cluster_is_watched_and_a_name_counts_once() {
        let named =
            |names: &[&str]| Place::of(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&[]), [Place::Everywhere]);
        assert_eq!(named(&["", " "]), [Place::Everywhere]);
        let expected = ["food", "test"].map(|name| Place::Namespace(name.to_owned()));
        assert_eq!(named(&["test", " food", "test"]), expected);
    }
}
