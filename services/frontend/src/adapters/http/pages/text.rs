//! Every text on the pages, in both languages; a text that is missing in one of them does not compile.

use crate::domain::Language;
use fdp_contracts::OrderState;

/// Declares each text once, in English and in Korean.
macro_rules! texts {
    ($($(#[$meaning:meta])* $name:ident: $english:literal, $korean:literal;)+) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(super) struct Text {
            $($(#[$meaning])* pub(super) $name: &'static str,)+
            /// More lines on an order than are shown: before and after the number.
            pub(super) more: [&'static str; 2],
            /// Short names of the states, in the order of [`OrderState::ALL`].
            states: [&'static str; 7],
            /// What each state means to the customer.
            meanings: [&'static str; 7],
        }

        static ENGLISH: Text = Text {
            $($name: $english,)+
            more: ["and ", " more"],
            states: ENGLISH_STATES,
            meanings: ENGLISH_MEANINGS,
        };

        static KOREAN: Text = Text {
            $($name: $korean,)+
            more: ["외 ", "건"],
            states: KOREAN_STATES,
            meanings: KOREAN_MEANINGS,
        };
    };
}

texts! {
    /// The shop's name.
    brand: "Bapsang", "밥상";
    /// For users of a keyboard or a screen reader.
    skip_to_content: "Skip to content", "본문으로 건너뛰기";
    /// In the head of every page.
    nav_shop: "Shop", "주문하기";
    /// In the head of every page.
    nav_orders: "My orders", "내 주문";
    /// In the head of every page.
    nav_messages: "Messages", "알림";
    /// Label of the language switch.
    language: "Language", "언어";
    /// At the top of the shop.
    shop_title: "What are you hungry for?", "오늘은 뭐 먹을까요?";
    /// Below it.
    shop_lead:
        "Cooked when you order. Watch it all the way to your door.",
        "주문하면 바로 요리하고, 문 앞까지 오는 길을 보여 드려요.";
    /// Above the sentence that follows.
    menu: "Menu", "메뉴";
    /// While no store has told what it offers.
    menu_on_its_way:
        "The menu is on its way, and here in a moment.",
        "메뉴를 가져오고 있어요. 잠시 후 여기에 보여 드릴게요.";
    /// Beside the name of a store.
    closed: "Closed", "영업 종료";
    /// Above the products.
    products: "From the shelf", "상품";
    /// How many of a product there are: before the number.
    stock_before: "", "재고 ";
    /// How many of a product there are: after the number.
    stock_after: " in stock", "개";
    /// Of a product without stock, and of a dish that the store cannot cook now.
    sold_out: "Sold out", "품절";
    /// Of something chosen.
    quantity: "Quantity", "수량";
    /// On the stepper.
    one_less: "One less", "하나 빼기";
    /// On the stepper.
    one_more: "One more", "하나 더";
    /// What the order costs.
    total: "Total", "합계";
    /// The button.
    order_now: "Order", "주문하기";
    /// Beside the button.
    pay_note: "Paid when you order", "주문할 때 결제돼요";
    /// "Order", before its number.
    order: "Order", "주문";
    /// Above what was ordered.
    your_order: "Your order", "주문 내역";
    /// What was paid.
    paid: "Paid", "결제 금액";
    /// What was paid and is refunded.
    refunded: "Refund", "환불 금액";
    /// When.
    placed_at: "Placed", "주문 시각";
    /// The button that cancels an order.
    cancel: "Cancel order", "주문 취소";
    /// Under it.
    cancel_note:
        "Possible until the food leaves the store. You get your money back.",
        "음식이 출발하기 전까지 취소할 수 있고, 결제 금액은 환불돼요.";
    /// Why an order was rejected or cancelled.
    reason: "Reason", "사유";
    /// Label of the timeline.
    progress: "Progress", "진행 상황";
    /// For browsers without scripts.
    refreshes:
        "This page looks for news by itself every few seconds.",
        "이 페이지는 몇 초마다 저절로 새로 고쳐져요.";
    /// A step that is done, for screen readers.
    step_done: "done", "완료";
    /// The current step, for screen readers.
    step_now: "now", "진행 중";
    /// A future step, for screen readers.
    step_ahead: "still to come", "예정";
    /// Above a customer's orders.
    orders_title: "My orders", "내 주문";
    /// When there are none.
    no_orders:
        "No orders yet. Something smells good over in the shop.",
        "아직 주문이 없어요. 맛있는 메뉴가 기다리고 있어요.";
    /// The link to the shop.
    to_shop: "Go to the shop", "주문하러 가기";
    /// The view does not contain the order yet.
    waiting_title: "One moment …", "잠시만요 …";
    /// Explains it.
    waiting_lead:
        "Your order has not shown up here yet. If you have just placed it, it is safe; this page looks again by itself.",
        "주문이 아직 여기에 보이지 않아요. 방금 주문하셨다면 안심하세요. 이 페이지가 저절로 다시 확인해요.";
    /// Above an error.
    error_title: "That did not work", "문제가 생겼어요";
    /// No such page.
    no_such_order: "There is no such order.", "그런 주문은 없어요.";
    /// Nothing was chosen.
    basket_empty:
        "Nothing is in your basket yet. Choose how many of something you would like.",
        "아직 고른 것이 없어요. 원하는 메뉴의 수량을 골라 주세요.";
    /// A quantity is not valid.
    basket_quantity:
        "Please choose a whole number from 0 to 99.",
        "수량은 0부터 99까지의 정수로 골라 주세요.";
    /// Not on sale any more since the page was shown.
    basket_not_offered:
        "Something you chose is not on sale any more. Please choose again.",
        "고르신 것 중에 더는 팔지 않는 것이 있어요. 다시 골라 주세요.";
    /// Sold out since the page was shown.
    basket_sold_out:
        "Something you chose is sold out. Please choose again.",
        "고르신 것 중에 품절된 것이 있어요. 다시 골라 주세요.";
    /// Its store has closed since the page was shown.
    basket_closed:
        "The store of something you chose has closed. Please choose from another store, or come back later.",
        "고르신 상점이 영업을 마쳤어요. 다른 상점에서 고르시거나 나중에 다시 와 주세요.";
    /// Things of more than one store were chosen.
    basket_several_stores:
        "One order is for one store. Please order the rest separately.",
        "주문 하나에는 상점 한 곳의 메뉴와 상품만 담을 수 있어요. 나머지는 따로 주문해 주세요.";
    /// The price has changed since the page was shown.
    basket_price_changed:
        "The price of something you chose has changed. Please look at the new price and press “Order” again.",
        "고르신 것 중에 가격이 바뀐 것이 있어요. 새 가격을 확인하고 ‘주문하기’를 다시 눌러 주세요.";
    /// The payment service does not respond.
    payment_unavailable:
        "The payment is not answering just now. Nothing was ordered and nothing was charged. Please try again in a moment.",
        "지금은 결제가 응답하지 않아요. 주문도 결제도 되지 않았으니 잠시 후 다시 시도해 주세요.";
    /// Too many pay at the same time.
    payment_busy:
        "So many are paying just now that it would take too long. Nothing was ordered and nothing was charged. Please try again in a moment.",
        "지금 결제하는 분이 너무 많아요. 주문도 결제도 되지 않았으니 잠시 후 다시 시도해 주세요.";
    /// The page sends the order again in so many seconds, which stand between these two.
    again_before: "We try it again in ", "";
    /// The end of that sentence.
    again_after: " s.", "초 뒤에 다시 시도할게요.";
    /// The button that keeps the page from doing so.
    again_stop: "Don’t", "그만두기";
    /// The payment was rejected.
    payment_refused: "The payment was refused. Nothing was ordered.", "결제가 거절되어 주문되지 않았어요.";
    /// A service is unavailable.
    unavailable:
        "We cannot take this just now. Please try again in a moment.",
        "지금은 처리할 수 없어요. 잠시 후 다시 시도해 주세요.";
    /// Too many requests.
    too_many:
        "That was a lot at once. Please try again in a moment.",
        "요청이 너무 많아요. 잠시 후 다시 시도해 주세요.";
    /// The order service does not know the store, or not yet.
    unknown_store:
        "This store takes no orders just now. Please choose from another store, or try again in a moment.",
        "지금은 이 상점에 주문할 수 없어요. 다른 상점에서 고르시거나 잠시 후 다시 시도해 주세요.";
    /// The order service does not accept such an order; mostly because the menu has changed.
    invalid_order:
        "This cannot be ordered as it is; the menu may have changed. Please look at it and choose again.",
        "이대로는 주문할 수 없어요. 메뉴가 바뀌었을 수 있으니 확인하고 다시 골라 주세요.";
    /// Any other rejection; its reason follows.
    refused: "This could not be ordered:", "주문할 수 없었어요:";
    /// An internal error.
    internal:
        "Something went wrong on our side. Please try again.",
        "저희 쪽에 문제가 생겼어요. 다시 시도해 주세요.";
    /// It is unknown whether the order was placed.
    no_answer:
        "We got no answer and cannot tell whether your order was placed. Press “Order” again: it will not be ordered twice.",
        "응답이 없어 주문이 됐는지 알 수 없어요. ‘주문하기’를 다시 눌러도 두 번 주문되지 않아요.";
    /// Too late to cancel: the food has left the store.
    too_late:
        "It is too late to cancel: the order has already left the store or has ended.",
        "이미 음식이 출발했거나 끝난 주문이라 취소할 수 없어요.";
    /// Could not be cancelled for another reason.
    not_cancelled:
        "The order could not be cancelled just now. Please try again in a moment.",
        "지금은 주문을 취소하지 못했어요. 잠시 후 다시 시도해 주세요.";
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

const ENGLISH_STATES: [&str; 7] = [
    "Placed",
    "Accepted",
    "Cooking",
    "On the way",
    "Delivered",
    "Rejected",
    "Cancelled",
];

const ENGLISH_MEANINGS: [&str; 7] = [
    "Paid, and waiting for the store.",
    "The store has taken it on.",
    "It is on the stove.",
    "A rider is bringing it to you.",
    "Enjoy your meal!",
    "The store could not take it. Your money is on its way back.",
    "You took it back. Your money is on its way back.",
];

const KOREAN_STATES: [&str; 7] = [
    "주문됨",
    "접수됨",
    "요리 중",
    "배달 중",
    "배달 완료",
    "거절됨",
    "주문 취소됨",
];

const KOREAN_MEANINGS: [&str; 7] = [
    "결제됐고, 상점을 기다리고 있어요.",
    "상점이 주문을 받았어요.",
    "지금 요리하고 있어요.",
    "라이더가 가져가고 있어요.",
    "맛있게 드세요!",
    "상점이 주문을 받지 못했어요. 결제 금액은 환불돼요.",
    "주문을 취소했어요. 결제 금액은 환불돼요.",
];
