//! How a product is registered, and the time of its changes.

use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::ProductSnapshot;

/// The command to register a product, or to replace its name, stock and price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id.
    pub product_id: String,
    /// Its name, for the customer.
    pub product_name: String,
    /// How many can be ordered from now on.
    pub stock: u32,
    /// Price of one, in won; `None` keeps the current price.
    pub unit_price: Option<u64>,
}

impl NewProduct {
    /// The registered product; `before` is the product as it was, if there was one.
    pub fn registered(self, before: Option<&ProductSnapshot>, now: DateTime<Utc>) -> ProductSnapshot {
        ProductSnapshot {
            product_id: self.product_id,
            product_name: self.product_name,
            stock: self.stock.into(),
            unit_price: self
                .unit_price
                .or_else(|| before.and_then(|before| before.unit_price)),
            changed_at: before.map_or(now, |before| next_change(before.changed_at, now)),
        }
    }
}

/// The time of a change: `now`, but always later than the previous change. The clocks of replicas differ, and readers
/// recognise an outdated event by its time.
pub(super) fn next_change(previous: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    now.max(previous + TimeDelta::microseconds(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_stays_until_another_one_is_given() {
        let new = |unit_price| NewProduct {
            product_id: "a".into(),
            product_name: "TV".into(),
            stock: 1,
            unit_price,
        };
        let first = new(Some(9_000)).registered(None, Utc::now());
        let second = new(None).registered(Some(&first), Utc::now());
        assert_eq!(second.unit_price, Some(9_000));
        let third = new(Some(0)).registered(Some(&second), Utc::now());
        assert_eq!(third.unit_price, Some(0));
    }
}
