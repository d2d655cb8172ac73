//! What the pages tell visitors when something did not work: each message once, in both languages.

use crate::domain::Language;
use crate::domain::basket::BasketError;
use fdp_http::Problem;

/// What the kinds of problems begin with.
const KIND: &str = "urn:fooddelivery:problem:";

/// Declares each message once: its name, the name that forms and URLs carry, and its words in English and in Korean.
macro_rules! messages {
    ($($(#[$meaning:meta])* $name:ident, $slug:literal: $english:literal, $korean:literal;)+) => {
        /// A message to a visitor.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::adapters::http::pages) enum Message {
            $($(#[$meaning])* $name,)+
        }

        impl Message {
            /// All messages.
            #[allow(dead_code, reason = "not all messages are carried by forms")]
            pub(in crate::adapters::http::pages) const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name in forms and URLs.
            #[allow(dead_code, reason = "not all messages are carried by forms")]
            pub(in crate::adapters::http::pages) fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }

            /// Its words in a language.
            pub(in crate::adapters::http::pages) fn text(self, language: Language) -> &'static str {
                match self {
                    $(Self::$name => language.pick($korean, $english),)+
                }
            }
        }
    };
}
pub(super) use messages;

messages! {
    /// No such page.
    NoSuchPage, "no-such-page":
        "There is no page at this address.",
        "이 주소에는 페이지가 없어요.";
    /// No such order, or one of somebody else.
    NoSuchOrder, "no-such-order":
        "There is no such order.",
        "그런 주문은 없어요.";
    /// Nothing was chosen.
    BasketEmpty, "basket-empty":
        "Nothing is in your basket yet. Choose how many of something you would like.",
        "아직 고른 것이 없어요. 원하는 메뉴의 수량을 골라 주세요.";
    /// A quantity is not valid.
    BasketQuantity, "basket-quantity":
        "Please choose a whole number from 0 to 99.",
        "수량은 0부터 99까지의 정수로 골라 주세요.";
    /// Not on sale any more since the page was shown.
    BasketNotOffered, "basket-not-offered":
        "Something you chose is not on sale any more. Please choose again.",
        "고르신 것 중에 더는 팔지 않는 것이 있어요. 다시 골라 주세요.";
    /// Sold out since the page was shown.
    BasketSoldOut, "basket-sold-out":
        "Something you chose is sold out. Please choose again.",
        "고르신 것 중에 품절된 것이 있어요. 다시 골라 주세요.";
    /// Its store has closed since the page was shown.
    BasketClosed, "basket-closed":
        "The store of something you chose has closed. Please choose from another store, or come back later.",
        "고르신 상점이 영업을 마쳤어요. 다른 상점에서 고르시거나 나중에 다시 와 주세요.";
    /// Things of more than one store were chosen.
    BasketSeveralStores, "basket-several-stores":
        "One order is for one store. Please order the rest separately.",
        "주문 하나에는 상점 한 곳의 메뉴와 상품만 담을 수 있어요. 나머지는 따로 주문해 주세요.";
    /// What was chosen costs less than the store delivers.
    BasketBelowMinimum, "basket-below-minimum":
        "This store delivers from its minimum order on. Please add something.",
        "최소 주문 금액이 안 돼요. 조금 더 담아 주세요.";
    /// Nothing can be delivered to the recipient.
    InvalidRecipient, "invalid-recipient":
        "To deliver it we need a name, an address and a phone number of 7 to 15 digits. Please check them; nothing was ordered.",
        "배달하려면 받는 분의 이름과 주소, 숫자 7~15자리의 전화번호가 필요해요. 확인해 주세요. 아직 주문되지 않았어요.";
    /// The price has changed since the page was shown.
    BasketPriceChanged, "basket-price-changed":
        "The price of something you chose has changed. Please look at the new price and press “Order” again.",
        "고르신 것 중에 가격이 바뀐 것이 있어요. 새 가격을 확인하고 ‘주문하기’를 다시 눌러 주세요.";
    /// The payment service does not respond.
    PaymentUnavailable, "payment-unavailable":
        "The payment is not answering just now. Nothing was ordered and nothing was charged. Please try again in a moment.",
        "지금은 결제가 응답하지 않아요. 주문도 결제도 되지 않았으니 잠시 후 다시 시도해 주세요.";
    /// Too many pay at the same time.
    PaymentBusy, "payment-busy":
        "So many are paying just now that it would take too long. Nothing was ordered and nothing was charged. Please try again in a moment.",
        "지금 결제하는 분이 너무 많아요. 주문도 결제도 되지 않았으니 잠시 후 다시 시도해 주세요.";
    /// The payment was rejected.
    PaymentRefused, "payment-refused":
        "The payment was refused. Nothing was ordered.",
        "결제가 거절되어 주문되지 않았어요.";
    /// The payment was left to the customer, and not finished.
    PaymentNotFinished, "payment-not-finished":
        "The payment was not finished in time, or was given up. Nothing was charged. Please order again.",
        "결제가 제때 끝나지 않았거나 취소됐어요. 결제된 금액은 없으니 다시 주문해 주세요.";
    /// A service is unavailable.
    Unavailable, "unavailable":
        "We cannot take this just now. Please try again in a moment.",
        "지금은 처리할 수 없어요. 잠시 후 다시 시도해 주세요.";
    /// Too many requests.
    TooMany, "too-many":
        "That was a lot at once. Please try again in a moment.",
        "요청이 너무 많아요. 잠시 후 다시 시도해 주세요.";
    /// The order service does not know the store, or not yet.
    UnknownStore, "unknown-store":
        "This store takes no orders just now. Please choose from another store, or try again in a moment.",
        "지금은 이 상점에 주문할 수 없어요. 다른 상점에서 고르시거나 잠시 후 다시 시도해 주세요.";
    /// The order service does not accept such an order; mostly because the menu has changed.
    InvalidOrder, "invalid-order":
        "This cannot be ordered as it is; the menu may have changed. Please look at it and choose again.",
        "이대로는 주문할 수 없어요. 메뉴가 바뀌었을 수 있으니 확인하고 다시 골라 주세요.";
    /// Any other rejection.
    Refused, "refused":
        "That was not possible, and nothing has changed. Please go back to the shop and try again.",
        "처리할 수 없었고, 바뀐 것은 없어요. 주문 화면으로 돌아가 다시 시도해 주세요.";
    /// The request cannot be read: a form that is not one of ours, or a broken address.
    Unreadable, "unreadable":
        "We could not read what your browser sent. Please go back to the shop and try again.",
        "브라우저가 보낸 내용을 읽을 수 없었어요. 주문 화면으로 돌아가 다시 시도해 주세요.";
    /// The request is too large.
    TooLarge, "too-large":
        "That was more than one order can hold. Please go back to the shop and choose fewer things.",
        "주문 하나에 담기에는 너무 많아요. 주문 화면으로 돌아가 줄여서 골라 주세요.";
    /// A form that was sent from a page of another site.
    OtherSite, "other-site":
        "This form was sent from a page of another site. Please open the shop and order there.",
        "다른 사이트의 페이지에서 보낸 양식이에요. 주문 화면을 열어 거기에서 주문해 주세요.";
    /// Something of somebody else.
    NotYours, "not-yours":
        "This belongs to somebody else, so it is not shown here.",
        "다른 분의 것이라 여기에 보여 드릴 수 없어요.";
    /// A page for those who work here.
    RoleMissing, "role-missing":
        "This page is for those who work here. Please sign in as a store's owner or as a rider.",
        "여기서 일하는 분을 위한 화면이에요. 상점주인이나 라이더로 로그인해 주세요.";
    /// An internal error.
    Internal, "internal":
        "Something went wrong on our side. Please try again.",
        "저희 쪽에 문제가 생겼어요. 다시 시도해 주세요.";
    /// It is unknown whether the order was placed.
    NoAnswer, "no-answer":
        "We got no answer and cannot tell whether your order was placed. Press “Order” again: it will not be ordered twice.",
        "응답이 없어 주문이 됐는지 알 수 없어요. ‘주문하기’를 다시 눌러도 두 번 주문되지 않아요.";
    /// Too late to cancel: the food has left the store.
    TooLate, "too-late":
        "It is too late to cancel: the order has already left the store or has ended.",
        "이미 음식이 출발했거나 끝난 주문이라 취소할 수 없어요.";
    /// Could not be cancelled for another reason.
    NotCancelled, "not-cancelled":
        "The order could not be cancelled just now. Please try again in a moment.",
        "지금은 주문을 취소하지 못했어요. 잠시 후 다시 시도해 주세요.";
}

impl Message {
    /// The message with this name; `None` if there is no such message.
    pub(super) fn of_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().find(|message| message.slug() == slug).copied()
    }

    /// The message about a problem of any service: by its kind, or by its status if the kind is unknown.
    pub(super) fn of_problem(problem: &Problem) -> Self {
        let slug = problem.kind.strip_prefix(KIND).unwrap_or_default();
        Self::of_kind(slug).unwrap_or_else(|| Self::of_status(problem.status))
    }

    /// The message about a kind of problem; `None` if its status says enough.
    pub(super) fn of_kind(slug: &str) -> Option<Self> {
        Some(match slug {
            "price-changed" => Self::BasketPriceChanged,
            "sold-out" => Self::BasketSoldOut,
            "below-minimum" => Self::BasketBelowMinimum,
            "store-closed" => Self::BasketClosed,
            "unknown-dish" | "unknown-product" => Self::BasketNotOffered,
            "other-store" => Self::BasketSeveralStores,
            "unknown-store" => Self::UnknownStore,
            "invalid-order" => Self::InvalidOrder,
            "invalid-recipient" => Self::InvalidRecipient,
            "payment-refused" => Self::PaymentRefused,
            "payment-not-finished" => Self::PaymentNotFinished,
            "payment-busy" => Self::PaymentBusy,
            "payment-unavailable" => Self::PaymentUnavailable,
            "order-under-way" => Self::NoAnswer,
            "order-too-late" => Self::TooLate,
            "no-menus" | "not-ready" => Self::Unavailable,
            "idempotency-key-reused" => Self::Refused,
            "no-such-order" => Self::NoSuchOrder,
            "cross-site-form" => Self::OtherSite,
            "not-yours" | "not-your-store" | "not-your-delivery" => Self::NotYours,
            "role-missing" => Self::RoleMissing,
            _ => return None,
        })
    }

    fn of_status(status: u16) -> Self {
        match status {
            400 | 415 => Self::Unreadable,
            402 => Self::PaymentRefused,
            404 | 405 | 410 => Self::NoSuchPage,
            413 => Self::TooLarge,
            429 => Self::TooMany,
            502..=504 => Self::Unavailable,
            500.. => Self::Internal,
            _ => Self::Refused,
        }
    }
}

