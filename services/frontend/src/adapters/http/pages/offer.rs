//! Something on the shop's page that can be chosen: a dish or a product.

use super::frame::Frame;
use super::order_form::{self, Chosen};
use super::text::Text;
use super::{dish_field, pictures};
use crate::domain::assortment::Assortment;
use crate::domain::basket::MAX_QUANTITY;
use crate::domain::menu::{Availability, Dish};
use fdp_contracts::{ProductSnapshot, won};

/// The data of a card in `templates/offer.html`.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) field: String,
    /// The store that sells it, and what its deliveries cost.
    pub(super) store_id: String,
    pub(super) delivery_fee: u64,
    pub(super) price_field: String,
    pub(super) picture: &'static str,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) price: u64,
    pub(super) price_text: String,
    /// 0 if it cannot be chosen now.
    pub(super) max_quantity: u32,
    pub(super) chosen: u32,
}

impl Offer {
    /// A dish of the assortment, with the quantity that was already chosen.
    pub(super) fn of_dish(dish: Dish<'_>, assortment: &Assortment, frame: &Frame, chosen: &Chosen) -> Self {
        let description = dish.description(frame.language).unwrap_or_default();
        let (about, max_quantity) = match dish.availability(assortment.now) {
            Availability::Available => (description, MAX_QUANTITY),
            Availability::SoldOut => (frame.text.sold_out, 0),
            // It is the store that says so, once.
            Availability::Closed => (description, 0),
        };
        let field = dish_field::name(&dish.store.store_id, &dish.item.item_id);
        Self {
            store_id: dish.store.store_id.clone(),
            delivery_fee: dish.store.delivery_fee,
            picture: pictures::symbol(dish.item.picture.as_deref()),
            name: dish.name(frame.language).to_owned(),
            about: about.to_owned(),
            ..Self::nameless(field, dish.item.price, max_quantity, chosen)
        }
    }

    /// A product of the assortment, with the quantity that was already chosen.
    pub(super) fn of_product(
        product: &ProductSnapshot,
        assortment: &Assortment,
        text: &Text,
        chosen: &Chosen,
    ) -> Self {
        let is_sold = assortment.is_sold(product);
        let about = if !is_sold {
            text.closed.to_owned()
        } else if product.stock == 0 {
            text.sold_out.to_owned()
        } else {
            format!("{}{}{}", text.stock_before, product.stock, text.stock_after)
        };
        let stock = if is_sold { product.stock } else { 0 };
        let max_quantity = u32::try_from(stock).map_or(MAX_QUANTITY, |stock| stock.min(MAX_QUANTITY));
        let price = assortment.price_of(product);
        let field = order_form::product_field(&product.product_id);
        let store = assortment.store(&product.store_id);
        Self {
            store_id: product.store_id.clone(),
            delivery_fee: store.map_or(0, |store| store.delivery_fee),
            name: product.product_name.clone(),
            about,
            ..Self::nameless(field, price, max_quantity, chosen)
        }
    }

    fn nameless(field: String, price: u64, max_quantity: u32, chosen: &Chosen) -> Self {
        Self {
            chosen: chosen.get(&field).copied().unwrap_or(0).min(max_quantity),
            price_field: order_form::price_field(&field),
            field,
            store_id: String::new(),
            delivery_fee: 0,
            picture: pictures::GENERIC,
            name: String::new(),
            about: String::new(),
            price,
            price_text: won(price),
            max_quantity,
        }
    }
}
