//! The shop: the dishes of stores, and products, to choose from.

use super::again::Again;
use super::frame::Frame;
use super::message::Message;
use super::offer::Offer;
use super::order_form::{self, Chosen};
use super::text::Text;
use crate::domain::assortment::Assortment;
use crate::domain::{Recipient, menu};
use askama::Template;
use fdp_contracts::{ProductSnapshot, StoreSnapshot, won};
use std::collections::BTreeMap;

/// The page at `/`.
#[derive(Debug, Template)]
#[template(path = "shop.html")]
pub(super) struct ShopPage {
    frame: Frame,
    stores: Vec<Store>,
    products: Vec<Offer>,
    recipient: Recipient,
    key: String,
    notice: Option<Notice>,
}

/// What the page says above the form.
#[derive(Debug)]
pub(super) struct Notice {
    /// Why the order was not placed, or cannot be.
    pub(super) message: Message,
    /// When the page sends it again by itself.
    pub(super) again: Option<Again>,
}

/// A store and its menu.
#[derive(Debug)]
struct Store {
    name: String,
    is_open: bool,
    /// What an order has to come to, and what its delivery costs; empty if it is free and may be as small as one likes.
    terms: String,
    fee_field: String,
    delivery_fee: u64,
    dishes: Vec<Offer>,
}

impl ShopPage {
    /// The shop with everything that it offers, the quantities that were already `chosen`, the `key` that makes a
    /// repeated submission the same order, and a notice to show.
    pub(super) fn new(
        frame: Frame,
        assortment: &Assortment,
        chosen: &Chosen,
        key: String,
        notice: Option<Notice>,
    ) -> Self {
        let store = |store: &StoreSnapshot| Store {
            name: store.name.clone(),
            is_open: assortment.is_open(store),
            terms: terms(store, frame.text),
            fee_field: order_form::fee_field(&store.store_id),
            delivery_fee: store.delivery_fee,
            dishes: menu::dishes(store)
                .map(|dish| Offer::of_dish(dish, assortment, &frame, chosen))
                .collect(),
        };
        let product = |product: &ProductSnapshot| Offer::of_product(product, assortment, frame.text, chosen);
        Self {
            stores: assortment.stores.iter().map(store).collect(),
            products: assortment.products.iter().map(product).collect(),
            recipient: Recipient::default(),
            frame,
            key,
            notice,
        }
    }

    /// The same page with whom the order goes to, as the customer has entered it.
    pub(super) fn with_recipient(self, recipient: Recipient) -> Self {
        Self { recipient, ..self }
    }

    fn chosen_total(&self) -> String {
        let dishes = self.stores.iter().flat_map(|store| &store.dishes);
        let offers = dishes.chain(&self.products).filter(|offer| offer.chosen > 0);
        let mut fees = BTreeMap::new();
        let items = offers
            .map(|offer| {
                fees.insert(&offer.store_id, offer.delivery_fee);
                offer.price.saturating_mul(offer.chosen.into())
            })
            .fold(0, u64::saturating_add);
        won(fees.into_values().fold(items, u64::saturating_add))
    }
}

