//! The domain terms, one term for one concept, in English and Korean.

/// A domain term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The term in the code.
    pub english: &'static str,
    /// The term on Korean pages.
    pub korean: &'static str,
    /// Its meaning, in one sentence.
    pub meaning: &'static str,
}

const fn term(english: &'static str, korean: &'static str, meaning: &'static str) -> Term {
    Term {
        english,
        korean,
        meaning,
    }
}

/// All terms that events, pages and code share.
pub const GLOSSARY: &[Term] = &[
    term(
        "Order",
        "주문",
        "What a customer has bought in one request; it exists only once it is paid.",
    ),
    term(
        "OrderPlaced",
        "주문됨",
        "The event that an order was paid and accepted by the platform.",
    ),
    term(
        "OrderCancelled",
        "주문취소됨",
        "The event that the customer called the order off before the food left.",
    ),
    term(
        "Payment",
        "결제",
        "The money for one order: approved, voided when the order did not come about, or refunded when it ended early.",
    ),
    term(
        "AwaitingPayment",
        "결제대기",
        "What has been chosen and priced, and becomes an order once its customer has paid; no event tells of it before.",
    ),
    term(
        "PaymentApproved",
        "결제승인됨",
        "The event that the money was taken.",
    ),
    term(
        "PaymentRefunded",
        "결제환불됨",
        "The event that the money was given back.",
    ),
    term(
        "Store",
        "상점",
        "A restaurant or shop that sells products; never a database, which is a data store.",
    ),
    term(
        "Owner",
        "상점주인",
        "The person who runs a store and works on its tickets.",
    ),
    term(
        "Menu",
        "메뉴",
        "What a store offers: dishes with names, prices and whether they can be ordered now.",
    ),
    term(
        "Dish",
        "요리",
        "An item of a menu, cooked to order; a product is taken from stock.",
    ),
    term(
        "Ticket",
        "주문처리",
        "The work that one order is for its store: accepted or rejected, cooked, ready.",
    ),
    term(
        "CookingStarted",
        "요리시작됨",
        "The event that the kitchen began.",
    ),
    term(
        "CookingFinished",
        "요리완료됨",
        "The event that the food waits for a rider.",
    ),
    term(
        "Delivery",
        "배달",
        "The way of one order from the store to the door.",
    ),
    term(
        "DeliveryStarted",
        "배달출발함",
        "The event that the rider left the store; the order cannot be cancelled any more.",
    ),
    term(
        "Delivered",
        "배달완료됨",
        "The event that the food is at the door: the end of an order.",
    ),
    term("Rider", "라이더", "The person who takes deliveries to the door."),
    term("Customer", "고객", "The person who orders."),
    term(
        "Recipient",
        "받는 분",
        "Whom an order goes to, and where: name, address, phone and a note for the rider.",
    ),
    term(
        "Notification",
        "알림",
        "A message to the customer about a change of an order.",
    ),
    term(
        "Product",
        "상품",
        "Something that can be ordered, with a price in won.",
    ),
    term("Stock", "재고", "How many of a product are there to be ordered."),
    term(
        "Recommendation",
        "추천",
        "A product that many others have ordered.",
    ),
];
