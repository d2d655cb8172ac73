//! Stores and their tickets: the owner accepts, cooks and hands over.

use fdp_contracts::topic;
use fdp_kit::SystemClock;
use fdp_kit::inbox::{PgInbox, Reacting};
use fdp_kit::ledger::PgLedger;
use std::sync::Arc;
use store::app::{self, Kitchen, Stores, Tickets, Watch};
use store::consumer::OrderEvents;
use store::{MIGRATIONS, TicketTable, http};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut service = fdp_kit::Service::new("store", 8083)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::STORE)?;
    let bell = app::bell();
    let reacting = Reacting::<TicketTable, _>::new(OrderEvents::new(bell.clone()));
    let effects = PgInbox::new(pool.clone(), outbox.clone(), reacting);
    service.subscribe(&[topic::ORDER], Arc::new(effects))?;
    let check = service.health().informative("live tickets");
    service.spawn(bell.clone().run(pool.clone(), check, service.stopping()));
    let ledger = PgLedger::<TicketTable>::new(pool.clone(), outbox);
    let clock = Arc::new(SystemClock);
    let kitchen = Kitchen::new(ledger.clone(), clock.clone(), bell.clone());
    let piloted = kitchen.clone();
    service.autopilot(move |delay| {
        let kitchen = piloted.clone();
        Box::pin(async move { kitchen.move_on(delay).await })
    })?;
    let store = http::Parts {
        tickets: Tickets::new(Arc::new(ledger), clock.clone(), bell.clone()),
        kitchen,
        stores: Stores::new(pool.clone(), clock),
        watch: Watch::new(pool, bell, service.stopping()),
    };
    service.serve(http::routes(store)).await?;
    Ok(())
}
