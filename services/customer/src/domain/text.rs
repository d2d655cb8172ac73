//! The words of each message, in Korean and in English.

use fdp_contracts::{Language, OrderSnapshot, OrderState, won};

/// The same words in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// 한국어.
    pub korean: String,
    /// English.
    pub english: String,
}

impl Text {
    /// The words in one language.
    pub fn in_language(&self, language: Language) -> &str {
        language.pick(&self.korean, &self.english)
    }
}

/// The words about the latest change of `order`.
pub(super) fn text(order: &OrderSnapshot) -> Text {
    let Text {
        korean: ordered_ko,
        english: ordered_en,
    } = ordered(order);
    let amount = won(order.amount);
    let (korean, english) = match order.state {
        OrderState::Placed => (
            format!("주문됨: {ordered_ko}, {amount}이 결제되었습니다. 상점에 주문을 전했습니다."),
            format!("Order placed: {ordered_en}, {amount} paid. The store has been told."),
        ),
        OrderState::Accepted => (
            format!("상점에서 주문을 수락했습니다: {ordered_ko}"),
            format!("The store has accepted your order: {ordered_en}"),
        ),
        OrderState::Cooking => (
            format!("요리시작됨: {ordered_ko}"),
            format!("Your order is being cooked: {ordered_en}"),
        ),
        OrderState::OnTheWay => (
            format!("배달출발함: 라이더가 출발했습니다 ({ordered_ko})."),
            format!("Delivery started: the rider is on the way with {ordered_en}."),
        ),
        OrderState::Delivered => (
            format!("배달완료됨: {ordered_ko}. 맛있게 드세요!"),
            format!("Delivered: {ordered_en}. Enjoy your meal!"),
        ),
        OrderState::Rejected => {
            let because = reason(order);
            (
                format!("주문을 받을 수 없습니다: {ordered_ko}{because}. 결제 {amount}은 환불됩니다."),
                format!(
                    "Your order was not accepted: {ordered_en}{because}. Your payment of {amount} is refunded."
                ),
            )
        }
        OrderState::Cancelled => {
            let because = reason(order);
            (
                format!("주문취소됨: {ordered_ko}{because}. 결제 {amount}은 환불됩니다."),
                format!("Order cancelled: {ordered_en}{because}. Your payment of {amount} is refunded."),
            )
        }
    };
    Text { korean, english }
}

/// The order's first line, and how many more there are.
fn ordered(order: &OrderSnapshot) -> Text {
    let Some(first) = order.lines.first() else {
        return Text {
            korean: "주문".to_owned(),
            english: "your order".to_owned(),
        };
    };
    let (name, quantity) = (&first.product_name, first.qty);
    match order.lines.len() - 1 {
        0 => Text {
            korean: format!("{name} {quantity}개"),
            english: format!("{quantity} × {name}"),
        },
        more => Text {
            korean: format!("{name} {quantity}개 외 {more}건"),
            english: format!("{quantity} × {name} and {more} more"),
        },
    }
}

fn reason(order: &OrderSnapshot) -> String {
    order
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(" ({reason})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use fdp_contracts::{GLOSSARY, OrderId, OrderLine};

    fn order(state: OrderState, names: &[&str]) -> OrderSnapshot {
        OrderSnapshot {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: names
                .iter()
                .map(|name| OrderLine {
                    product_id: None,
                    product_name: (*name).to_owned(),
                    qty: 2,
                    unit_price: 10_000,
                })
                .collect(),
            amount: 1_234_000,
            delivery_fee: 0,
            store_version: None,
            state,
            reason: Some("sold out".into()),
            version: 3,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        }
    }

    fn korean(english: &str) -> &'static str {
        GLOSSARY
            .iter()
            .find(|term| term.english == english)
            .unwrap()
            .korean
    }

    #[test]
    fn each_text_uses_the_words_of_the_glossary() {
        for (state, term) in [
            (OrderState::Placed, "OrderPlaced"),
            (OrderState::Accepted, "Store"),
            (OrderState::Cooking, "CookingStarted"),
            (OrderState::OnTheWay, "DeliveryStarted"),
            (OrderState::Delivered, "Delivered"),
            (OrderState::Rejected, "Order"),
            (OrderState::Cancelled, "OrderCancelled"),
        ] {
            let text = text(&order(state, &["통닭"]));
            assert!(text.korean.contains(korean(term)), "{state:?}: {}", text.korean);
            assert!(text.korean.contains("통닭 2개"), "{}", text.korean);
            assert!(text.english.contains("2 × 통닭"), "{}", text.english);
        }
    }

    #[test]
    fn no_two_states_have_the_same_text() {
        let texts = OrderState::ALL.map(|state| text(&order(state, &["통닭"])));
        for (index, text) in texts.iter().enumerate() {
            assert!(!texts[..index].contains(text), "{text:?}");
        }
    }

    #[test]
    fn the_text_of_a_rejected_or_cancelled_order_has_reason_and_refund() {
        for state in [OrderState::Rejected, OrderState::Cancelled] {
            let text = text(&order(state, &["TV", "통닭"]));
            for words in ["sold out", "₩1,234,000"] {
                assert!(
                    text.korean.contains(words) && text.english.contains(words),
                    "{text:?}"
                );
            }
            assert!(
                text.korean.contains("외 1건") && text.english.contains("and 1 more"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn amounts_are_written_with_separators() {
        for (amount, text) in [
            (0, "₩0"),
            (999, "₩999"),
            (1000, "₩1,000"),
            (12_345_678, "₩12,345,678"),
        ] {
            assert_eq!(won(amount), text);
        }
    }
}
