//! The message as Kakao's default text template.

use crate::application::ports::Message;
use serde_json::{Value, json};

/// Kakao rejects longer texts.
const MAX_LENGTH: usize = 200;

/// The `template_object` of a message, with a button to the order's page if there is a `public_url`.
pub(super) fn text(message: &Message, public_url: Option<&str>) -> Value {
    let text = shortened(&message.text);
    let Some(public_url) = public_url else {
        // The link is required, but may be empty.
        return json!({"object_type": "text", "text": text, "link": {}});
    };
    let page = format!(
        "{}/shop/orders/{}",
        public_url.trim_end_matches('/'),
        message.order_id
    );
    let link = json!({"web_url": page, "mobile_web_url": page});
    let button = message.language.pick("주문 보기", "See the order");
    json!({
        "object_type": "text", "text": text, "link": link, "buttons": [{"title": button, "link": link}],
    })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_LENGTH {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MAX_LENGTH - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use fdp_contracts::OrderId;

    fn message(text: &str) -> Message {
        Message {
            receiver: "friend".into(),
            text: text.into(),
            language: Language::Korean,
            order_id: OrderId::new(),
        }
    }

    #[test]
    fn a_text_that_is_too_long_for_kakao_is_cut_between_characters() {
        let template = text(&message(&"통".repeat(201)), None);
        let cut = template["text"].as_str().unwrap();
        assert_eq!(cut.chars().count(), 200);
        assert!(cut.ends_with("통…"));
        assert_eq!(text(&message("통닭"), None)["text"], "통닭");
    }

    #[test]
    fn the_button_links_to_the_order() {
        let message = message("통닭");
        let template = text(&message, Some("https://shop.example/"));
        let page = format!("https://shop.example/shop/orders/{}", message.order_id);
        assert_eq!(template["link"]["mobile_web_url"], page);
        assert_eq!(template["buttons"][0]["title"], "주문 보기");
        assert_eq!(template["buttons"][0]["link"]["web_url"], page);
    }
}
