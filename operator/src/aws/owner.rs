//! The tag that marks which platform an AWS resource belongs to.

use serde_json::json;

use crate::spec::canonical::hash;

/// The tag's key; its value names the platform.
pub const TAG: &str = "fooddelivery.dev/platform";

/// The platform that a resource belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// The platform as an owner. A platform that was deleted and created again is the same owner, so that it gets back
    /// the resources that its deletion policy retained.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self(format!("{namespace}/{name}"))
    }

    /// The value of the tag.
    pub fn value(&self) -> &str {
        &self.0
    }

    /// Whether one of these tags, as keys and values, marks the owner.
    pub fn owns<'a>(&self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
        tags.into_iter().any(|tag| tag == (TAG, self.value()))
    }

    /// The idempotency token of a call. If a response is lost and the call is repeated, AWS carries it out only once.
    ///
    /// The same operation may be needed again later as a new call. `revision` distinguishes the two: it is a value that
    /// changes once the call has taken effect.
    pub fn idempotency_token(&self, operation: &str, revision: &str) -> String {
        hash(&json!([self.value(), operation, revision]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_one_name_in_two_namespaces_are_two_owners() {
        let owner = Owner::new("food", "shop");
        assert!(owner.owns([("Name", "x"), (TAG, "food/shop")]));
        for other in ["test/shop", "food/shop-2", "shop", "food/", ""] {
            assert!(!owner.owns([(TAG, other)]), "{other}");
        }
        assert!(!owner.owns([("other", "food/shop")]));
    }

    #[test]
    fn a_token_is_the_same_for_the_same_call_and_no_other() {
        let owner = Owner::new("food", "shop");
        let token = owner.idempotency_token("resize EKS node group workers to 2", "12:00");
        assert_eq!(
            token,
            owner.idempotency_token("resize EKS node group workers to 2", "12:00")
        );
        let others = [
            owner.idempotency_token("resize EKS node group workers to 3", "12:00"),
            owner.idempotency_token("resize EKS node group workers to 2", "13:00"),
            Owner::new("food", "store").idempotency_token("resize EKS node group workers to 2", "12:00"),
        ];
        assert!(others.iter().all(|other| *other != token));
    }
}
