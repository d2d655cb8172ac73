//! Every text on the pages, in both languages; a text that is missing in one of them does not compile.

use crate::domain::Language;
use fdp_contracts::OrderState;

/// The texts of one language.
#[derive(Debug)]
pub(super) struct Text {
    /// The shop's name.
    pub(super) brand: &'static str,
    /// For users of a keyboard or a screen reader.
    pub(super) skip_to_content: &'static str,
    /// In the head of every page.
    pub(super) nav_shop: &'static str,
    /// In the head of every page.
    pub(super) nav_orders: &'static str,
    /// In the head of every page.
    pub(super) nav_messages: &'static str,
    /// Label of the language switch.
    pub(super) language: &'static str,
    /// At the top of the shop.
    pub(super) shop_title: &'static str,
    /// Below it.
    pub(super) shop_lead: &'static str,
    /// Above the dishes.
    pub(super) menu: &'static str,
    /// Above the products.
    pub(super) products: &'static str,
    /// How many of a product there are: before the number.
    pub(super) stock_before: &'static str,
    /// How many of a product there are: after the number.
    pub(super) stock_after: &'static str,
    /// Of a product without stock.
    pub(super) sold_out: &'static str,
    /// Of something chosen.
    pub(super) quantity: &'static str,
    /// On the stepper.
    pub(super) one_less: &'static str,
    /// On the stepper.
    pub(super) one_more: &'static str,
    /// What the order costs.
    pub(super) total: &'static str,
    /// The button.
    pub(super) order_now: &'static str,
    /// Beside the button.
    pub(super) pay_note: &'static str,
    /// "Order", before its number.
    pub(super) order: &'static str,
    /// Above what was ordered.
    pub(super) your_order: &'static str,
    /// What was paid.
    pub(super) paid: &'static str,
    /// What was paid and is refunded.
    pub(super) refunded: &'static str,
    /// When.
    pub(super) placed_at: &'static str,
    /// The button that cancels an order.
    pub(super) cancel: &'static str,
    /// Under it.
    pub(super) cancel_note: &'static str,
    /// Why an order was rejected or cancelled.
    pub(super) reason: &'static str,
    /// Label of the timeline.
    pub(super) progress: &'static str,
    /// For browsers without scripts.
    pub(super) refreshes: &'static str,
    /// A step that is done, for screen readers.
    pub(super) step_done: &'static str,
    /// The current step, for screen readers.
    pub(super) step_now: &'static str,
    /// A future step, for screen readers.
    pub(super) step_ahead: &'static str,
    /// Above a customer's orders.
    pub(super) orders_title: &'static str,
    /// When there are none.
    pub(super) no_orders: &'static str,
    /// The link to the shop.
    pub(super) to_shop: &'static str,
    /// More lines on an order than are shown: before and after the number.
    pub(super) more: [&'static str; 2],
    /// The view does not contain the order yet.
    pub(super) waiting_title: &'static str,
    /// Explains it.
    pub(super) waiting_lead: &'static str,
    /// Above an error.
    pub(super) error_title: &'static str,
    /// No such page.
    pub(super) no_such_order: &'static str,
    /// Nothing was chosen.
    pub(super) basket_empty: &'static str,
    /// A quantity is not valid.
    pub(super) basket_quantity: &'static str,
    /// Not on sale any more since the page was shown.
    pub(super) basket_not_offered: &'static str,
    /// The price has changed since the page was shown.
    pub(super) basket_price_changed: &'static str,
    /// The payment service does not respond.
    pub(super) payment_unavailable: &'static str,
    /// The payment was rejected.
    pub(super) payment_refused: &'static str,
    /// A service is unavailable.
    pub(super) unavailable: &'static str,
    /// Too many requests.
    pub(super) too_many: &'static str,
    /// Any other rejection; its reason follows.
    pub(super) refused: &'static str,
    /// An internal error.
    pub(super) internal: &'static str,
    /// It is unknown whether the order was placed.
    pub(super) no_answer: &'static str,
    /// Too late to cancel: the food has left the store.
    pub(super) too_late: &'static str,
    /// Could not be cancelled for another reason.
    pub(super) not_cancelled: &'static str,
    /// Short names of the states, in the order of [`OrderState::ALL`].
    states: [&'static str; 7],
    /// What each state means to the customer.
    meanings: [&'static str; 7],
}

impl Text {
    /// The texts of a language.
    pub(super) fn of(language: Language) -> &'static Self {
        language.pick(&KOREAN, &ENGLISH)
    }

    /// The short name of a state.
    pub(super) fn state(&self, state: OrderState) -> &'static str {
        self.states[index(state)]
    }

    /// What a state means to the customer.
    pub(super) fn meaning(&self, state: OrderState) -> &'static str {
        self.meanings[index(state)]
    }
}

