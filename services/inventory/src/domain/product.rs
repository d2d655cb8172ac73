//! How a product is registered and changed, the tag of its version, and the time of its changes.

use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::ProductSnapshot;

/// The command to register a product, or to replace its name and price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id.
    pub product_id: String,
    /// The store that sells it; that of a product does not change.
    pub store_id: String,
    /// Its name, for the customer.
    pub product_name: String,
    /// How many there are at first. Later on, stock only moves by so many.
    pub stock: u32,
    /// Price of one, in won; `None` keeps the current price.
    pub unit_price: Option<u64>,
}

/// The tag of a product's version (`ETag`, RFC 9110, section 8.8.3): another one after each change.
pub fn tag(product: &ProductSnapshot) -> String {
    format!("\"{}\"", product.changed_at.timestamp_micros())
}

impl NewProduct {
    /// The registered product; `before` is the product as it was, if there was one.
    pub fn registered(self, before: Option<&ProductSnapshot>, now: DateTime<Utc>) -> ProductSnapshot {
        ProductSnapshot {
            product_id: self.product_id,
            store_id: before.map_or(self.store_id, |before| before.store_id.clone()),
            product_name: self.product_name,
            stock: before.map_or(self.stock.into(), |before| before.stock),
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
    fn a_change_of_the_name_moves_no_stock_and_gives_another_tag() {
        let new = |stock, name: &str| NewProduct {
            product_id: "a".into(),
            store_id: "1".into(),
            product_name: name.into(),
            stock,
            unit_price: None,
        };
        let first = new(10, "TV").registered(None, Utc::now());
        let sold = ProductSnapshot {
            stock: 6,
            ..first.clone()
        };
        let renamed = new(10, "Large TV").registered(Some(&sold), first.changed_at);
        assert_eq!((renamed.product_name.as_str(), renamed.stock), ("Large TV", 6));
        assert_ne!(tag(&first), tag(&renamed));
    }

    #[test]
    fn a_price_stays_until_another_one_is_given() {
        let new = |unit_price| NewProduct {
            product_id: "a".into(),
            store_id: "1".into(),
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
