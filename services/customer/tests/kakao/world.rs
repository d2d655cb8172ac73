//! A database with orders that change, and senders that send messages about them.

use crate::mock::{DEADLINE, Mock};
use crate::support;
use chrono::{DateTime, Utc};
use customer::MIGRATIONS;
use customer::adapters::http::AppState;
use customer::adapters::kakao::{Kakao, KakaoSettings};
use customer::adapters::storage::PgAttempts;
use customer::application::RecordNotifications;
use customer::application::sender::{Sender, SenderConfig};
use customer::domain::{Contact, Language, Notification, SendState};
use fdp_contracts::{OrderId, OrderState};
use fdp_runtime::Health;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const CUSTOMER: &str = "100";
pub(crate) const FRIEND: &str = "kakao-friend-100";
/// The timeout of each wait in these tests.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The states of an order that is delivered, by version.
pub(crate) const STATES: [OrderState; 5] = [
    OrderState::Placed,
    OrderState::Accepted,
    OrderState::Cooking,
    OrderState::OnTheWay,
    OrderState::Delivered,
];

pub(crate) const CONFIG: SenderConfig = SenderConfig {
    concurrency: 4,
    send_timeout: Duration::from_secs(5),
    lease: Duration::from_secs(6),
};

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) wake: Arc<Notify>,
}

/// A running sender; dropping it ends it and its attempts like a kill.
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
        world.set_contact(CUSTOMER, FRIEND, Language::Korean).await;
        world
    }

    pub(crate) fn state(&self) -> AppState {
        support::state(&self.pool)
    }

    pub(crate) async fn set_contact(&self, customer: &str, kakao_uuid: &str, language: Language) {
        let contact = Contact {
            kakao_uuid: kakao_uuid.to_owned(),
            language,
        };
        let contacts = self.state().contacts;
        contacts.save(customer, &contact, Utc::now()).await.unwrap();
    }

    /// The order of `customer` passes through the [`STATES`] of these versions.
    pub(crate) async fn order(
        &self,
        order_id: OrderId,
        customer: &str,
        versions: std::ops::RangeInclusive<u32>,
    ) {
        self.order_since(order_id, customer, versions, Utc::now()).await;
    }

    /// The same, with another time than the current one.
    pub(crate) async fn order_since(
        &self,
        order_id: OrderId,
        customer: &str,
        versions: std::ops::RangeInclusive<u32>,
        changed_at: DateTime<Utc>,
    ) {
        for version in versions {
            let state = STATES[version as usize - 1];
            let order = support::order(order_id, customer, state, version, changed_at);
            let recording = RecordNotifications::sent_by(Arc::clone(&self.wake));
            support::consume(&self.pool, recording, [order]).await;
        }
    }

    /// A new order, just placed, of the customer with a contact.
    pub(crate) async fn placed(&self) -> OrderId {
        let order_id = OrderId::new();
        self.order(order_id, CUSTOMER, 1..=1).await;
        order_id
    }

    pub(crate) fn sender(&self, mock: &Mock) -> Running {
        self.sender_with(mock.settings(), CONFIG)
    }

    pub(crate) fn sender_with(&self, settings: KakaoSettings, config: SenderConfig) -> Running {
        let health = Health::default();
        let kakao = Kakao::new(settings, self.pool.clone()).unwrap();
        let sender = Sender::new(
            Arc::new(PgAttempts(self.pool.clone())),
            Arc::new(kakao),
            config,
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
        self.state().messages.of_order(order_id).await.unwrap()
    }

    /// Waits until each of the order's messages has the state in `expected`, by version.
    pub(crate) async fn until(&self, order_id: OrderId, expected: &[SendState]) -> Vec<Notification> {
        let deadline = Instant::now() + TEST_TIMEOUT;
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

    /// Waits until an attempt to send the order's first message has failed.
    pub(crate) async fn until_tried(&self, order_id: OrderId) -> Notification {
        let deadline = Instant::now() + TEST_TIMEOUT;
        loop {
            let message = self.messages(order_id).await.remove(0);
            if message.sending == SendState::Pending && message.attempts > 0 {
                return message;
            }
            assert!(Instant::now() < deadline, "not tried: {message:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until no message is pending any more.
    pub(crate) async fn until_all_sent(&self) {
        let deadline = Instant::now() + TEST_TIMEOUT + DEADLINE;
        let pending = "SELECT count(*) FROM notifications WHERE sending IN ('Pending', 'Sending')";
        loop {
            let left: i64 = sqlx::query_scalar(pending).fetch_one(&self.pool).await.unwrap();
            if left == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "{left} messages are still pending");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Running {
    /// Stops it after its attempts in progress.
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
