//! Starts the store service: wires its use cases to PostgreSQL, Kafka and HTTP.

use anyhow::Context as _;
use fdp_catalogue::{Service, topic};
use fdp_http::Serve as _;
use fdp_runtime::{SystemClock, config};
use fdp_storage::inbox::Reacting;
use fdp_storage::ledger::PgLedger;
use fdp_storage::{OpenDatabase as _, database};
use std::sync::Arc;
use store::adapters::events::OrderEvents;
use store::adapters::http::{self, AppState};
use store::adapters::storage::{
    MIGRATIONS, PgStoreRepository, PgTicketChangeLog, PgTicketRepository, RETAINED, TicketTable,
    announce_all_again,
};
use store::application::announcements;
use store::application::autopilot::Autopilot;
use store::application::deadlines::Deadlines;
use store::application::notifier::notifier;
use store::application::stores::Stores;
use store::application::tickets::Tickets;
use store::application::watch::TicketWatch;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("announce") {
        return announce().await;
    }
    fdp_messaging::dead_letters::run_if_asked(Service::Store.name())?;
    let mut service = fdp_runtime::Service::of(Service::Store)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::STORE)?;
    let notifier = notifier();
    let events = Reacting::<TicketTable, _>::new(OrderEvents::new(notifier.clone()));
    service.consume(Service::Store.consumes(), &pool, &outbox, events)?;
    service.retain(&pool, &RETAINED)?;
    let check = service.health().informative("live tickets");
    service.spawn(notifier.clone().run(pool.clone(), check, service.stopping()));
    let ledger = PgLedger::<TicketTable>::new(pool.clone(), outbox.clone());
    let clock = Arc::new(SystemClock);
    let repository = Arc::new(PgTicketRepository(ledger.clone()));
    let autopilot = Autopilot::new(repository.clone(), clock.clone(), notifier.clone());
    service.autopilot(move |delay| {
        let autopilot = autopilot.clone();
        Box::pin(async move { autopilot.advance(delay).await })
    })?;
    let deadlines = Deadlines::new(repository.clone(), clock.clone(), notifier.clone());
    service.spawn(deadlines.run(service.health().clone(), service.stopping()));
    let stores = Arc::new(PgStoreRepository::new(pool.clone(), outbox.to(topic::MENU)));
    service.spawn(announcements::run(
        stores.clone(),
        service.health().clone(),
        service.stopping(),
    ));
    let change_log = Arc::new(PgTicketChangeLog(pool));
    let state = AppState {
        tickets: Tickets::new(Arc::new(ledger), clock.clone(), notifier.clone()),
        all: repository,
        stores: Stores::new(stores, clock),
        watch: TicketWatch::new(change_log, notifier, service.stopping()),
    };
    service.serve(http::routes(state)).await?;
    Ok(())
}

/// `store announce`: every store tells other services once more what it offers, for those that have lost it.
async fn announce() -> anyhow::Result<()> {
    let url = config::required("DATABASE_URL", "postgres://user:password@host:5432/store")?;
    let pool = database::lazy_pool(&url, "store-announce", 1)?;
    let stores = announce_all_again(&pool)
        .await
        .context("having stores announced again")?;
    println!("{stores} stores are announced again within 30 seconds, by the replicas that run");
    Ok(())
}
