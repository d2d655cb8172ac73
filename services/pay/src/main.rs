//! The pay service.

use fdp_contracts::topic;
use fdp_kit::SystemClock;
use fdp_kit::inbox::{PgInbox, Reacting};
use pay::app::{self, Payments};
use pay::consumer::EndedOrders;
use pay::drill::{Drill, Drills};
use pay::http;
use pay::store::{PaymentTable, PgPayments};
use std::sync::Arc;

/// The most that anybody may pay at once, in won, unless `PAYMENT_LIMIT` says otherwise.
const PAYMENT_LIMIT: u64 = 100_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("pay", 8082)?;
    app::begin_counting();
    let limit = fdp_kit::config::optional("PAYMENT_LIMIT", PAYMENT_LIMIT)?;
    let drills = Drills::new(Drill::from_environment()?);
    let pool = service.database(&pay::MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::PAY)?;
    let refunds = Reacting::<PaymentTable, _>::new(EndedOrders);
    service.subscribe(
        &[topic::ORDER],
        Arc::new(PgInbox::new(pool.clone(), outbox.clone(), refunds)),
    )?;
    let book = PgPayments::new(pool, outbox);
    let payments = Payments::new(Arc::new(book.clone()), Arc::new(SystemClock), limit);
    service.serve(http::routes(payments, book, drills)).await?;
    Ok(())
}
