//! The shop: dishes and products to choose from.

use super::again::Again;
use super::frame::Frame;
use super::order_form::{self, Chosen};
use crate::domain::basket::MAX_QUANTITY;
use crate::domain::menu::MENU;
use askama::Template;
use fdp_contracts::{ProductSnapshot, won};

/// The page at `/`.
#[derive(Debug, Template)]
#[template(path = "shop.html")]
pub(super) struct ShopPage {
    frame: Frame,
    dishes: Vec<Offer>,
    products: Vec<Offer>,
    key: String,
    notice: Option<Notice>,
}

/// What the page says above the form.
#[derive(Debug)]
pub(super) struct Notice {
    /// Why the order was not placed.
    pub(super) message: String,
    /// When the page sends it again by itself.
    pub(super) again: Option<Again>,
}

/// Something that can be chosen.
#[derive(Debug)]
struct Offer {
    field: String,
    price_field: String,
    icon: &'static str,
    name: String,
    about: String,
    price: u64,
    price_text: String,
    max_quantity: u32,
    chosen: u32,
}

impl ShopPage {
    /// The shop with its products at their own prices or else `product_price` won each, the quantities that were
    /// already `chosen`, the `key` that makes a repeated submission the same order, and a notice to show.
    pub(super) fn new(
        frame: Frame,
        products: &[ProductSnapshot],
        product_price: u64,
        chosen: &Chosen,
        key: String,
        notice: Option<Notice>,
    ) -> Self {
        let offer = |field: String, icon, name: &str, about: String, price, max_quantity| Offer {
            chosen: chosen.get(&field).copied().unwrap_or(0).min(max_quantity),
            price_field: order_form::price_field(&field),
            field,
            icon,
            name: name.to_owned(),
            about,
            price,
            price_text: won(price),
            max_quantity,
        };
        let dishes = MENU.iter().map(|dish| {
            offer(
                order_form::dish_field(dish.id),
                dish.id,
                dish.name(frame.language),
                dish.about(frame.language).to_owned(),
                dish.price,
                MAX_QUANTITY,
            )
        });
        let text = frame.text;
        let products = products.iter().map(|product| {
            let about = if product.stock == 0 {
                text.sold_out.to_owned()
            } else {
                format!("{}{}{}", text.stock_before, product.stock, text.stock_after)
            };
            offer(
                order_form::product_field(&product.product_id),
                "box",
                &product.product_name,
                about,
                product.unit_price.unwrap_or(product_price),
                u32::try_from(product.stock).map_or(MAX_QUANTITY, |stock| stock.min(MAX_QUANTITY)),
            )
        });
        Self {
            dishes: dishes.collect(),
            products: products.collect(),
            frame,
            key,
            notice,
        }
    }

    fn chosen_total(&self) -> String {
        let offers = self.dishes.iter().chain(&self.products);
        won(offers.map(|offer| u64::from(offer.chosen) * offer.price).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use chrono::Utc;

    fn product(name: &str, stock: u64) -> ProductSnapshot {
        ProductSnapshot {
            product_id: "1001".into(),
            product_name: name.into(),
            stock,
            unit_price: None,
            changed_at: Utc::now(),
        }
    }

    fn html(
        language: Language,
        products: &[ProductSnapshot],
        chosen: &Chosen,
        notice: Option<Notice>,
    ) -> String {
        let frame = Frame::new(language, "/");
        ShopPage::new(frame, products, 10_000, chosen, "the-key".into(), notice)
            .render()
            .unwrap()
    }

    #[test]
    fn the_shop_shows_prices_and_stock_in_both_languages() {
        let english = html(Language::English, &[product("TV", 95)], &Chosen::new(), None);
        for expected in [
            "lang=\"en\"",
            "Whole fried chicken",
            "₩18,000",
            "95 in stock",
            "value=\"the-key\"",
            "name=\"price-product-1001\" value=\"10000\"",
        ] {
            assert!(english.contains(expected), "{expected}");
        }
        let korean = html(Language::Korean, &[product("TV", 95)], &Chosen::new(), None);
        for expected in ["lang=\"ko\"", "통닭", "재고 95개"] {
            assert!(korean.contains(expected), "{expected}");
        }
    }

    #[test]
    fn a_problem_is_shown_and_chosen_quantities_are_kept() {
        let chosen = Chosen::from([("dish-chicken".to_owned(), 2)]);
        let notice = |again| {
            let message = "no way".to_owned();
            Some(Notice { message, again })
        };
        let page = html(Language::English, &[], &chosen, notice(None));
        assert!(page.contains("no way") && !page.contains("id=\"again\""));
        assert!(page.contains("₩36,000"));
        let again = Again {
            seconds: 3,
            attempt: 2,
        };
        let page = html(Language::English, &[], &chosen, notice(Some(again)));
        assert!(page.contains("data-seconds=\"3\"") && page.contains("name=\"again\" value=\"2\""));
    }

    #[test]
    fn names_from_elsewhere_are_escaped() {
        let page = html(
            Language::English,
            &[product("<b>TV</b>", 0)],
            &Chosen::new(),
            None,
        );
        assert!(!page.contains("<b>TV"));
        assert!(page.contains("Sold out"));
    }
}
