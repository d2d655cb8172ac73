//! The tracking page: the state of an order, and its history.

use super::format::Moment;
use super::frame::Frame;
use super::message::Message;
use super::reason::Reason;
use super::text::Text;
use crate::domain::{OrderView, Recipient, StateChange, can_cancel, menu};
use askama::Template;
use fdp_contracts::{OrderState, StoreSnapshot, won};

/// The states of an order that is delivered, in their order.
const STEPS: [OrderState; 5] = [
    OrderState::Placed,
    OrderState::Accepted,
    OrderState::Cooking,
    OrderState::OnTheWay,
    OrderState::Delivered,
];

/// The page at `/shop/orders/{orderId}`.
#[derive(Debug, Template)]
#[template(path = "tracking.html")]
pub(super) struct TrackingPage {
    frame: Frame,
    order_id: String,
    number: String,
    state: OrderState,
    version: u32,
    headline: &'static str,
    meaning: &'static str,
    icon: &'static str,
    reason: Option<Reason>,
    steps: Vec<Step>,
    lines: Vec<Line>,
    delivery_fee: Option<String>,
    amount: String,
    amount_label: &'static str,
    placed_at: Moment,
    recipient: Option<Recipient>,
    can_cancel: bool,
    is_final: bool,
    notice: Option<&'static str>,
}

/// One line of what was ordered.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) qty: u32,
    pub(super) name: String,
    pub(super) price: String,
}

/// One step of the timeline.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    label: &'static str,
    status: Status,
    at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Done,
    Now,
    Ahead,
    /// The order was rejected or cancelled here.
    Ended,
}

impl Status {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Ahead => "ahead",
            Self::Ended => "ended",
        }
    }

    fn text(self, text: &Text) -> &'static str {
        match self {
            Self::Done | Self::Ended => text.step_done,
            Self::Now => text.step_now,
            Self::Ahead => text.step_ahead,
        }
    }
}

impl TrackingPage {
    /// The page of an order, whose store is one of `stores` and names the dishes; with a notice if there is one.
    pub(super) fn new(
        frame: Frame,
        view: &OrderView,
        stores: &[StoreSnapshot],
        notice: Option<Message>,
    ) -> Self {
        let (order, text, language) = (view.latest(), frame.text, frame.language);
        let order_id = order.order_id.to_string();
        let ended_early = matches!(order.state, OrderState::Rejected | OrderState::Cancelled);
        Self {
            number: number(&order_id),
            order_id,
            state: order.state,
            version: order.version,
            headline: text.state(order.state),
            meaning: text.meaning(order.state),
            icon: icon(order.state),
            reason: order.reason.as_deref().map(|given| Reason::of(text, given)),
            steps: steps(text, order.state, &view.history()),
            lines: order
                .lines
                .iter()
                .map(|line| Line {
                    qty: line.qty,
                    name: menu::name_of(stores, &order.store_id, line, language).to_owned(),
                    price: won(line.unit_price.saturating_mul(line.qty.into())),
                })
                .collect(),
            amount: won(order.amount),
            delivery_fee: Some(order.delivery_fee).filter(|fee| *fee > 0).map(won),
            amount_label: if ended_early { text.refunded } else { text.paid },
            placed_at: order.placed_at.into(),
            recipient: None,
            can_cancel: can_cancel(order.state),
            is_final: order.state.is_final(),
            notice: notice.map(|message| message.text(language)),
            frame,
        }
    }

    /// The same page with whom the order goes to.
    pub(super) fn with_recipient(self, recipient: Option<Recipient>) -> Self {
        Self { recipient, ..self }
    }
}

/// The end of an order's id: short, but long enough to distinguish a customer's orders.
pub(super) fn number(order_id: &str) -> String {
    order_id
        .get(order_id.len().saturating_sub(6)..)
        .unwrap_or(order_id)
        .to_uppercase()
}

/// The icon of a state.
pub(super) fn icon(state: OrderState) -> &'static str {
    match state {
        OrderState::Placed => "receipt",
        OrderState::Accepted => "store",
        OrderState::Cooking => "pot",
        OrderState::OnTheWay => "scooter",
        OrderState::Delivered => "door",
        OrderState::Rejected | OrderState::Cancelled => "cross",
    }
}

