//! Starts the delivery service: wires its use cases to PostgreSQL, Kafka and HTTP.

use delivery::adapters::events::OrderAndTicketEvents;
use delivery::adapters::http::{self, AppState};
use delivery::adapters::storage::{
    DeliveryTable, MIGRATIONS, PgDeliveryLedger, PgDeliveryRepository, RETAINED,
};
use delivery::application::autopilot::Autopilot;
use delivery::application::deadlines::Deadlines;
use delivery::application::deliveries::Deliveries;
use fdp_catalogue::{Service, topic, variables};
use fdp_http::Serve as _;
use fdp_runtime::{SystemClock, config};
use fdp_storage::OpenDatabase as _;
use fdp_storage::inbox::Reacting;
use fdp_storage::ledger::PgLedger;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// How many deliveries a rider may have at once, unless `RIDER_DELIVERIES_AT_ONCE` is set.
const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);
/// For how many minutes a rider may be silent before others get his deliveries, unless `RIDER_SILENT_MINUTES` is set.
const SILENT_MINUTES: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Delivery.name())?;
    let mut service = fdp_runtime::Service::of(Service::Delivery)?;
    let pool = service.database(&MIGRATIONS)?;
    let outbox = service.outbox(&pool, topic::DELIVERY)?;
    let events = Reacting::<DeliveryTable, _>::new(OrderAndTicketEvents);
    service.consume(Service::Delivery.consumes(), &pool, &outbox, events)?;
    service.retain(&pool, &RETAINED)?;
    let ledger = PgLedger::<DeliveryTable>::new(pool, outbox);
    let clock = Arc::new(SystemClock);
    let repository = Arc::new(PgDeliveryRepository(ledger.clone()));
    let autopilot = Autopilot::new(repository.clone(), clock.clone());
    service.autopilot(move |delay| {
        let autopilot = autopilot.clone();
        Box::pin(async move { autopilot.advance(delay).await })
    })?;
    let at_once = config::optional(variables::RIDER_DELIVERIES_AT_ONCE, AT_ONCE)?;
    let silent_minutes = config::optional(variables::RIDER_SILENT_MINUTES, SILENT_MINUTES)?;
    let deadlines = Deadlines::new(
        repository.clone(),
        clock.clone(),
        Duration::from_mins(silent_minutes.get().into()),
    );
    service.spawn(deadlines.run(service.health().clone(), service.stopping()));
    let state = AppState {
        deliveries: Deliveries::new(Arc::new(PgDeliveryLedger(ledger)), clock, at_once),
        all: repository,
    };
    service.serve(http::routes(state)).await?;
    Ok(())
}
