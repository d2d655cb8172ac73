//! Deliveries: from the store to the door.

use delivery::app::{Board, Deliveries};
use delivery::consumer::OrderAndTicketEvents;
use delivery::{DeliveryTable, MIGRATIONS, http};
use fdp_contracts::topic;
use fdp_kit::SystemClock;
use fdp_kit::inbox::{PgInbox, Reacting};
use fdp_kit::ledger::PgLedger;
use std::sync::Arc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("delivery", 8084)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::DELIVERY)?;
    let reacting = Reacting::<DeliveryTable, _>::new(OrderAndTicketEvents);
    let effects = PgInbox::new(pool.clone(), outbox.clone(), reacting);
    service.subscribe(&[topic::ORDER, topic::STORE], Arc::new(effects))?;
    let ledger = PgLedger::<DeliveryTable>::new(pool, outbox);
    let clock = Arc::new(SystemClock);
    let deliveries = Deliveries::new(Arc::new(ledger.clone()), clock.clone());
    let board = Board::new(ledger, clock);
    let piloted = board.clone();
    service.autopilot(move |delay| {
        let board = piloted.clone();
        Box::pin(async move { board.move_on(delay).await })
    })?;
    service.serve(http::routes(deliveries, board)).await?;
    Ok(())
}
