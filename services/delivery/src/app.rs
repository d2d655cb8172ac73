//! What delivery does: takes note of orders and food, and obeys the rider. Each is one transaction.

use crate::domain::{self, Command, Delivery, News, Parcel, Refusal};
use crate::store;
use chrono::{DateTime, SubsecRound, Utc};
use fdp_contracts::{DeliveryState, Event, OrderId, topic};
use fdp_kit::outbox;
use fdp_kit::trace::{self, TraceContext};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;

const SERVICE: &str = "delivery";
/// How many deliveries one transaction moves on by itself.
const BATCH: u32 = 32;

/// The use cases of riders, and of a rider that acts by itself.
#[derive(Debug, Clone)]
pub struct Deliveries {
    pool: PgPool,
}

/// Why a delivery was not found or not changed.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is none.
    #[error("there is no delivery for order {0}")]
    NotFound(OrderId),
    /// Its state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed; nothing has changed.
    #[error("keeping deliveries: {0}")]
    Database(#[from] sqlx::Error),
}

impl Deliveries {
    /// Works on the database behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Does what the rider says with the order's delivery, and gives the delivery as it is then.
    ///
    /// # Errors
    /// When there is no such delivery, its state does not allow it, or the database fails.
    pub async fn command(&self, order_id: OrderId, command: Command) -> Result<Delivery, DeliveryError> {
        let mut transaction = self.pool.begin().await?;
        let mut delivery = store::lock(&mut transaction, order_id)
            .await?
            .ok_or(DeliveryError::NotFound(order_id))?;
        obey(&mut transaction, &mut delivery, command).await?;
        transaction.commit().await?;
        Ok(delivery)
    }

    /// Takes the next step of deliveries that have stood still for `delay`; gives how many there were.
    ///
    /// # Errors
    /// When the database fails; nothing has changed then.
    pub async fn move_on(&self, delay: Duration) -> Result<usize, DeliveryError> {
        let mut transaction = self.pool.begin().await?;
        let idle = store::lock_idle(&mut transaction, now() - delay, BATCH).await?;
        let count = idle.len();
        for mut delivery in idle {
            if let Some(command) = domain::next(delivery.state) {
                let step = obey(&mut transaction, &mut delivery, command);
                trace::within(TraceContext::start(), step).await?;
            }
        }
        transaction.commit().await?;
        Ok(count)
    }

    /// The delivery of one order.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn delivery(&self, order_id: OrderId) -> Result<Delivery, DeliveryError> {
        let delivery = store::find(&self.pool, order_id).await?;
        delivery.ok_or(DeliveryError::NotFound(order_id))
    }

    /// The newest deliveries, of one state or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliveries(
        &self,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<Delivery>, sqlx::Error> {
        store::list(&self.pool, state, limit).await
    }
}

/// Takes note of news about an order; makes its delivery if this is the first.
///
/// # Errors
/// When the database fails; the transaction on `connection` is to be given up then.
pub async fn hear(connection: &mut PgConnection, parcel: Parcel, news: News) -> Result<(), sqlx::Error> {
    let order_id = parcel.order_id;
    // The news of the order and of its food come on two topics, perhaps in the same moment to two replicas:
    // the second insert waits for the first and then finds its row.
    let new = Delivery::new(parcel, news, now());
    if store::insert(connection, &new).await? {
        return announce(connection, &new).await;
    }
    let Some(mut delivery) = store::lock(connection, order_id).await? else {
        return Ok(());
    };
    if delivery.hear(news, now()) {
        store::update(connection, &delivery).await?;
        announce(connection, &delivery).await?;
    }
    Ok(())
}

async fn obey(
    connection: &mut PgConnection,
    delivery: &mut Delivery,
    command: Command,
) -> Result<(), DeliveryError> {
    delivery.obey(command, now())?;
    store::update(connection, delivery).await?;
    announce(connection, delivery).await?;
    Ok(())
}

async fn announce(connection: &mut PgConnection, delivery: &Delivery) -> Result<(), sqlx::Error> {
    let event = Event::Delivery(delivery.snapshot());
    outbox::append(connection, SERVICE, topic::DELIVERY, event).await?;
    let (order_id, state) = (delivery.parcel.order_id, domain::state_name(delivery.state));
    tracing::info!(%order_id, delivery_id = %delivery.delivery_id, state, "a delivery changed");
    Ok(())
}

/// The time, as exact as PostgreSQL keeps it.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
