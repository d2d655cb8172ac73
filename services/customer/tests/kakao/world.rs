//! A database with orders that change, and senders that tell of it.

use crate::mock::{DEADLINE, Mock};
use chrono::{DateTime, Utc};
use customer::MIGRATIONS;
use customer::app::Notifications;
use customer::consumer::OrderEvents;
use customer::domain::{Contact, Language, Notification, SendState};
use customer::kakao::{Kakao, KakaoSettings};
use customer::sender::{Pace, Sender};
use fdp_contracts::{Event, OrderId, OrderSnapshot, OrderState};
use fdp_kit::inbox::{Effects, PgInbox};
use fdp_kit::{Health, Incoming, Outbox};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const CUSTOMER: &str = "100";
pub(crate) const FRIEND: &str = "kakao-friend-100";
/// How long anything here may take that is not meant to fail.
const DEADLINE_OF_ALL: Duration = Duration::from_secs(30);
/// The states of an order that goes well, by version.
pub(crate) const STATES: [OrderState; 5] = [
    OrderState::Placed,
    OrderState::Accepted,
    OrderState::Cooking,
    OrderState::OnTheWay,
    OrderState::Delivered,
];

pub(crate) const PACE: Pace = Pace {
    concurrency: 4,
    patience: Duration::from_secs(5),
    lease: Duration::from_secs(6),
};

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) wake: Arc<Notify>,
}

/// A sender that runs; dropped, it is gone as after a kill, with all that it had begun.
pub(crate) struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl World {
    pub(crate) async fn new() -> Self {
        let world = Self {
            pool: fdp_test_database::migrated(&MIGRATIONS).await.unwrap(),
            wake: Arc::new(Notify::new()),
        };
        world.reach(CUSTOMER, FRIEND, Language::Korean).await;
        world
    }

    pub(crate) fn notifications(&self) -> Notifications {
        Notifications::new(self.pool.clone())
    }

    pub(crate) async fn reach(&self, customer: &str, kakao_uuid: &str, language: Language) {
        let contact = Contact {
            kakao_uuid: kakao_uuid.to_owned(),
            language,
        };
        self.notifications().reach(customer, &contact).await.unwrap();
    }

    /// The order of `customer` reaches the first so many of [`STATES`], from `versions.start` on.
    pub(crate) async fn order(
        &self,
        order_id: OrderId,
        customer: &str,
        versions: std::ops::RangeInclusive<u32>,
    ) {
        self.order_since(order_id, customer, versions, Utc::now()).await;
    }

    /// The same, at another time than now.
    pub(crate) async fn order_since(
        &self,
        order_id: OrderId,
        customer: &str,
        versions: std::ops::RangeInclusive<u32>,
        changed_at: DateTime<Utc>,
    ) {
        let handler = OrderEvents::sent_by(Arc::clone(&self.wake));
        let inbox = PgInbox::new(self.pool.clone(), Outbox::silent("customer"), handler);
        for version in versions {
            let event = Event::Order(OrderSnapshot {
                order_id,
                customer_id: customer.to_owned(),
                store_id: "1".into(),
                lines: vec![],
                amount: 10_000,
                state: STATES[version as usize - 1],
                reason: None,
                version,
                placed_at: changed_at,
                changed_at,
            });
            let envelope = event.into_cloud_event("order", None).unwrap();
            inbox
                .bring_about(&[Incoming::open(envelope).unwrap()])
                .await
                .unwrap();
        }
    }

    /// A new order of the customer with a contact, just placed.
    pub(crate) async fn placed(&self) -> OrderId {
        let order_id = OrderId::new();
        self.order(order_id, CUSTOMER, 1..=1).await;
        order_id
    }

    pub(crate) fn sender(&self, mock: &Mock) -> Running {
        self.sender_with(mock.settings(), PACE)
    }

    pub(crate) fn sender_with(&self, settings: KakaoSettings, pace: Pace) -> Running {
        let health = Health::default();
        let kakao = Kakao::new(settings, self.pool.clone()).unwrap();
        let sender = Sender::new(
            self.pool.clone(),
            Arc::new(kakao),
            pace,
            Arc::clone(&self.wake),
            health.informative("kakao"),
        );
        let stop = CancellationToken::new();
        Running {
            task: tokio::spawn(sender.run(health, stop.clone())),
            stop,
        }
    }

    pub(crate) async fn messages(&self, order_id: OrderId) -> Vec<Notification> {
        self.notifications().of_order(order_id).await.unwrap()
    }

    /// Waits until each of the order's messages is as `expected` says, by version.
    pub(crate) async fn until(&self, order_id: OrderId, expected: &[SendState]) -> Vec<Notification> {
        let deadline = Instant::now() + DEADLINE_OF_ALL;
        loop {
            let messages = self.messages(order_id).await;
            let states: Vec<SendState> = messages.iter().map(|message| message.sending).collect();
            if states == expected {
                return messages;
            }
            assert!(Instant::now() < deadline, "still {messages:#?}, not {expected:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until sending the order's first message has been tried, in vain.
    pub(crate) async fn until_tried(&self, order_id: OrderId) -> Notification {
        let deadline = Instant::now() + DEADLINE_OF_ALL;
        loop {
            let message = self.messages(order_id).await.remove(0);
            if message.sending == SendState::Pending && message.attempts > 0 {
                return message;
            }
            assert!(Instant::now() < deadline, "not tried: {message:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until no message is to be sent any more.
    pub(crate) async fn until_at_rest(&self) {
        let deadline = Instant::now() + DEADLINE_OF_ALL + DEADLINE;
        let under_way = "SELECT count(*) FROM notifications WHERE sending IN ('Pending', 'Sending')";
        loop {
            let left: i64 = sqlx::query_scalar(under_way).fetch_one(&self.pool).await.unwrap();
            if left == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "{left} messages are still under way");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Running {
    /// Lets it finish what it has begun.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
