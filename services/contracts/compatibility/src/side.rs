//! Which side of a contract makes the values of a schema.

/// Who makes the values of a schema, which decides what changes break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// Clients: what they may write may not shrink.
    Written,
    /// The services: what clients read may not shrink either, nor become something else.
    Read,
}
