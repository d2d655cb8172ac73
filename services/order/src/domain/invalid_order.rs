//! The limits of an order, and the errors of requests that exceed them.

use crate::domain::InvalidRecipient;
use chrono::{DateTime, FixedOffset, Utc};
use fdp_contracts::InvalidText;

/// The most lines of one order.
pub(super) const MAX_LINES: usize = 100;
/// The highest quantity of one line.
pub(super) const MAX_QUANTITY: u32 = 1_000;
/// In won. With the two limits above, no total can overflow.
pub(super) const MAX_PRICE: u64 = 1_000_000_000;

/// Why a request is invalid, in words for the customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrder {
    /// The request has no lines.
    #[error("nothing is ordered: send an item, a productName, a productId, or lines with them")]
    Empty,
    /// The request has too many lines.
    #[error("an order has at most {MAX_LINES} lines, and this one has {0}")]
    TooManyLines(usize),
    /// A line has neither a name nor an id.
    #[error("line {line} names nothing: it needs an item, a productName or a productId")]
    Nameless {
        /// Counted from 1.
        line: usize,
    },
    /// The quantity is 0 or too high.
    #[error("qty of '{name}' is {qty}; it has to be 1 to {MAX_QUANTITY}")]
    Quantity {
        /// The name of the product or dish.
        name: String,
        /// The requested quantity.
        qty: u32,
    },
    /// The price is too high.
    #[error("unitPrice of '{name}' is {price} won; it can be at most {MAX_PRICE}")]
    Price {
        /// The name of the product or dish.
        name: String,
        /// In won.
        price: u64,
    },
    /// The customer expects another price than the current one.
    #[error("'{name}' costs {price} won now, not {told}; order again with that unitPrice, or with none")]
    PriceChanged {
        /// The name of the product or dish.
        name: String,
        /// The price in the request, in won.
        told: u64,
        /// The current price, in won.
        price: u64,
    },
    /// The customer expects another delivery fee than the current one.
    #[error("delivery costs {fee} won now, not {told}; order again with that deliveryFee, or with none")]
    FeeChanged {
        /// The fee in the request, in won.
        told: u64,
        /// The current fee, in won.
        fee: u64,
    },
    /// There is no such store.
    #[error("there is no store '{0}'; GET /stores has those that there are")]
    UnknownStore(String),
    /// There is no such product.
    #[error("there is no product '{0}'; GET /inventories has those that there are")]
    UnknownProduct(String),
    /// Another store than that of the order sells it.
    #[error(
        "store {seller} sells product {product_id}, and not store {store_id}; one order is for one store"
    )]
    OtherStore {
        /// The product.
        product_id: String,
        /// The store that sells it.
        seller: String,
        /// The store of the order.
        store_id: String,
    },
    /// The store takes no orders now.
    #[error("store {store_id} is closed{}", opens(.until.as_ref()))]
    Closed {
        /// The store.
        store_id: String,
        /// When it opens, in its own time; `None` if that is up to its owner.
        until: Option<DateTime<FixedOffset>>,
    },
    /// The store does not offer it.
    #[error("store {store_id} does not offer '{name}'; GET /stores/{store_id}/menu has what it offers")]
    UnknownDish {
        /// As the customer named it.
        name: String,
        /// The store.
        store_id: String,
    },
    /// The store offers it, but not now.
    #[error("'{name}' is sold out{}", again(.until.as_ref()))]
    SoldOut {
        /// The name of the dish.
        name: String,
        /// When it can be ordered again; `None` if its owner has not said.
        until: Option<DateTime<Utc>>,
    },
    /// The items of the order cost less than the store delivers.
    #[error(
        "store {store_id} delivers from {minimum} won, and this order has items for {items}; add something"
    )]
    BelowMinimum {
        /// The store.
        store_id: String,
        /// In won, without the delivery.
        minimum: u64,
        /// What the items cost, in won.
        items: u64,
    },
    /// A name or an id is invalid.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Nothing can be delivered there.
    #[error(transparent)]
    Recipient(#[from] InvalidRecipient),
    /// The whole order costs nothing, so it cannot be paid.
    #[error("the whole order costs 0 won; an order has to cost something")]
    Free,
}

fn opens(until: Option<&DateTime<FixedOffset>>) -> String {
    until.map_or_else(
        || " by its owner for the moment".to_owned(),
        |until| format!(" until {}", until.to_rfc3339()),
    )
}

fn again(until: Option<&DateTime<Utc>>) -> String {
    until.map_or_else(String::new, |until| format!(" until {}", until.to_rfc3339()))
}

impl InvalidOrder {
    /// Whether the same request would be valid if an event that may be on its way had arrived: somebody has just registered it.
    pub fn may_be_too_early(&self) -> bool {
        matches!(self, Self::UnknownStore(_) | Self::UnknownProduct(_))
    }

    /// Whether the same request would be valid at other prices, or with other things on offer.
    pub fn depends_on_prices(&self) -> bool {
        matches!(
            self,
            Self::Price { .. }
                | Self::PriceChanged { .. }
                | Self::FeeChanged { .. }
                | Self::UnknownStore(_)
                | Self::UnknownProduct(_)
                | Self::OtherStore { .. }
                | Self::Closed { .. }
                | Self::UnknownDish { .. }
                | Self::SoldOut { .. }
                | Self::BelowMinimum { .. }
                | Self::Free
        )
    }
}
