//! Every text on the pages of owners and riders in both languages, except for messages.

use crate::domain::usual_reason::UsualReason;
use fdp_contracts::{DeliveryState, TicketState};

/// Declares each text once, in English and in Korean.
macro_rules! texts {
    ($($(#[$meaning:meta])* $name:ident: $english:literal, $korean:literal;)+) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(in crate::adapters::http::pages) struct WorkText {
            $($(#[$meaning])* pub(in crate::adapters::http::pages) $name: &'static str,)+
        }

        impl WorkText {
            /// In English.
            pub(in crate::adapters::http::pages) const ENGLISH: Self = Self {
                $($name: $english,)+
            };

            /// In Korean.
            pub(in crate::adapters::http::pages) const KOREAN: Self = Self {
                $($name: $korean,)+
            };

            #[cfg(test)]
            /// Every text with its name.
            pub(in crate::adapters::http::pages) fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

texts! {
    /// The link at the foot of every page, for those who work here.
    link: "For stores and riders", "상점·라이더 화면";
    /// Above the places to work at.
    home_title: "Work", "일하기";
    /// Above the stores of an owner.
    stores: "Your stores", "내 상점";
    /// When there are none.
    no_stores: "No store has told its menu yet.", "아직 메뉴를 알린 상점이 없어요.";
    /// The link to the rider's page.
    to_deliveries: "Deliveries", "배달";
    /// Under it.
    to_deliveries_lead: "What waits for a rider, and what you have taken on", "라이더를 기다리는 주문과 내가 맡은 배달";
    /// Label of the links between the pages of a store.
    tabs: "Pages of the store", "상점 화면";
    /// The page of orders.
    orders: "Orders", "주문";
    /// The page of the menu.
    menu: "Menu", "메뉴";
    /// The page of products.
    stock: "Stock", "재고";
    /// The page of hours and terms.
    settings: "Settings", "설정";
    /// The store takes orders.
    open_now: "Takes orders", "주문 받는 중";
    /// The store takes none.
    closed_now: "Takes no orders", "주문 안 받는 중";
    /// How many new orders there are: before the number.
    new_before: "New: ", "새 주문 ";
    /// How many new orders there are: after the number.
    new_after: "", "건";
    /// Nothing to cook.
    no_tickets:
        "No orders just now. New ones appear here by themselves.",
        "지금은 주문이 없어요. 새 주문은 저절로 나타나요.";
    /// The link to all orders.
    to_past: "All orders", "지난 주문 보기";
    /// Above them.
    past_title: "All orders", "지난 주문";
    /// The link to the next page of a list.
    older: "Older ones", "이전 주문 더 보기";
    /// The end of a list.
    no_more: "There are no others.", "더는 없어요.";
    /// Before the time until which an order has to be accepted.
    accept_until: "Accept until", "접수 마감";
    /// The button.
    accept: "Accept", "접수하기";
    /// The button.
    start_cooking: "Start cooking", "요리 시작";
    /// The button.
    finish_cooking: "Food is ready", "요리 완료";
    /// The button.
    hand_over: "Handed to the rider", "라이더에게 전달";
    /// What opens the form to refuse a new order.
    refuse: "Refuse …", "거절하기 …";
    /// What opens the form to give up an order that was accepted.
    give_up: "Give up …", "주문 포기 …";
    /// Under it.
    refund_note: "The customer gets the money back, and reads the reason.", "고객에게 환불되고 사유가 전달돼요.";
    /// The label of the choice of a reason.
    reason: "Reason", "사유";
    /// The choice to write one.
    other_reason: "Another reason, below", "직접 입력";
    /// The label of the field for a reason of one's own.
    own_reason: "In your own words", "직접 쓰는 사유";
    /// The button that refuses an order.
    refuse_now: "Refuse the order", "주문 거절";
    /// The button that gives an order up.
    give_up_now: "Give the order up", "주문 포기";
    /// The link to what happened to an order.
    history: "History", "기록";
    /// When nothing of it was kept.
    no_history: "Nothing is kept of it.", "남아 있는 기록이 없어요.";
    /// The link back.
    back: "Back", "돌아가기";
    /// A usual reason.
    ingredient_missing: "An ingredient has run out.", "재료가 떨어졌어요.";
    /// A usual reason.
    kitchen_busy: "The kitchen has too much to do.", "주문이 밀려 요리할 수 없어요.";
    /// A usual reason.
    closing_early: "The store closes early today.", "오늘은 일찍 문을 닫아요.";
    /// A usual reason.
    kitchen_broken: "Something in the kitchen is broken.", "주방 설비가 고장 났어요.";
    /// A usual reason of a rider.
    vehicle_broken: "The vehicle has broken down.", "배달 차량이 고장 났어요.";
    /// A usual reason of a rider.
    too_far: "Too far away.", "너무 멀어요.";
    /// A usual reason of a rider.
    shift_ends: "The shift has ended.", "근무가 끝났어요.";
    /// State of a ticket.
    received: "New", "새 주문";
    /// State of a ticket.
    accepted: "Accepted", "접수됨";
    /// State of a ticket.
    cooking: "Cooking", "요리 중";
    /// State of a ticket.
    cooked: "Ready", "요리 완료";
    /// State of a ticket.
    handed_over: "Handed over", "전달 완료";
    /// State of a ticket.
    rejected: "Refused", "거절됨";
    /// State of a ticket.
    cancelled: "Cancelled", "취소됨";
    /// The order ended after the food was ready.
    order_ended: "The order has ended", "주문 종료";
    /// Above the page of a rider.
    deliveries_title: "Deliveries", "배달";
    /// Above what a rider has taken on.
    mine: "Yours", "내가 맡은 배달";
    /// When that is nothing.
    none_mine: "You have taken nothing on.", "맡은 배달이 없어요.";
    /// Above what a rider may take on.
    offers: "Free to take", "맡을 수 있는 배달";
    /// When that is nothing.
    no_offers:
        "Nothing waits for a rider just now. New ones appear here by themselves.",
        "지금은 라이더를 기다리는 배달이 없어요. 새 배달은 저절로 나타나요.";
    /// Above what a rider has brought lately.
    delivered_lately: "Brought lately", "최근 배달 완료";
    /// State of a delivery.
    being_cooked: "Being cooked", "요리 중";
    /// State of a delivery.
    ready: "Ready to pick up", "픽업 대기";
    /// State of a delivery.
    departing: "About to leave", "출발 준비 중";
    /// State of a delivery.
    on_the_way: "On the way", "배달 중";
    /// State of a delivery.
    delivered: "Delivered", "배달 완료";
    /// The button.
    take_on: "Take it on", "배달 맡기";
    /// The button.
    start: "Leave with the food", "픽업하고 출발";
    /// The button.
    deliver: "Handed over at the door", "배달 완료하기";
    /// Instead of a button, until the food is ready.
    wait_for_store: "The store is still cooking.", "상점에서 요리하고 있어요.";
    /// Instead of a button, while the order is asked.
    wait_for_order: "One moment: the order is asked whether it may leave.", "출발해도 되는지 확인하고 있어요.";
    /// What opens the form to give a delivery back.
    give_back: "Give it back …", "배달 돌려주기 …";
    /// The button that gives it back.
    give_back_now: "Give it back", "배달 돌려주기";
    /// Under it.
    give_back_note: "Other riders can take it on then.", "다른 라이더가 맡을 수 있게 돼요.";
    /// Before the store where the food is picked up.
    pick_up_at: "From", "픽업";
    /// Before where the food goes.
    bring_to: "To", "배달지";
    /// Above the dishes of a menu.
    menu_title: "Menu", "메뉴 관리";
    /// When there are none.
    no_dishes: "Nothing is on the menu yet.", "아직 메뉴가 없어요.";
    /// The button that says that a dish cannot be had.
    mark_sold_out: "Sold out", "품절 처리";
    /// The button that says that it can be had again.
    mark_available: "On sale again", "다시 팔기";
    /// Beside a dish that can be had.
    on_sale: "On sale", "판매 중";
    /// What opens the fields of a dish.
    change: "Change …", "수정하기 …";
    /// What opens the fields of a new dish.
    new_dish: "Add a dish …", "메뉴 추가 …";
    /// Label of a field.
    dish_name: "Name", "이름";
    /// Label of a field.
    dish_name_in_english: "Name in English", "영어 이름";
    /// Label of a field.
    dish_description: "Description", "설명";
    /// Label of a field.
    dish_description_in_english: "Description in English", "영어 설명";
    /// Label of a field.
    price: "Price (won)", "가격(원)";
    /// Label of a field.
    picture: "Picture", "그림";
    /// The choice of no picture.
    no_picture: "None", "없음";
    /// A picture.
    picture_chicken: "Fried chicken", "통닭";
    /// A picture.
    picture_bibimbap: "Bibimbap", "비빔밥";
    /// A picture.
    picture_tteokbokki: "Tteokbokki", "떡볶이";
    /// A picture.
    picture_kimchi_jjigae: "Kimchi stew", "김치찌개";
    /// A picture.
    picture_pajeon: "Pajeon", "파전";
    /// A picture.
    picture_mandu: "Dumplings", "만두";
    /// Label of a box to tick.
    available: "Can be ordered", "주문할 수 있음";
    /// Label of a field.
    sold_out_until: "Sold out until (Korean time)", "품절 종료 시각(한국 시간)";
    /// The button.
    save: "Save", "저장하기";
    /// The button.
    remove: "Remove", "삭제하기";
    /// The button that adds something.
    add: "Add", "추가하기";
    /// Above the settings of a store.
    settings_title: "Settings", "상점 설정";
    /// Label of a field.
    store_name: "Name of the store", "상점 이름";
    /// Label of a box to tick.
    is_open: "The store is open", "영업 중";
    /// Label of a field.
    opens_at: "Opens at", "여는 시각";
    /// Label of a field.
    closes_at: "Closes at", "닫는 시각";
    /// Under both.
    hours_note: "Leave both empty to be open day and night.", "모두 비워 두면 하루 종일 열려 있어요.";
    /// Label of a field.
    paused_until: "No orders until (Korean time)", "주문 중지 종료 시각(한국 시간)";
    /// The button.
    pause: "Take no orders for 30 minutes", "30분 동안 주문 받지 않기";
    /// The button.
    resume: "Take orders again", "주문 다시 받기";
    /// Label of a field.
    minimum_order: "Minimum order (won)", "최소 주문 금액(원)";
    /// Label of a field.
    delivery_fee: "Delivery fee (won)", "배달비(원)";
    /// Label of a field.
    accept_within: "Accept orders within (minutes)", "주문 접수 제한 시간(분)";
    /// Label of a field.
    pick_up_within: "Rider comes within (minutes)", "라이더 픽업 제한 시간(분)";
    /// Above the products of a store.
    stock_title: "Stock", "재고 관리";
    /// When there are none.
    no_products: "This store has no products yet.", "아직 상품이 없어요.";
    /// The link to the next page of the list.
    more_products: "More products", "상품 더 보기";
    /// Label of a field.
    moved: "Come in, or gone with a minus", "들어온 수량(나간 수량은 -)";
    /// The button.
    move_stock: "Move the stock", "재고 반영";
    /// Of a product without a price of its own.
    usual_price: "Usual price", "기본 가격";
    /// What opens the fields of a new product.
    new_product: "Add a product …", "상품 추가 …";
    /// Label of a field.
    product_id: "Number", "상품 번호";
    /// Label of a field.
    product_name: "Name", "이름";
    /// Label of a field.
    first_stock: "How many there are", "현재 수량";
    /// Who did it.
    by_owner: "Owner", "상점주인";
    /// Who did it.
    by_admin: "Administrator", "관리자";
    /// Who did it.
    by_rider: "Rider", "라이더";
    /// Who did it.
    by_autopilot: "By itself, as a demonstration", "자동 진행(시연)";
    /// Who did it.
    by_deadline: "The time was over", "시간 초과";
    /// Who did it.
    by_order: "The customer's order", "고객 주문";
    /// Who did it.
    by_system: "The platform", "시스템";
}

impl WorkText {
    /// A usual reason.
    pub(in crate::adapters::http::pages) fn usual_reason(&self, reason: UsualReason) -> &'static str {
        match reason {
            UsualReason::IngredientMissing => self.ingredient_missing,
            UsualReason::KitchenBusy => self.kitchen_busy,
            UsualReason::ClosingEarly => self.closing_early,
            UsualReason::KitchenBroken => self.kitchen_broken,
            UsualReason::VehicleBroken => self.vehicle_broken,
            UsualReason::TooFar => self.too_far,
            UsualReason::ShiftEnds => self.shift_ends,
        }
    }

    /// The state of a ticket.
    pub(super) fn ticket_state(&self, state: TicketState) -> &'static str {
        match state {
            TicketState::Received => self.received,
            TicketState::Accepted => self.accepted,
            TicketState::CookingStarted => self.cooking,
            TicketState::CookingFinished => self.cooked,
            TicketState::Rejected => self.rejected,
            TicketState::Cancelled => self.cancelled,
        }
    }

    /// The state of a delivery.
    pub(super) fn delivery_state(&self, state: DeliveryState) -> &'static str {
        match state {
            DeliveryState::Requested => self.being_cooked,
            DeliveryState::Ready => self.ready,
            DeliveryState::Departing => self.departing,
            DeliveryState::Started => self.on_the_way,
            DeliveryState::Delivered => self.delivered,
            DeliveryState::Cancelled => self.cancelled,
        }
    }

    /// The label of the button for a command of an owner; `None` for one that this release does not know.
    pub(super) fn next_step(&self, command: &str) -> Option<&'static str> {
        Some(match command {
            "accept" => self.accept,
            "start-cooking" => self.start_cooking,
            "finish-cooking" => self.finish_cooking,
            "hand-over" => self.hand_over,
            _ => return None,
        })
    }

    /// What a picture shows, by its name; the name itself if this release does not draw it.
    pub(super) fn picture<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "chicken" => self.picture_chicken,
            "bibimbap" => self.picture_bibimbap,
            "tteokbokki" => self.picture_tteokbokki,
            "kimchi-jjigae" => self.picture_kimchi_jjigae,
            "pajeon" => self.picture_pajeon,
            "mandu" => self.picture_mandu,
            _ => name,
        }
    }

    /// What happened to a ticket, by its name in the history; the name itself if this release does not know it.
    pub(super) fn what_happened(&self, what: &str) -> String {
        let known = match what {
            "HandedOver" => Some(self.handed_over),
            "OrderEnded" => Some(self.order_ended),
            _ => what.parse().ok().map(|state| self.ticket_state(state)),
        };
        known.unwrap_or(what).to_owned()
    }

    /// Who did something, as histories write it: a role and an id.
    pub(super) fn who(&self, by: &str) -> String {
        let (role, id) = by.split_once(' ').unwrap_or((by, ""));
        let role = match role {
            "owner" => self.by_owner,
            "admin" => self.by_admin,
            "rider" => self.by_rider,
            "autopilot" => self.by_autopilot,
            "deadline" => self.by_deadline,
            "order" => self.by_order,
            "system" => self.by_system,
            _ => return by.to_owned(),
        };
        format!("{role} {id}").trim_end().to_owned()
    }
}
