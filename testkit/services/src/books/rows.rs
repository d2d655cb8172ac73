//! Reads fields of the books' rows: texts, how an order ended, and what it took from stock.

use serde_json::Value;
use std::collections::BTreeMap;

/// Whether this order is in a final state.
pub(super) fn is_final(order: &Value) -> bool {
    crate::story::is_final(text(order, "state"))
}

/// Whether the order was delivered; any other end returns the money and the goods.
pub(super) fn is_delivered(order: &Value) -> bool {
    order["state"] == "Delivered"
}

/// The text in the field `name` of a row; empty if it is missing.
pub(super) fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

/// What an order takes from stock: each product with its quantity.
pub(super) fn stocked_lines(order: &Value) -> BTreeMap<&str, u64> {
    let mut lines = BTreeMap::new();
    for line in order["lines"].as_array().into_iter().flatten() {
        if let Some(product) = line["productId"].as_str() {
            *lines.entry(product).or_default() += line["qty"].as_u64().unwrap_or_default();
        }
    }
    lines
}