/// The timeline. A rejected or cancelled order shows the steps that it took, and then its end.
fn steps(text: &Text, state: OrderState, history: &[StateChange]) -> Vec<Step> {
    let at = |state| {
        history
            .iter()
            .find(|change| change.state == state)
            .map(|change| change.at.into())
    };
    let step = |state, status| Step {
        label: text.state(state),
        status,
        at: at(state),
    };
    let Some(reached) = STEPS.iter().position(|it| *it == state) else {
        let taken = STEPS
            .into_iter()
            .filter(|it| history.iter().any(|change| change.state == *it))
            .map(|it| step(it, Status::Done));
        return taken.chain([step(state, Status::Ended)]).collect();
    };
    STEPS
        .into_iter()
        .enumerate()
        .map(|(position, it)| {
            let status = match position.cmp(&reached) {
                std::cmp::Ordering::Less => Status::Done,
                // No step comes after the delivery.
                std::cmp::Ordering::Equal if state.is_final() => Status::Done,
                std::cmp::Ordering::Equal => Status::Now,
                std::cmp::Ordering::Greater => Status::Ahead,
            };
            step(it, status)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Language, fixtures};
    use chrono::Utc;
    use fdp_contracts::{OrderId, OrderLine, OrderSnapshot};

    fn view(states: &[OrderState], reason: Option<&str>) -> OrderView {
        let order_id = OrderId::new();
        OrderView::fold((1..).zip(states).map(|(version, state)| OrderSnapshot {
            order_id,
            customer_id: "100".into(),
            store_id: "1".into(),
            lines: vec![OrderLine {
                product_id: None,
                product_name: "통닭".into(),
                qty: 2,
                unit_price: 18_000,
            }],
            amount: 36_000,
            delivery_fee: 0,
            store_version: None,
            state: *state,
            reason: reason.map(str::to_owned),
            version,
            placed_at: Utc::now(),
            changed_at: Utc::now(),
        }))
        .unwrap()
    }

    fn timeline(states: &[OrderState]) -> Vec<(&'static str, Status, bool)> {
        let view = view(states, None);
        steps(Text::of(Language::English), view.latest().state, &view.history())
            .into_iter()
            .map(|step| (step.label, step.status, step.at.is_some()))
            .collect()
    }

    #[test]
    fn the_timeline_shows_done_current_and_future_steps() {
        use OrderState::{Accepted, Cooking, Placed};
        assert_eq!(
            timeline(&[Placed, Accepted, Cooking]),
            [
                ("Placed", Status::Done, true),
                ("Accepted", Status::Done, true),
                ("Cooking", Status::Now, true),
                ("On the way", Status::Ahead, false),
                ("Delivered", Status::Ahead, false),
            ]
        );
    }

    #[test]
    fn a_skipped_step_is_done_without_a_time_and_the_last_step_is_done() {
        use OrderState::{Cooking, Delivered, OnTheWay, Placed};
        assert_eq!(
            timeline(&[Placed, Cooking, OnTheWay, Delivered]),
            [
                ("Placed", Status::Done, true),
                ("Accepted", Status::Done, false),
                ("Cooking", Status::Done, true),
                ("On the way", Status::Done, true),
                ("Delivered", Status::Done, true),
            ]
        );
    }

    #[test]
    fn a_cancelled_order_shows_its_steps_and_its_end() {
        use OrderState::{Accepted, Cancelled, Placed};
        assert_eq!(
            timeline(&[Placed, Accepted, Cancelled]),
            [
                ("Placed", Status::Done, true),
                ("Accepted", Status::Done, true),
                ("Cancelled", Status::Ended, true),
            ]
        );
    }

    #[test]
    fn the_page_has_its_state_and_offers_cancelling_while_possible() {
        let page = |states: &[OrderState], reason| {
            TrackingPage::new(
                Frame::new(Language::English, "/shop/orders/x"),
                &view(states, reason),
                &[fixtures::store("1", "통닭집")],
                None,
            )
            .render()
            .unwrap()
        };
        let placed = page(&[OrderState::Placed], None);
        assert!(placed.contains("data-state=\"Placed\""));
        assert!(placed.contains("Whole fried chicken"));
        assert!(placed.contains("₩36,000"));
        assert!(placed.contains("/cancel\""));
        assert!(placed.contains("http-equiv=\"refresh\""));
        let rejected = page(
            &[OrderState::Placed, OrderState::Rejected],
            Some("the oven broke"),
        );
        assert!(rejected.contains("data-state=\"Rejected\""));
        assert!(rejected.contains("The store says:") && rejected.contains("<q>the oven broke</q>"));
        assert!(!rejected.contains("/cancel\""));
        assert!(!rejected.contains("http-equiv=\"refresh\""));
    }
}
