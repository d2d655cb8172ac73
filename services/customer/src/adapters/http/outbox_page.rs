//! The local outbox as a page: each message in the reader's language, and whether it was sent.

use crate::domain::{Language, Notification, SendState};
use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::TimeDelta;
use fdp_http::Problem;

/// Korea's offset from UTC; it has no daylight saving time.
const KOREA: TimeDelta = TimeDelta::hours(9);
/// Allows only the shop's style sheet and icon.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'none'";

/// The page at `/notifications`.
#[derive(Template)]
#[template(path = "outbox.html")]
struct OutboxPage {
    language: Language,
    words: &'static Words,
    /// The page's own query without the language.
    query: String,
    messages: Vec<Entry>,
}

/// A message as it is shown.
struct Entry {
    order_id: String,
    customer_id: String,
    text: String,
    sending: &'static str,
    sign: &'static str,
    label: &'static str,
    meaning: &'static str,
    reason: Option<String>,
    at: String,
    at_in_korea: String,
}

/// The page of these messages; `query` is the query of the request without the language.
pub(super) fn response(messages: Vec<Notification>, language: Language, query: String) -> Response {
    let words = Words::of(language);
    let page = OutboxPage {
        language,
        words,
        query,
        messages: messages
            .into_iter()
            .map(|message| entry(message, language))
            .collect(),
    };
    match page.render() {
        Ok(html) => {
            let mut response = Html(html).into_response();
            for (name, value) in [
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "same-origin"),
                (header::CACHE_CONTROL, "no-store"),
            ] {
                response
                    .headers_mut()
                    .insert(name, HeaderValue::from_static(value));
            }
            response
        }
        Err(error) => Problem::internal("rendering the outbox", &error).into_response(),
    }
}

fn entry(message: Notification, language: Language) -> Entry {
    let (label, meaning) = Words::of(language).sending(message.sending);
    Entry {
        order_id: message.order_id.to_string(),
        customer_id: message.customer_id,
        text: message.text.in_language(language).to_owned(),
        sending: message.sending.name(),
        sign: match message.sending {
            SendState::Local => "⌂",
            SendState::Pending | SendState::Sending => "…",
            SendState::Sent => "✓",
            SendState::Failed => "✕",
            SendState::Unknown => "?",
        },
        label,
        meaning,
        reason: message.reason,
        at: message.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        at_in_korea: (message.created_at + KOREA).format("%m-%d %H:%M").to_string(),
    }
}

/// Every word on the page in one language.
struct Words {
    brand: &'static str,
    skip: &'static str,
    shop: &'static str,
    orders: &'static str,
    messages: &'static str,
    switch: &'static str,
    lead: &'static str,
    none: &'static str,
    /// The labels and explanations of the states in [`SendState::ALL`].
    sending: [(&'static str, &'static str); 6],
}

impl Words {
    fn of(language: Language) -> &'static Self {
        language.pick(&KOREAN, &ENGLISH)
    }

    fn sending(&self, state: SendState) -> (&'static str, &'static str) {
        let index = SendState::ALL.iter().position(|it| *it == state);
        self.sending[index.unwrap_or(self.sending.len() - 1)]
    }
}

static ENGLISH: Words = Words {
    brand: "Bapsang",
    skip: "Skip to content",
    shop: "Shop",
    orders: "My orders",
    messages: "Messages",
    switch: "Language",
    lead: "One for each change of an order, the newest first, and what became of it.",
    none: "No messages yet.",
    sending: [
        ("Here only", "To be read here, and sent nowhere else."),
        ("Waiting", "It will be sent by KakaoTalk."),
        ("Being sent", "It is on its way; the answer is awaited."),
        ("Sent", "KakaoTalk has taken it."),
        ("Not sent", "It was not sent, and will not be."),
        ("Unknown", "It may have been sent or not, and is not sent again."),
    ],
};

static KOREAN: Words = Words {
    brand: "밥상",
    skip: "본문으로 건너뛰기",
    shop: "주문하기",
    orders: "내 주문",
    messages: "알림",
    switch: "언어",
    lead: "주문이 바뀔 때마다 하나씩, 최신 알림부터 발송 결과와 함께 보여 드려요.",
    none: "아직 알림이 없어요.",
    sending: [
        ("여기에만", "여기에서만 볼 수 있고 다른 곳으로는 보내지 않아요."),
        ("대기 중", "카카오톡으로 보낼 예정이에요."),
        ("발송 중", "보내는 중이고 응답을 기다리고 있어요."),
        ("발송됨", "카카오톡에 전달됐어요."),
        ("발송 실패", "보내지 못했고 다시 보내지 않아요."),
        ("알 수 없음", "보냈는지 알 수 없어서 다시 보내지 않아요."),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;
    use chrono::Utc;
    use fdp_contracts::{OrderId, OrderState};

    fn message(sending: SendState, reason: Option<&str>) -> Notification {
        Notification {
            order_id: OrderId::new(),
            version: 1,
            customer_id: "100".into(),
            state: OrderState::Placed,
            text: Text {
                korean: "주문됨: <b>통닭</b>".into(),
                english: "Order placed: <b>chicken</b>".into(),
            },
            sending,
            attempts: 1,
            attempted_at: None,
            reason: reason.map(str::to_owned),
            changed_at: Utc::now(),
            created_at: Utc::now(),
            traceparent: None,
        }
    }

    fn html(messages: Vec<Notification>, language: Language) -> String {
        let page = OutboxPage {
            language,
            words: Words::of(language),
            query: "customerId=100&".into(),
            messages: messages.into_iter().map(|one| entry(one, language)).collect(),
        };
        page.render().unwrap()
    }

    #[test]
    fn each_send_state_has_its_label_in_both_languages() {
        for (index, state) in SendState::ALL.into_iter().enumerate() {
            for language in [Language::Korean, Language::English] {
                let page = html(vec![message(state, Some("because"))], language);
                let (label, meaning) = Words::of(language).sending[index];
                for expected in [label, meaning, "because", "customerId=100"] {
                    assert!(page.contains(expected), "{expected}: {page}");
                }
                assert!(page.contains(&format!("data-sending=\"{}\"", state.name())));
                assert!(page.contains(&format!("lang=\"{}\"", language.code())));
            }
        }
        let unknown = html(vec![message(SendState::Unknown, None)], Language::English);
        assert!(unknown.contains("may have been sent or not"));
    }

    #[test]
    fn text_from_elsewhere_is_escaped() {
        let page = html(
            vec![message(SendState::Failed, Some("<i>no</i>"))],
            Language::English,
        );
        assert!(page.contains("Order placed:") && !page.contains("<b>chicken") && !page.contains("<i>no"));
    }

    #[test]
    fn an_empty_outbox_has_a_text_of_its_own() {
        assert!(html(vec![], Language::Korean).contains(KOREAN.none));
    }
}
