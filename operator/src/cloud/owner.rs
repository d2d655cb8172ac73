//! The mark by which the operator knows again what it has made for a platform.

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
}
