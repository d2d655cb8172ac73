//! The language of the business: one word for one thing, in English and Korean.

/// A word of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// As in the code.
    pub english: &'static str,
    /// As on Korean pages.
    pub korean: &'static str,
}

const fn term(english: &'static str, korean: &'static str) -> Term {
    Term { english, korean }
}

/// All words that events, pages and code share.
pub const GLOSSARY: &[Term] = &[
    term("Order", "주문"),
    term("OrderPlaced", "주문됨"),
    term("OrderCancelled", "주문취소됨"),
    term("Payment", "결제"),
    term("PaymentApproved", "결제승인됨"),
    term("PaymentRefunded", "결제환불됨"),
    term("Store", "상점"),
    term("Owner", "상점주인"),
    term("Ticket", "주문처리"),
    term("CookingStarted", "요리시작됨"),
    term("CookingFinished", "요리완료됨"),
    term("Delivery", "배달"),
    term("DeliveryStarted", "배달출발함"),
    term("Delivered", "배달완료됨"),
    term("Rider", "라이더"),
    term("Customer", "고객"),
    term("Notification", "알림"),
    term("Product", "상품"),
    term("Stock", "재고"),
    term("Recommendation", "추천"),
];
