//! The delivery of one order: requested with the order, ready with the food, then on the rider's word.

use chrono::{DateTime, Utc};
use fdp_contracts::{DeliveryId, DeliverySnapshot, DeliveryState, OrderId};

/// The delivery of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub delivery_id: DeliveryId,
    /// What is delivered, from where and to whom.
    pub parcel: Parcel,
    /// Where it is.
    pub state: DeliveryState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// What a delivery is about. Events of the order and of its ticket both tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The order.
    pub order_id: OrderId,
    /// To whom.
    pub customer_id: String,
    /// From where.
    pub store_id: String,
}

/// What a delivery hears from other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The order was placed.
    OrderPlaced,
    /// The order ended before the door.
    OrderEnded,
    /// The food is ready.
    FoodReady,
}

/// What a rider does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Leaves the store with the food.
    Start,
    /// Hands it over at the door.
    Deliver,
}

impl Command {
    /// The command's name, as in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Deliver => "deliver",
        }
    }
}

/// A command that the delivery's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the delivery of order {order_id} is {}, so that '{}' is not possible; {}", state_name(*.state), .command.name(), advice(*.state))]
pub struct Refusal {
    /// The order.
    pub order_id: OrderId,
    /// Where the delivery is.
    pub state: DeliveryState,
    /// What was asked.
    pub command: Command,
}

fn advice(state: DeliveryState) -> String {
    match (state, next(state)) {
        (_, Some(command)) => format!("possible now: {}", command.name()),
        (DeliveryState::Requested, None) => "it waits for the store to finish cooking".to_owned(),
        (_, None) => "nothing more can be done with it".to_owned(),
    }
}

/// What a rider can do with a delivery in `state`, and does if it acts by itself.
pub fn next(state: DeliveryState) -> Option<Command> {
    match state {
        DeliveryState::Ready => Some(Command::Start),
        DeliveryState::Started => Some(Command::Deliver),
        DeliveryState::Requested | DeliveryState::Delivered | DeliveryState::Cancelled => None,
    }
}

/// The state's name, as in events and as it is stored.
pub fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Requested => "Requested",
        DeliveryState::Ready => "Ready",
        DeliveryState::Started => "Started",
        DeliveryState::Delivered => "Delivered",
        DeliveryState::Cancelled => "Cancelled",
    }
}

impl Delivery {
    /// For an order that was not heard of before. The news may come in any order: an order that has ended gets
    /// a cancelled delivery, so that what is heard of it later starts nothing.
    pub fn new(parcel: Parcel, news: News, now: DateTime<Utc>) -> Self {
        Self {
            delivery_id: DeliveryId::new(),
            parcel,
            state: match news {
                News::OrderPlaced => DeliveryState::Requested,
                News::FoodReady => DeliveryState::Ready,
                News::OrderEnded => DeliveryState::Cancelled,
            },
            created_at: now,
            changed_at: now,
        }
    }

    /// Takes note of news; false when it changes nothing.
    pub fn hear(&mut self, news: News, now: DateTime<Utc>) -> bool {
        use DeliveryState::{Cancelled, Ready, Requested, Started};
        let state = match (news, self.state) {
            (News::FoodReady, Requested) => Ready,
            // Also when the rider is under way: the order was cancelled in the same moment as he left.
            (News::OrderEnded, Requested | Ready | Started) => Cancelled,
            _ => return false,
        };
        self.state = state;
        self.changed_at = now;
        true
    }

    /// Does what the rider says.
    ///
    /// # Errors
    /// When the delivery's state does not allow it; the delivery is unchanged then.
    pub fn obey(&mut self, command: Command, now: DateTime<Utc>) -> Result<(), Refusal> {
        if next(self.state) != Some(command) {
            return Err(Refusal {
                order_id: self.parcel.order_id,
                state: self.state,
                command,
            });
        }
        self.state = match command {
            Command::Start => DeliveryState::Started,
            Command::Deliver => DeliveryState::Delivered,
        };
        self.changed_at = now;
        Ok(())
    }