fn index(state: OrderState) -> usize {
    OrderState::ALL.iter().position(|it| *it == state).unwrap_or(0)
}

static ENGLISH: Text = Text {
    brand: "Bapsang",
    skip_to_content: "Skip to content",
    nav_shop: "Shop",
    nav_orders: "My orders",
    nav_messages: "Messages",
    language: "Language",
    shop_title: "What are you hungry for?",
    shop_lead: "Cooked when you order. Watch it all the way to your door.",
    menu: "Menu",
    products: "From the shelf",
    stock_before: "",
    stock_after: " in stock",
    sold_out: "Sold out",
    quantity: "Quantity",
    one_less: "One less",
    one_more: "One more",
    total: "Total",
    order_now: "Order",
    pay_note: "Paid when you order",
    order: "Order",
    your_order: "Your order",
    paid: "Paid",
    refunded: "Refund",
    placed_at: "Placed",
    cancel: "Cancel order",
    cancel_note: "Possible until the food leaves the store. You get your money back.",
    reason: "Reason",
    progress: "Progress",
    refreshes: "This page looks for news by itself every few seconds.",
    step_done: "done",
    step_now: "now",
    step_ahead: "still to come",
    orders_title: "My orders",
    no_orders: "No orders yet. Something smells good over in the shop.",
    to_shop: "Go to the shop",
    more: ["and ", " more"],
    waiting_title: "One moment …",
    waiting_lead: "Your order has not shown up here yet. If you have just placed it, it is safe; this page looks again by itself.",
    error_title: "That did not work",
    no_such_order: "There is no such order.",
    basket_empty: "Nothing is in your basket yet. Choose how many of something you would like.",
    basket_quantity: "Please choose a whole number from 0 to 99.",
    basket_not_offered: "Something you chose is not on sale any more. Please choose again.",
    basket_price_changed: "The price of something you chose has changed. Please look at the new price and press “Order” again.",
    payment_unavailable: "The payment is not answering just now. Nothing was ordered and nothing was charged. Please try again in a moment.",
    payment_refused: "The payment was refused. Nothing was ordered.",
    unavailable: "We cannot take this just now. Please try again in a moment.",
    too_many: "That was a lot at once. Please try again in a moment.",
    refused: "This could not be ordered:",
    internal: "Something went wrong on our side. Please try again.",
    no_answer: "We got no answer and cannot tell whether your order was placed. Press “Order” again: it will not be ordered twice.",
    too_late: "It is too late to cancel: the order has already left the store or has ended.",
    not_cancelled: "The order could not be cancelled just now. Please try again in a moment.",
    states: [
        "Placed",
        "Accepted",
        "Cooking",
        "On the way",
        "Delivered",
        "Rejected",
        "Cancelled",
    ],
    meanings: [
        "Paid, and waiting for the store.",
        "The store has taken it on.",
        "It is on the stove.",
        "A rider is bringing it to you.",
        "Enjoy your meal!",
        "The store could not take it. Your money is on its way back.",
        "You took it back. Your money is on its way back.",
    ],
};

