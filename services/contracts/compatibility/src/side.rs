//! Which side of a contract produces the values of a schema.

/// The side that produces the values of a schema. It decides which changes are breaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// Clients: the set of values that they may write must not shrink.
    Written,
    /// Services: the values that clients read must not be extended or changed.
    Read,
}