impl From<BasketError> for Message {
    fn from(error: BasketError) -> Self {
        match error {
            BasketError::Empty => Self::BasketEmpty,
            BasketError::Quantity => Self::BasketQuantity,
            BasketError::NotOffered => Self::BasketNotOffered,
            BasketError::SoldOut => Self::BasketSoldOut,
            BasketError::Closed => Self::BasketClosed,
            BasketError::PriceChanged => Self::BasketPriceChanged,
            BasketError::SeveralStores => Self::BasketSeveralStores,
            BasketError::BelowMinimum => Self::BasketBelowMinimum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn a_problem_has_the_message_of_its_kind_or_else_of_its_status() {
        for (status, kind, message) in [
            (409, "price-changed", Message::BasketPriceChanged),
            (503, "payment-busy", Message::PaymentBusy),
            (503, "service-unreachable", Message::Unavailable),
            (402, "card-expired", Message::PaymentRefused),
            (404, "not-found", Message::NoSuchPage),
            (404, "no-such-order", Message::NoSuchOrder),
            (405, "method-not-allowed", Message::NoSuchPage),
            (409, "on-strike", Message::Refused),
            (429, "too-many-requests", Message::TooMany),
            (500, "internal-error", Message::Internal),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let problem = Problem::new(status, kind, "nobody cooks");
            assert_eq!(Message::of_problem(&problem), message, "{kind}");
        }
    }

    #[test]
    fn a_form_carries_a_message_by_its_name() {
        for message in Message::ALL {
            assert_eq!(Message::of_slug(message.slug()), Some(*message));
        }
        assert_eq!(Message::of_slug("<b>"), None);
    }
}
