//! Every text on the pages in both languages, except for messages; a text that is missing in one does not compile.

use super::work::text::WorkText;
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
            /// The texts on the pages of owners and riders.
            pub(super) work: &'static WorkText,
            /// Short names of the states, in the order of [`OrderState::ALL`].
            states: [&'static str; 7],
            /// What each state means to the customer.
            meanings: [&'static str; 7],
        }

        static ENGLISH: Text = Text {
            $($name: $english,)+
            more: ["and ", " more"],
            work: &WorkText::ENGLISH,
            states: ENGLISH_STATES,
            meanings: ENGLISH_MEANINGS,
        };

        static KOREAN: Text = Text {
            $($name: $korean,)+
            more: ["외 ", "건"],
            work: &WorkText::KOREAN,
            states: KOREAN_STATES,
            meanings: KOREAN_MEANINGS,
        };

        #[cfg(test)]
        impl Text {
            /// Every text with its name.
            pub(super) fn all(&self) -> Vec<(&'static str, &'static str)> {
                let mut all = vec![$((stringify!($name), self.$name),)+];
                all.extend(self.work.all());
                all.extend(self.more.map(|text| ("more", text)));
                all.extend(self.states.map(|text| ("states", text)));
                all.extend(self.meanings.map(|text| ("meanings", text)));
                all
            }
        }
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
    /// Before what the items of an order have to cost at least at a store.
    minimum_order: "Minimum order", "최소 주문 금액";
    /// Before what an order costs beside its items.
    delivery_fee: "Delivery fee", "배달비";
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
    /// Above the fields for whom the order goes to, and on the page of an order.
    where_to: "Where to", "배달받을 곳";
    /// Below it, in the shop.
    where_to_note:
        "Your store sees this until the food leaves, your rider until it is at your door, and nobody after that.",
        "상점은 음식이 출발할 때까지, 라이더는 문 앞에 도착할 때까지만 볼 수 있어요.";
    /// Label of a field.
    recipient_name: "Name", "이름";
    /// Label of a field.
    recipient_address: "Address", "주소";
    /// Label of a field.
    recipient_phone: "Phone number", "전화번호";
    /// Label of a field.
    recipient_note: "Note for the rider", "라이더에게 남길 말";
    /// What the order costs.
    total: "Total", "합계";
    /// The button.
    order_now: "Order", "주문하기";
    /// The button that shows what was chosen again with its total, for browsers without scripts.
    update: "Update total", "합계 다시 계산";
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
    /// Before the words of a store, which nobody translates.
    store_says: "The store says:", "상점이 전하는 말:";
    /// Why the store did not take an order, if nobody says more.
    reason_cannot: "The store cannot take it.", "상점에서 주문을 받을 수 없어요.";
    /// The store did not look at an order for too long.
    reason_not_in_time:
        "The store did not accept the order in time.",
        "상점이 제때 주문을 받지 않았어요.";
    /// The store has closed.
    reason_closed: "The store is closed.", "상점이 영업을 마쳤어요.";
    /// Something on the order is sold out, and nobody says what.
    reason_something_sold_out: "Something on it is sold out.", "주문한 것 중에 품절된 것이 있어요.";
    /// This is sold out.
    reason_sold_out: "{name} is sold out.", "{name}: 품절됐어요.";
    /// There is too little of this.
    reason_out_of_stock:
        "{name} is out of stock: {ordered} ordered, {left} left.",
        "{name}: 재고가 모자라요. 주문 {ordered}개, 남은 재고 {left}개.";
    /// Nobody sells this any more.
    reason_no_product: "Product {name} is not sold any more.", "{name}번 상품은 더는 팔지 않아요.";
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
    /// Above an order that its customer has yet to pay.
    payment_title: "Awaiting your payment", "결제 대기 중이에요";
    /// Explains it.
    payment_lead:
        "Your order is placed once it is paid. If you have just paid, it shows up here in a moment.",
        "결제가 끝나면 주문이 들어가요. 방금 결제하셨다면 잠시 후 여기에 주문이 나타나요.";
    /// Before what has to be paid.
    payment_due: "To pay", "결제할 금액";
    /// Before the time until which it can be paid.
    payment_until: "Until", "결제 기한";
    /// The link to the payment provider.
    payment_go: "Go to the payment", "결제하러 가기";
    /// The button that gives the order up.
    payment_give_up: "Don’t order", "주문하지 않기";
    /// Above an order that was not paid in time, or was given up.
    not_paid_title: "Not ordered", "주문되지 않았어요";
    /// Explains it.
    not_paid_lead:
        "The payment was not finished in time, or you gave it up. Nothing was charged. To have it after all, please order again.",
        "결제가 제때 끝나지 않았거나 그만두셨어요. 결제된 금액은 없어요. 원하시면 다시 주문해 주세요.";
    /// Above an error.
    error_title: "That did not work", "문제가 생겼어요";
    /// The link that loads the page again.
    try_again: "Try again", "다시 시도";
    /// Before the number by which we find a failed request.
    reference: "If you ask us about it, tell us this number:", "문의하실 때 이 번호를 알려 주세요:";
    /// The page sends the order again in so many seconds, which stand between these two.
    again_before: "We try it again in ", "";
    /// The end of that sentence.
    again_after: " s.", "초 뒤에 다시 시도할게요.";
    /// The button that keeps the page from doing so.
    again_stop: "Don’t", "그만두기";
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
