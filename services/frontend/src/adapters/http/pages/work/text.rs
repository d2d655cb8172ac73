//! Every text on the pages of owners and riders in both languages, except for messages.

use crate::domain::usual_reason::UsualReason;
use fdp_contracts::TicketState;

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
    /// When a customer ordered.
    placed_at: "Ordered", "주문 시각";
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
    by_order: "The order", "주문";
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
