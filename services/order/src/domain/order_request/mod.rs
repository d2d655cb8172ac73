//! What a customer wants to order, and how it becomes a priced basket.

use crate::domain::invalid_order::{MAX_LINES, MAX_PRICE, MAX_QUANTITY};
use crate::domain::{Basket, InvalidOrder, KnownProduct, PriceList, Recipient};
use fdp_contracts::{InvalidText, OrderLine, check_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DEFAULT_CUSTOMER: &str = "guest";
const DEFAULT_STORE: &str = "1";

/// What a customer wants to order; most of it is optional. Stored with an `Idempotency-Key`, so the field names are
/// fixed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequest {
    /// The customer who orders; "guest" if left out.
    pub customer_id: Option<String>,
    /// The store that prepares the order; "1" if left out.
    pub store_id: Option<String>,
    /// The ordered dishes and products.
    pub lines: Vec<OrderRequestLine>,
    /// The delivery fee in won that the customer expects; it has to be the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_fee: Option<u64>,
    /// Whom the order goes to, if the customer says so. It has a record of its own and is never stored here.
    #[serde(skip)]
    pub deliver_to: Option<Recipient>,
    /// In its place, what tells it from another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_to_digest: Option<String>,
}

/// One dish or product that a customer wants to order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequestLine {
    /// The stocked product; none for a dish.
    pub product_id: Option<String>,
    /// The displayed name; the product's id if left out.
    pub name: Option<String>,
    /// The quantity; 1 if left out.
    pub qty: Option<u32>,
    /// The unit price in won that the customer expects; it has to be the current one.
    pub unit_price: Option<u64>,
}

impl OrderRequest {
    /// The customer who orders.
    pub fn customer_id(&self) -> &str {
        self.customer_id.as_deref().unwrap_or(DEFAULT_CUSTOMER)
    }

    /// The store that prepares the order: the one that it names, else the one that sells its first product, else the first.
    pub fn store_id<'a>(&'a self, products: &'a BTreeMap<String, KnownProduct>) -> &'a str {
        let product_ids = self.lines.iter().filter_map(|line| line.product_id.as_ref());
        let mut sellers = product_ids.filter_map(|id| products.get(id)?.store_id.as_deref());
        let named = self.store_id.as_deref();
        named.or_else(|| sellers.next()).unwrap_or(DEFAULT_STORE)
    }

    /// The ids of the products in the request.
    pub fn product_ids(&self) -> Vec<String> {
        self.lines
            .iter()
            .filter_map(|line| line.product_id.clone())
            .collect()
    }

    /// The request as it is stored, without the recipient, and the recipient.
    #[must_use]
    pub fn without_recipient(self) -> (Self, Option<Recipient>) {
        let request = Self {
            deliver_to: None,
            deliver_to_digest: self.deliver_to.as_ref().map(Recipient::digest),
            ..self
        };
        (request, self.deliver_to)
    }

    /// Checks what is right or wrong whatever the prices are.
    ///
    /// # Errors
    /// When it has no lines or too many, a text is invalid, or nothing can be delivered to the recipient.
    pub fn check(&self) -> Result<(), InvalidOrder> {
        if self.lines.is_empty() {
            return Err(InvalidOrder::Empty);
        }
        if self.lines.len() > MAX_LINES {
            return Err(InvalidOrder::TooManyLines(self.lines.len()));
        }
        if let Some(recipient) = &self.deliver_to {
            recipient.check()?;
        }
        Ok(self.check_texts()?)
    }

    /// Checks every name and every id.
    fn check_texts(&self) -> Result<(), InvalidText> {
        let of_lines = self
            .lines
            .iter()
            .flat_map(|line| [("productId", &line.product_id), ("productName", &line.name)]);
        let of_order = [("customerId", &self.customer_id), ("storeId", &self.store_id)];
        of_lines
            .chain(of_order)
            .filter_map(|(field, text)| Some((field, text.as_deref()?)))
            .try_for_each(|(field, text)| check_text(field, text))
    }

    /// Fills in what was left out, applies the prices of `list`, and computes the total.
    ///
    /// # Errors
    /// When the request is invalid.
    pub fn into_basket(self, list: &PriceList) -> Result<Basket, InvalidOrder> {
        self.check()?;
        let customer_id = self.customer_id().to_owned();
        let lines: Vec<OrderLine> = self
            .lines
            .into_iter()
            .zip(1..)
            .map(|(line, number)| line.into_order_line(number, list))
            .collect::<Result<_, _>>()?;
        let items: u64 = lines
            .iter()
            .map(|line| u64::from(line.qty) * line.unit_price)
            .sum();
        if items == 0 {
            return Err(InvalidOrder::Free);
        }
        let store = &list.store;
        if items < store.minimum_order {
            return Err(InvalidOrder::BelowMinimum {
                store_id: store.store_id.clone(),
                minimum: store.minimum_order,
                items,
            });
        }
        if let Some(told) = self.delivery_fee.filter(|told| *told != store.delivery_fee) {
            return Err(InvalidOrder::FeeChanged {
                told,
                fee: store.delivery_fee,
            });
        }
        Ok(Basket {
            customer_id,
            store_id: store.store_id.clone(),
            lines,
            delivery_fee: store.delivery_fee,
            store_version: store.version,
            amount: items + store.delivery_fee,
        })
    }
}

impl OrderRequestLine {
    fn into_order_line(self, line: usize, list: &PriceList) -> Result<OrderLine, InvalidOrder> {
        let product_id = self.product_id;
        let product_name = self
            .name
            .or_else(|| product_id.clone())
            .ok_or(InvalidOrder::Nameless { line })?;
        let qty = self.qty.unwrap_or(1);
        if qty == 0 || qty > MAX_QUANTITY {
            return Err(InvalidOrder::Quantity {
                name: product_name,
                qty,
            });
        }
        // Everybody reads the name that its owner gives it, however it was asked for.
        let (product_name, unit_price) = if let Some(id) = &product_id {
            let (product, price) = list.product(id)?;
            (product.name.clone().unwrap_or(product_name), price)
        } else {
            let dish = list.dish(&product_name)?;
            (dish.name.clone(), dish.price)
        };
        // The customer does not set the price, and never pays another price than the expected one.
        if let Some(told) = self.unit_price.filter(|told| *told != unit_price) {
            return Err(InvalidOrder::PriceChanged {
                name: product_name,
                told,
                price: unit_price,
            });
        }
        if unit_price > MAX_PRICE {
            return Err(InvalidOrder::Price {
                name: product_name,
                price: unit_price,
            });
        }
        Ok(OrderLine {
            product_id,
            product_name,
            qty,
            unit_price,
        })
    }
}

#[cfg(test)]
mod tests;
