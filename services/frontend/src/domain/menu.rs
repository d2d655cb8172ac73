//! The dishes of the store.

use fdp_contracts::Language;

/// The one store whose menu the shop shows.
pub const STORE_ID: &str = "1";

/// Something that the store cooks to order.
#[derive(Debug, PartialEq, Eq)]
pub struct Dish {
    /// Names it in forms and icons.
    pub id: &'static str,
    /// The name that goes on the order.
    pub korean: &'static str,
    /// Its name on English pages.
    pub english: &'static str,
    /// What is in it, in Korean and English.
    about: [&'static str; 2],
    /// Price of one, in won.
    pub price: u64,
}

/// All dishes.
pub const MENU: &[Dish] = &[
    Dish {
        id: "chicken",
        korean: "통닭",
        english: "Whole fried chicken",
        about: ["가마솥에 통째로 튀긴 닭", "Fried whole in an iron pot"],
        price: 18_000,
    },
    Dish {
        id: "bibimbap",
        korean: "비빔밥",
        english: "Bibimbap",
        about: [
            "다섯 가지 나물과 반숙 달걀",
            "Rice, five vegetables and a soft egg",
        ],
        price: 10_000,
    },
    Dish {
        id: "tteokbokki",
        korean: "떡볶이",
        english: "Tteokbokki",
        about: ["매콤달콤한 쌀떡", "Rice cakes in a sweet and hot sauce"],
        price: 7_000,
    },
    Dish {
        id: "kimchi-jjigae",
        korean: "김치찌개",
        english: "Kimchi stew",
        about: ["묵은지와 돼지고기, 두부", "Aged kimchi, pork and tofu"],
        price: 9_500,
    },
    Dish {
        id: "pajeon",
        korean: "해물파전",
        english: "Seafood pancake",
        about: ["바삭하게 부친 쪽파와 오징어", "Crisp, with scallions and squid"],
        price: 13_000,
    },
    Dish {
        id: "mandu",
        korean: "왕만두",
        english: "Dumplings",
        about: ["손으로 빚은 만두 여섯 개", "Six, folded by hand"],
        price: 8_000,
    },
];

impl Dish {
    /// Its name as a reader of `language` knows it.
    pub fn name(&self, language: Language) -> &'static str {
        language.pick(self.korean, self.english)
    }

    /// What is in it.
    pub fn about(&self, language: Language) -> &'static str {
        language.pick(self.about[0], self.about[1])
    }
}

/// The name of something on an order in the reader's language: dishes are translated, products are not.
pub fn name_of(product_name: &str, language: Language) -> &str {
    MENU.iter()
        .find(|dish| dish.korean == product_name)
        .map_or(product_name, |dish| dish.name(language))
}
