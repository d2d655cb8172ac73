//! The shop: dishes and products to choose from.

use super::Frame;
use super::format::won;
use crate::basket::{self, Chosen};
use crate::menu::MENU;
use askama::Template;
use fdp_contracts::ProductSnapshot;

/// The page at `/`.
#[derive(Debug, Template)]
#[template(path = "shop.html")]
pub struct ShopPage {
    frame: Frame,
    dishes: Vec<Offer>,
    products: Vec<Offer>,
    key: String,
    problem: Option<String>,
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
    most: u32,
    chosen: u32,
}

impl ShopPage {
    /// The shop with its products at their prices or `product_price` won each, what was already `chosen`, the `key` that makes a
    /// second press of the button the same order, and a problem to tell.
    pub fn new(
        frame: Frame,
        products: &[ProductSnapshot],
        product_price: u64,
        chosen: &Chosen,
        key: String,
        problem: Option<String>,
    ) -> Self {
        let offer = |field: String, icon, name: &str, about: String, price, most| Offer {
            chosen: chosen.get(&field).copied().unwrap_or(0).min(most),
            price_field: basket::price_field(&field),
            field,
            icon,
            name: name.to_owned(),
            about,
            price,
            price_text: won(price),
            most,
        };
        let dishes = MENU.iter().map(|dish| {
            offer(
                basket::dish_field(dish.id),
                dish.id,
                dish.name(frame.language),
                dish.about(frame.language).to_owned(),
                dish.price,
                basket::MOST,
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
                basket::product_field(&product.product_id),
                "box",
                &product.product_name,
                about,
                product.unit_price.unwrap_or(product_price),
                u32::try_from(product.stock).map_or(basket::MOST, |stock| stock.min(basket::MOST)),
            )
        });
        Self {
            dishes: dishes.collect(),
            products: products.collect(),
            frame,
            key,
            problem,
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
    use crate::language::Language;
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
        problem: Option<String>,
    ) -> String {
        let frame = Frame::new(language, "/");
        ShopPage::new(frame, products, 10_000, chosen, "the-key".into(), problem)
            .render()
            .unwrap()
    }

    #[test]
    fn the_shop_speaks_both_languages_and_shows_prices_and_stock() {
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
    fn a_problem_is_told_and_what_was_chosen_is_kept() {
        let chosen = Chosen::from([("dish-chicken".to_owned(), 2)]);
        let page = html(Language::English, &[], &chosen, Some("no way".into()));
        assert!(page.contains("no way"));
        assert!(page.contains("₩36,000"));
    }

    #[test]
    fn names_from_elsewhere_cannot_bring_markup_along() {
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