fn terms(store: &StoreSnapshot, text: &Text) -> String {
    let said = [
        (store.minimum_order, text.minimum_order),
        (store.delivery_fee, text.delivery_fee),
    ];
    let said = said.into_iter().filter(|(amount, _)| *amount > 0);
    let said: Vec<String> = said
        .map(|(amount, label)| format!("{label} {}", won(amount)))
        .collect();
    said.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Language, fixtures};
    use chrono::Utc;

    fn shop(stock: u64) -> Assortment {
        Assortment {
            stores: vec![
                fixtures::store("1", "통닭집"),
                fixtures::store("2", "<b>피자</b>"),
            ],
            products: vec![ProductSnapshot {
                product_id: "1001".into(),
                store_id: "1".into(),
                product_name: "<b>TV</b>".into(),
                stock,
                unit_price: None,
                changed_at: Utc::now(),
            }],
            product_price: 10_000,
            now: Utc::now(),
        }
    }

    fn html(language: Language, assortment: &Assortment, chosen: &Chosen, notice: Option<Notice>) -> String {
        let frame = Frame::new(language, "/");
        ShopPage::new(frame, assortment, chosen, "the-key".into(), notice)
            .render()
            .unwrap()
    }

    fn plain(language: Language, assortment: &Assortment) -> String {
        html(language, assortment, &Chosen::new(), None)
    }

    /// The tag of a form field of a page.
    fn field<'a>(page: &'a str, name: &str) -> &'a str {
        let (_, rest) = page.split_once(&format!("<input id=\"{name}\"")).unwrap();
        rest.split_once('>').unwrap().0
    }

    #[test]
    fn the_shop_shows_stores_prices_and_stock_in_both_languages() {
        let english = plain(Language::English, &shop(95));
        for expected in [
            "lang=\"en\"",
            "통닭집",
            "Whole fried chicken",
            "Fried whole in an iron pot",
            "₩18,000",
            "95 in stock",
            "value=\"the-key\"",
            "name=\"price-dish-1-chicken\" value=\"18000\"",
            "name=\"price-product-1001\" value=\"10000\"",
        ] {
            assert!(english.contains(expected), "{expected}");
        }
        let korean = plain(Language::Korean, &shop(95));
        for expected in ["lang=\"ko\"", "통닭", "가마솥에 통째로 튀긴 닭", "재고 95개"] {
            assert!(korean.contains(expected), "{expected}");
        }
    }

    #[test]
    fn a_dish_without_english_words_or_picture_has_its_korean_name_and_the_generic_picture() {
        let mut one = shop(1);
        one.stores.truncate(1);
        one.stores[0].menu.remove(0);
        one.stores[0].menu[0].available = true;
        one.products.clear();
        let page = plain(Language::English, &one);
        assert!(page.contains("왕만두") && page.contains("손으로 빚은 만두 여섯 개"));
        assert!(page.contains("href=\"#box\"") && !page.contains("href=\"#mandu\""));
    }

    #[test]
    fn what_is_sold_out_cannot_be_chosen_and_of_a_closed_store_nothing() {
        let mut shop = shop(5);
        let page = plain(Language::English, &shop);
        assert!(page.contains("Sold out") && !page.contains("Closed"));
        assert!(!field(&page, "dish-1-chicken").contains("disabled"));
        assert!(field(&page, "dish-1-mandu").contains("max=\"0\""));
        assert!(field(&page, "dish-1-mandu").contains("disabled"));
        shop.stores[1].open = false;
        let chosen = Chosen::from([("dish-2-chicken".to_owned(), 2)]);
        let page = html(Language::English, &shop, &chosen, None);
        assert!(page.contains("Closed"));
        assert!(field(&page, "dish-2-chicken").contains("value=\"0\""));
        assert!(field(&page, "dish-2-chicken").contains("disabled"));
        assert!(!field(&page, "dish-1-chicken").contains("disabled"));
        assert!(!field(&page, "product-1001").contains("disabled"));
    }

    #[test]
    fn products_are_those_of_the_first_store_and_closed_with_it() {
        let mut shop = shop(5);
        shop.stores[0].open = false;
        let page = plain(Language::English, &shop);
        assert!(field(&page, "product-1001").contains("disabled"));
        assert_eq!(page.matches("Closed").count(), 2, "the store and its products");
    }

    #[test]
    fn while_no_store_has_told_what_it_offers_the_menu_is_on_its_way() {
        for (language, sentence) in [
            (Language::English, "The menu is on its way, and here in a moment."),
            (
                Language::Korean,
                "메뉴를 가져오고 있어요. 잠시 후 여기에 보여 드릴게요.",
            ),
        ] {
            assert!(!plain(language, &shop(1)).contains(sentence));
            assert!(plain(language, &Assortment::default()).contains(sentence));
        }
    }

    #[test]
    fn a_problem_is_shown_and_chosen_quantities_are_kept() {
        let chosen = Chosen::from([("dish-1-chicken".to_owned(), 2)]);
        let notice = |again| {
            Some(Notice {
                message: Message::PaymentBusy,
                again,
            })
        };
        let page = html(Language::English, &shop(1), &chosen, notice(None));
        assert!(page.contains("So many are paying") && !page.contains("id=\"again\""));
        assert!(page.contains("₩36,000"));
        let again = Again {
            seconds: 3,
            attempt: 2,
        };
        let page = html(Language::English, &shop(1), &chosen, notice(Some(again)));
        assert!(page.contains("data-seconds=\"3\"") && page.contains("name=\"again\" value=\"2\""));
    }

    #[test]
    fn a_store_says_what_it_asks_for_and_the_total_includes_its_delivery_once() {
        let mut shop = shop(5);
        assert!(!plain(Language::English, &shop).contains("id=\"terms"));
        shop.stores[0].minimum_order = 12_000;
        shop.stores[0].delivery_fee = 3_000;
        let chosen = Chosen::from([("dish-1-chicken".to_owned(), 2), ("product-1001".to_owned(), 1)]);
        let page = html(Language::English, &shop, &chosen, None);
        for expected in [
            "Minimum order ₩12,000 · Delivery fee ₩3,000",
            "name=\"fee-1\" value=\"3000\"",
            "₩49,000",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        let korean = plain(Language::Korean, &shop);
        assert!(
            korean.contains("최소 주문 금액 ₩12,000 · 배달비 ₩3,000"),
            "{korean}"
        );
    }

    #[test]
    fn what_was_entered_about_the_recipient_is_kept_and_escaped() {
        let page = ShopPage::new(
            Frame::new(Language::Korean, "/"),
            &shop(1),
            &Chosen::new(),
            "k".into(),
            None,
        );
        let recipient = Recipient {
            name: "김\"철수".into(),
            address: "<b>서울</b>".into(),
            phone: "010-1234-5678".into(),
            note: "문 앞에".into(),
        };
        let page = page.with_recipient(recipient).render().unwrap();
        assert!(page.contains("배달받을 곳") && page.contains("라이더에게 남길 말"));
        assert!(field(&page, "recipient-phone").contains("value=\"010-1234-5678\""));
        assert!(field(&page, "recipient-note").contains("value=\"문 앞에\""));
        assert!(!page.contains("<b>서울") && !page.contains("김\"철수"));
        let empty = plain(Language::English, &shop(1));
        assert!(field(&empty, "recipient-address").contains("value=\"\""));
        assert!(
            !field(&empty, "recipient-address").contains("required"),
            "nobody has to say it"
        );
    }

    #[test]
    fn names_from_elsewhere_are_escaped() {
        let page = plain(Language::English, &shop(0));
        assert!(!page.contains("<b>TV") && !page.contains("<b>피자"));
        assert!(page.contains("Sold out"));
    }
}
