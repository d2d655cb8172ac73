//! The position of a watcher in the changes of tickets, which a client sends back to resume its stream.

use std::fmt;
use std::str::FromStr;

/// A position: the watcher has received all changes up to this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamPosition {
    /// The number of the transaction that made the change.
    pub transaction: i64,
    /// The order whose ticket it was; one transaction may change many.
    pub order_id: String,
}

impl StreamPosition {
    /// The position before all changes.
    pub fn start() -> Self {
        Self {
            transaction: -1,
            order_id: String::new(),
        }
    }
}

impl fmt::Display for StreamPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.transaction, self.order_id)
    }
}

/// The text is not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an event of tickets")]
pub struct InvalidStreamPosition;

impl FromStr for StreamPosition {
    type Err = InvalidStreamPosition;

    fn from_str(text: &str) -> Result<Self, InvalidStreamPosition> {
        let (transaction, order_id) = text.trim().split_once('.').ok_or(InvalidStreamPosition)?;
        Ok(Self {
            transaction: transaction.parse().map_err(|_| InvalidStreamPosition)?,
            order_id: order_id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_parsed_as_it_is_displayed() {
        let position = StreamPosition {
            transaction: 42,
            order_id: "ord_1".into(),
        };
        assert_eq!(position.to_string().parse(), Ok(position));
        for text in ["", "42", "x.ord_1", ".ord_1"] {
            assert_eq!(
                text.parse::<StreamPosition>(),
                Err(InvalidStreamPosition),
                "{text:?}"
            );
        }
    }
}