    /// What other services see.
    pub fn snapshot(&self) -> DeliverySnapshot {
        DeliverySnapshot {
            delivery_id: self.delivery_id,
            order_id: self.parcel.order_id,
            customer_id: self.parcel.customer_id.clone(),
            store_id: self.parcel.store_id.clone(),
            state: self.state,
            changed_at: self.changed_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(news: &[News]) -> Delivery {
        let parcel = Parcel {
            order_id: OrderId::new(),
            customer_id: "100".into(),
            store_id: "1".into(),
        };
        let mut delivery = Delivery::new(parcel, news[0], Utc::now());
        for news in &news[1..] {
            delivery.hear(*news, Utc::now());
        }
        delivery
    }

    #[test]
    fn the_news_of_order_and_food_may_come_in_either_order() {
        for news in [
            [News::OrderPlaced, News::FoodReady],
            [News::FoodReady, News::OrderPlaced],
        ] {
            assert_eq!(heard(&news).state, DeliveryState::Ready, "{news:?}");
        }
    }

    #[test]
    fn a_refusal_says_where_the_delivery_is_and_what_is_possible() {
        for (state, command, words) in [
            (DeliveryState::Requested, Command::Start, "it waits for the store"),
            (DeliveryState::Ready, Command::Deliver, "possible now: start"),
            (
                DeliveryState::Delivered,
                Command::Deliver,
                "nothing more can be done",
            ),
        ] {
            let mut delivery = heard(&[News::OrderPlaced]);
            delivery.state = state;
            let refusal = delivery.obey(command, Utc::now()).unwrap_err().to_string();
            assert!(
                refusal.contains(state_name(state)) && refusal.contains(words),
                "{refusal}"
            );
        }
    }

    #[test]
    fn food_that_was_handed_over_is_not_cancelled() {
        let mut delivery = heard(&[News::FoodReady]);
        delivery.obey(Command::Start, Utc::now()).unwrap();
        delivery.obey(Command::Deliver, Utc::now()).unwrap();
        assert!(!delivery.hear(News::OrderEnded, Utc::now()));
        assert_eq!(delivery.state, DeliveryState::Delivered);
    }

    #[derive(Debug, Clone, Copy)]
    enum Input {
        News(News),
        Rider(Command),
    }

    fn inputs() -> impl Strategy<Value = Vec<Input>> {
        let news = [
            News::OrderPlaced,
            News::FoodReady,
            News::FoodReady,
            News::OrderEnded,
        ];
        let input = prop_oneof![
            proptest::sample::select(news.to_vec()).prop_map(Input::News),
            proptest::sample::select(vec![Command::Start, Command::Deliver]).prop_map(Input::Rider),
        ];
        prop::collection::vec(input, 0..20)
    }

    fn rank(state: DeliveryState) -> u8 {
        match state {
            DeliveryState::Requested => 0,
            DeliveryState::Ready => 1,
            DeliveryState::Started => 2,
            DeliveryState::Delivered | DeliveryState::Cancelled => 3,
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_a_delivery_only_moves_forward_and_its_end_is_final(inputs in inputs()) {
            let mut delivery = heard(&[News::OrderPlaced]);
            for input in inputs {
                let before = delivery.clone();
                let changed = match input {
                    Input::News(news) => delivery.hear(news, Utc::now()),
                    Input::Rider(command) => delivery.obey(command, Utc::now()).is_ok(),
                };
                prop_assert_eq!(changed, delivery.state != before.state);
                prop_assert!(!changed || rank(delivery.state) > rank(before.state));
            }
        }

        #[test]
        fn once_the_order_has_ended_the_food_is_delivered_or_the_delivery_cancelled(inputs in inputs()) {
            let mut delivery = heard(&[News::OrderPlaced]);
            for input in inputs.into_iter().chain([Input::News(News::OrderEnded)]) {
                match input {
                    Input::News(news) => drop(delivery.hear(news, Utc::now())),
                    Input::Rider(command) => drop(delivery.obey(command, Utc::now())),
                }
            }
            prop_assert_eq!(rank(delivery.state), 3);
        }
    }
}