static KOREAN: Text = Text {
    brand: "밥상",
    skip_to_content: "본문으로 건너뛰기",
    nav_shop: "주문하기",
    nav_orders: "내 주문",
    nav_messages: "알림",
    language: "언어",
    shop_title: "오늘은 뭐 먹을까요?",
    shop_lead: "주문하면 바로 요리하고, 문 앞까지 오는 길을 보여 드려요.",
    menu: "메뉴",
    products: "상품",
    stock_before: "재고 ",
    stock_after: "개",
    sold_out: "품절",
    quantity: "수량",
    one_less: "하나 빼기",
    one_more: "하나 더",
    total: "합계",
    order_now: "주문하기",
    pay_note: "주문할 때 결제돼요",
    order: "주문",
    your_order: "주문 내역",
    paid: "결제 금액",
    refunded: "환불 금액",
    placed_at: "주문 시각",
    cancel: "주문 취소",
    cancel_note: "음식이 출발하기 전까지 취소할 수 있고, 결제 금액은 환불돼요.",
    reason: "사유",
    progress: "진행 상황",
    refreshes: "이 페이지는 몇 초마다 저절로 새로 고쳐져요.",
    step_done: "완료",
    step_now: "진행 중",
    step_ahead: "예정",
    orders_title: "내 주문",
    no_orders: "아직 주문이 없어요. 맛있는 메뉴가 기다리고 있어요.",
    to_shop: "주문하러 가기",
    more: ["외 ", "건"],
    waiting_title: "잠시만요 …",
    waiting_lead: "주문이 아직 여기에 보이지 않아요. 방금 주문하셨다면 안심하세요. 이 페이지가 저절로 다시 확인해요.",
    error_title: "문제가 생겼어요",
    no_such_order: "그런 주문은 없어요.",
    basket_empty: "아직 고른 것이 없어요. 원하는 메뉴의 수량을 골라 주세요.",
    basket_quantity: "수량은 0부터 99까지의 정수로 골라 주세요.",
    basket_not_offered: "고르신 것 중에 더는 팔지 않는 것이 있어요. 다시 골라 주세요.",
    basket_price_changed: "고르신 것 중에 가격이 바뀐 것이 있어요. 새 가격을 확인하고 ‘주문하기’를 다시 눌러 주세요.",
    payment_unavailable: "지금은 결제가 응답하지 않아요. 주문도 결제도 되지 않았으니 잠시 후 다시 시도해 주세요.",
    payment_refused: "결제가 거절되어 주문되지 않았어요.",
    unavailable: "지금은 처리할 수 없어요. 잠시 후 다시 시도해 주세요.",
    too_many: "요청이 너무 많아요. 잠시 후 다시 시도해 주세요.",
    refused: "주문할 수 없었어요:",
    internal: "저희 쪽에 문제가 생겼어요. 다시 시도해 주세요.",
    no_answer: "응답이 없어 주문이 됐는지 알 수 없어요. ‘주문하기’를 다시 눌러도 두 번 주문되지 않아요.",
    too_late: "이미 음식이 출발했거나 끝난 주문이라 취소할 수 없어요.",
    not_cancelled: "지금은 주문을 취소하지 못했어요. 잠시 후 다시 시도해 주세요.",
    states: [
        "주문됨",
        "접수됨",
        "요리 중",
        "배달 중",
        "배달 완료",
        "거절됨",
        "주문 취소됨",
    ],
    meanings: [
        "결제됐고, 상점을 기다리고 있어요.",
        "상점이 주문을 받았어요.",
        "지금 요리하고 있어요.",
        "라이더가 가져가고 있어요.",
        "맛있게 드세요!",
        "상점이 주문을 받지 못했어요. 결제 금액은 환불돼요.",
        "주문을 취소했어요. 결제 금액은 환불돼요.",
    ],
};
