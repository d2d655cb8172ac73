//! Why an order was rejected, for its customer: what our services say is translated, the words of people are quoted.

use super::text::Text;
use crate::domain::usual_reason::UsualReason;

/// A reason to show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// In the reader's language, or in that of the store.
    pub(super) words: String,
    /// Whether these are the words of the store.
    pub(super) is_quoted: bool,
}

impl Reason {
    /// The reason that an order's event carries.
    pub(super) fn of(text: &Text, given: &str) -> Self {
        let translated = translate(text, given);
        Self {
            is_quoted: translated.is_none(),
            words: translated.unwrap_or_else(|| given.to_owned()),
        }
    }
}

/// What one of our services said, in another language; `None` for everything else.
fn translate(text: &Text, given: &str) -> Option<String> {
    if let Some(usual) = UsualReason::of_words(given) {
        return Some(text.work.usual_reason(usual).to_owned());
    }
    let whole = match given {
        "the store cannot take it" => text.reason_cannot,
        "the store did not accept the order in time" => text.reason_not_in_time,
        "something on it is sold out" | "sold out" => text.reason_something_sold_out,
        "the store is closed" | "closed" => text.reason_closed,
        // The stock names everything that is short.
        _ => {
            let shortages = given.split("; ").map(|part| shortage(text, part));
            return shortages.collect::<Option<Vec<_>>>().map(|all| all.join(" "));
        }
    };
    Some(whole.to_owned())
}

fn shortage(text: &Text, given: &str) -> Option<String> {
    if let Some(name) = given.strip_prefix("there is no product ") {
        return Some(text.reason_no_product.replace("{name}", name));
    }
    if let Some(name) = given.strip_suffix(" is sold out") {
        return Some(text.reason_sold_out.replace("{name}", name));
    }
    let (name, numbers) = given.rsplit_once(" is out of stock: ")?;
    let (ordered, left) = numbers.strip_suffix(" left")?.split_once(" ordered, ")?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    // The name comes last: whatever it holds, it is not replaced.
    (is_number(ordered) && is_number(left)).then(|| {
        text.reason_out_of_stock
            .replace("{ordered}", ordered)
            .replace("{left}", left)
            .replace("{name}", name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    fn korean(given: &str) -> (String, bool) {
        let reason = Reason::of(Text::of(Language::Korean), given);
        (reason.words, reason.is_quoted)
    }

    #[test]
    fn what_our_services_say_is_translated() {
        for (given, expected) in [
            (
                "the store did not accept the order in time",
                "상점이 제때 주문을 받지 않았어요.",
            ),
            (
                "something on it is sold out",
                "주문한 것 중에 품절된 것이 있어요.",
            ),
            ("TV is sold out", "TV: 품절됐어요."),
            ("an ingredient has run out", "재료가 떨어졌어요."),
            (
                "TV is out of stock: 3 ordered, 2 left; there is no product 9",
                "TV: 재고가 모자라요. 주문 3개, 남은 재고 2개. 9번 상품은 더는 팔지 않아요.",
            ),
            (
                "A {left} is out of stock: 1 ordered, 0 left",
                "A {left}: 재고가 모자라요. 주문 1개, 남은 재고 0개.",
            ),
        ] {
            assert_eq!(korean(given), (expected.to_owned(), false));
        }
    }

    #[test]
    fn the_words_of_a_store_are_quoted_as_they_are() {
        for given in [
            "the oven broke",
            "오븐이 고장났어요",
            "TV is out of stock: some ordered, none left",
            "TV is sold out; sorry",
        ] {
            assert_eq!(korean(given), (given.to_owned(), true));
        }
    }
}
