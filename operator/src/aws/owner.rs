//! The mark by which the operator knows again what it has made for a platform.

use serde_json::json;

use crate::spec::canonical::hash;

/// The tag's key; its value names the platform.
pub const TAG: &str = "fooddelivery.dev/platform";

/// Whose something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// The platform as an owner. A platform that was deleted and made again is the same owner, so that what its deletion
    /// policy has kept is its again.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self(format!("{namespace}/{name}"))
    }

    /// The value of the tag.
    pub fn value(&self) -> &str {
        &self.0
    }

    /// Whether one of these tags, as keys and values, says that something is this owner's.
    pub fn owns<'a>(&self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
        tags.into_iter().any(|tag| tag == (TAG, self.value()))
    }

    /// A token by which AWS knows a call again that comes twice, because its answer was lost, and does once what it asks for.
    ///
    /// What is asked for may be asked for again later on, and is another call then: `occasion` tells the two apart. It is
    /// something that is there and not the same any more once the call has had its effect.
    pub fn token(&self, doing: &str, occasion: &str) -> String {
        hash(&json!([self.value(), doing, occasion]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_for_the_same_call_and_no_other() {
        let owner = Owner::new("food", "shop");
        let token = owner.token("resize EKS node group workers to 2", "12:00");
        assert_eq!(token, owner.token("resize EKS node group workers to 2", "12:00"));
        let others = [
            owner.token("resize EKS node group workers to 3", "12:00"),
            owner.token("resize EKS node group workers to 2", "13:00"),
            Owner::new("food", "store").token("resize EKS node group workers to 2", "12:00"),
        ];
        assert!(others.iter().all(|other| *other != token));
    }
}
