//! The basket: what a customer chose, at the prices that the page showed.

use super::assortment::Assortment;
use super::menu::{Availability, Dish};
use fdp_contracts::OrderLine;
use std::borrow::Cow;

/// The highest quantity of one item.
pub const MAX_QUANTITY: u32 = 99;

/// A basket that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    store_id: String,
    lines: Vec<OrderLine>,
    delivery_fee: u64,
}

/// An item of the shop that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// What was chosen.
    pub item: ItemId<'a>,
    /// How many.
    pub quantity: u32,
    /// The price that the page showed.
    pub shown_price: ShownPrice,
}

/// An item of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemId<'a> {
    /// A dish on the menu of a store.
    Dish {
        /// The store.
        store_id: Cow<'a, str>,
        /// The dish on its menu.
        item_id: &'a str,
    },
    /// The product with this id.
    Product(&'a str),
    /// A dish whose store the form does not say; forms of earlier releases did not.
    DishOfNoStore,
}

/// The price that a page showed for an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownPrice {
    /// The form has no price, so it does not come from our pages: any price is accepted.
    Missing,
    /// The price cannot be parsed.
    Invalid,
    /// This price, in won.
    Won(u64),
}

/// Why what was chosen cannot be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// Nothing was chosen.
    #[error("nothing was chosen")]
    Empty,
    /// A quantity is not a whole number from 0 to [`MAX_QUANTITY`].
    #[error("a quantity is not a whole number from 0 to {MAX_QUANTITY}")]
    Quantity,
    /// Something was chosen that the store does not offer (any more).
    #[error("something was chosen that the store does not offer")]
    NotOffered,
    /// Something was chosen that the store offers, but not now.
    #[error("something was chosen that is sold out")]
    SoldOut,
    /// Something was chosen of a store that is closed.
    #[error("something was chosen of a store that is closed")]
    Closed,
    /// Something costs another price than the page showed.
    #[error("something costs another price than the page showed")]
    PriceChanged,
    /// What was chosen is of more than one store.
    #[error("what was chosen is of more than one store")]
    SeveralStores,
    /// What was chosen costs less than the store delivers.
    #[error("what was chosen costs less than the store delivers")]
    BelowMinimum,
}

impl ShownPrice {
    fn allows(self, price: u64) -> bool {
        match self {
            Self::Missing => true,
            Self::Invalid => false,
            Self::Won(shown) => shown == price,
        }
    }
}

impl Basket {
    /// The basket of `choices`, in their order, at the prices of the `assortment`. Choices with the quantity 0 are left
    /// out. `shown_fee` is the delivery fee that the page showed for a store.
    ///
    /// # Errors
    /// See [`BasketError`].
    pub fn of<'a>(
        choices: impl IntoIterator<Item = Result<Choice<'a>, BasketError>>,
        shown_fee: impl FnOnce(&str) -> ShownPrice,
        assortment: &Assortment,
    ) -> Result<Self, BasketError> {
        let mut store_id = None;
        let mut lines = Vec::new();
        for choice in choices {
            let choice = choice?;
            if choice.quantity == 0 {
                continue;
            }
            let (its_store, line) = line_of(&choice, assortment)?;
            if *store_id.get_or_insert(its_store) != its_store {
                return Err(BasketError::SeveralStores);
            }
            if !choice.shown_price.allows(line.unit_price) {
                return Err(BasketError::PriceChanged);
            }
            lines.push(line);
        }
        let store_id = store_id.ok_or(BasketError::Empty)?;
        let store = assortment.store(store_id);
        let delivery_fee = store.map_or(0, |store| store.delivery_fee);
        if !shown_fee(store_id).allows(delivery_fee) {
            return Err(BasketError::PriceChanged);
        }
        let items = lines
            .iter()
            .map(|line| u64::from(line.qty).saturating_mul(line.unit_price));
        if items.fold(0, u64::saturating_add) < store.map_or(0, |store| store.minimum_order) {
            return Err(BasketError::BelowMinimum);
        }
        Ok(Self {
            store_id: store_id.to_owned(),
            lines,
            delivery_fee,
        })
    }

    /// What the delivery costs, in won.
    pub fn delivery_fee(&self) -> u64 {
        self.delivery_fee
    }

    /// The store of everything in it.
    pub fn store_id(&self) -> &str {
        &self.store_id
    }

    /// What to order.
    pub fn lines(&self) -> &[OrderLine] {
        &self.lines
    }
}

/// The store of what was chosen, and its line on the order.
fn line_of<'a>(choice: &Choice<'_>, assortment: &'a Assortment) -> Result<(&'a str, OrderLine), BasketError> {
    match &choice.item {
        ItemId::Dish { store_id, item_id } => {
            let dish = Dish::find(&assortment.stores, store_id, item_id);
            dish_line(dish.ok_or(BasketError::NotOffered)?, choice.quantity, assortment)
        }
        ItemId::Product(id) => product_line(id, choice.quantity, assortment),
        ItemId::DishOfNoStore => Err(BasketError::NotOffered),
    }
}

fn dish_line<'a>(
    dish: Dish<'a>,
    qty: u32,
    assortment: &Assortment,
) -> Result<(&'a str, OrderLine), BasketError> {
    match dish.availability(assortment.now) {
        Availability::Available => {}
        Availability::SoldOut => return Err(BasketError::SoldOut),
        Availability::Closed => return Err(BasketError::Closed),
    }
    let line = OrderLine {
        product_id: None,
        product_name: dish.item.name.clone(),
        qty,
        unit_price: dish.item.price,
    };
    Ok((&dish.store.store_id, line))
}

fn product_line<'a>(
    id: &str,
    qty: u32,
    assortment: &'a Assortment,
) -> Result<(&'a str, OrderLine), BasketError> {
    let product = assortment
        .products
        .iter()
        .find(|product| product.product_id == id)
        .ok_or(BasketError::NotOffered)?;
    if !assortment.is_sold(product) {
        return Err(BasketError::Closed);
    }
    let line = OrderLine {
        product_id: Some(product.product_id.clone()),
        product_name: product.product_name.clone(),
        qty,
        unit_price: assortment.price_of(product),
    };
    Ok((&product.store_id, line))
}
