//! The basket: what a customer chose, at the prices that the page showed.

use super::menu::MENU;
use fdp_contracts::{OrderLine, ProductSnapshot};

/// The highest quantity of one item.
pub const MAX_QUANTITY: u32 = 99;

/// A basket that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    lines: Vec<OrderLine>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemId<'a> {
    /// The dish of the menu with this id.
    Dish(&'a str),
    /// The product with this id.
    Product(&'a str),
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
    /// Something costs another price than the page showed.
    #[error("something costs another price than the page showed")]
    PriceChanged,
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
    /// The basket of `choices`, in their order. Dishes have the prices of the menu, and products their own or else
    /// `product_price` won. Choices with the quantity 0 are left out.
    ///
    /// # Errors
    /// See [`BasketError`].
    pub fn of<'a>(
        choices: impl IntoIterator<Item = Result<Choice<'a>, BasketError>>,
        products: &[ProductSnapshot],
        product_price: u64,
    ) -> Result<Self, BasketError> {
        let mut lines = Vec::new();
        for choice in choices {
            let choice = choice?;
            if choice.quantity == 0 {
                continue;
            }
            let line = match choice.item {
                ItemId::Dish(id) => dish_line(id, choice.quantity),
                ItemId::Product(id) => product_line(id, choice.quantity, products, product_price),
            };
            let line = line.ok_or(BasketError::NotOffered)?;
            if !choice.shown_price.allows(line.unit_price) {
                return Err(BasketError::PriceChanged);
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(BasketError::Empty);
        }
        Ok(Self { lines })
    }

    /// What to order.
    pub fn lines(&self) -> &[OrderLine] {
        &self.lines
    }
}

fn dish_line(id: &str, qty: u32) -> Option<OrderLine> {
    let dish = MENU.iter().find(|dish| dish.id == id)?;
    Some(OrderLine {
        product_id: None,
        product_name: dish.korean.to_owned(),
        qty,
        unit_price: dish.price,
    })
}

fn product_line(id: &str, qty: u32, products: &[ProductSnapshot], price: u64) -> Option<OrderLine> {
    let product = products.iter().find(|product| product.product_id == id)?;
    Some(OrderLine {
        product_id: Some(product.product_id.clone()),
        product_name: product.product_name.clone(),
        qty,
        unit_price: product.unit_price.unwrap_or(price),
    })
}
