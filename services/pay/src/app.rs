//! The use cases: each locks the order's payment, decides, and keeps the change with its event.

use crate::domain::{self, Charge, Decision, Payment, Refusal};
use crate::store;
use chrono::{DateTime, SubsecRound as _, Utc};
use fdp_contracts::{Event, OrderId, PaymentId, topic};
use fdp_kit::outbox::{self, OutboxError};
use sqlx::{PgConnection, PgPool};

const SERVICE: &str = "pay";

/// Payments and the rules that the shop sets.
#[derive(Debug, Clone)]
pub struct Payments {
    pool: PgPool,
    limit: u64,
}

/// Why a payment was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed.
    #[error("keeping the payment: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<OutboxError> for PayError {
    fn from(error: OutboxError) -> Self {
        Self::Database(error.into())
    }
}

/// A payment, and whether this call made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The payment.
    pub payment: Payment,
    /// False when it was there before.
    pub new: bool,
}

impl Payments {
    /// Payments in the database of `pool`, of at most `limit` won each.
    pub fn new(pool: PgPool, limit: u64) -> Self {
        Self { pool, limit }
    }

    /// Takes the payment, or finds that it was taken before.
    ///
    /// # Errors
    /// When the rules forbid it, or the database fails.
    pub async fn approve(&self, charge: &Charge) -> Result<Taken, PayError> {
        let mut transaction = self.pool.begin().await?;
        let decide = |present| domain::approve(present, charge, self.limit, now());
        let decided = carry_out(&mut transaction, charge.order_id, decide).await?;
        transaction.commit().await?;
        Ok(match decided {
            Decision::Create(payment) => Taken { payment, new: true },
            Decision::Update(payment) | Decision::Keep(payment) => Taken { payment, new: false },
        })
    }

    /// Makes sure that the order is not paid and never will be.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn void(&self, order_id: OrderId) -> Result<Payment, PayError> {
        let mut transaction = self.pool.begin().await?;
        let decide = |present| Ok(domain::void(present, order_id, now()));
        let decided = carry_out(&mut transaction, order_id, decide).await?;
        transaction.commit().await?;
        let (Decision::Create(payment) | Decision::Update(payment) | Decision::Keep(payment)) = decided;
        Ok(payment)
    }

    /// The payment of that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, payment_id: PaymentId) -> Result<Option<Payment>, sqlx::Error> {
        store::find(&self.pool, payment_id).await
    }

    /// The newest payments, of one order or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(&self, order_id: Option<OrderId>, limit: u32) -> Result<Vec<Payment>, sqlx::Error> {
        store::newest(&self.pool, order_id, limit).await
    }
}

/// Gives the payment of an ended order back, inside the transaction on `connection`.
///
/// # Errors
/// When the database fails.
pub async fn refund(connection: &mut PgConnection, order_id: OrderId) -> Result<(), PayError> {
    let decide = |present| Ok(domain::refund(present, order_id, now()));
    carry_out(connection, order_id, decide).await.map(drop)
}

/// The time, as exactly as the database keeps it: the first answer and its repetition read the same.
fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

async fn carry_out(
    connection: &mut PgConnection,
    order_id: OrderId,
    decide: impl Fn(Option<Payment>) -> Result<Decision, Refusal>,
) -> Result<Decision, PayError> {
    loop {
        let present = store::lock(connection, order_id).await?;
        let decided = decide(present)?;
        let changed = match &decided {
            Decision::Keep(_) => return Ok(decided),
            // There is no row to lock before the first: who inserts second decides again, on what the first made.
            Decision::Create(payment) if !store::insert(connection, payment).await? => continue,
            Decision::Create(payment) => payment,
            Decision::Update(payment) => {
                store::update(connection, payment).await?;
                payment
            }
        };
        outbox::append(
            connection,
            SERVICE,
            topic::PAY,
            Event::Payment(changed.snapshot()),
        )
        .await?;
        tracing::info!(
            order_id = %order_id, payment_id = %changed.payment_id, amount = changed.amount,
            state = ?changed.state, "the payment changed"
        );
        return Ok(decided);
    }
}
