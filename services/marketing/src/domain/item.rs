//! What is recommended: the items of orders.

use fdp_contracts::{OrderLine, OrderSnapshot};
use std::collections::BTreeMap;

/// Something that can be recommended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The stocked product, if it is one.
    pub product_id: Option<String>,
    /// What the customer reads.
    pub product_name: String,
}

impl Item {
    /// Identifies the item in all orders: by its product id, or by its name if it has none.
    pub fn key(&self) -> String {
        match &self.product_id {
            Some(product_id) => format!("id:{product_id}"),
            None => format!("name:{}", self.product_name),
        }
    }
}

impl From<&OrderLine> for Item {
    fn from(line: &OrderLine) -> Self {
        Self {
            product_id: line.product_id.clone(),
            product_name: line.product_name.clone(),
        }
    }
}

/// The items of an order by key, each once whatever its quantity.
pub fn items(order: &OrderSnapshot) -> BTreeMap<String, Item> {
    order
        .lines
        .iter()
        .map(Item::from)
        .map(|item| (item.key(), item))
        .collect()
}
