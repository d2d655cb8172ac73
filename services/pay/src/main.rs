//! The pay service: reads the configuration, wires the adapters to the use cases, and serves.

use fdp_catalogue::{Service, topic, variables};
use fdp_http::Serve as _;
use fdp_runtime::{SystemClock, config};
use fdp_storage::OpenDatabase as _;
use fdp_storage::inbox::Reacting;
use pay::adapters::events::{AcceptedOrders, EndedOrders};
use pay::adapters::storage::{PaymentTable, PgPayments};
use pay::application::{self, Payments};
use pay::drills::{Drill, Drills};
use pay::provider::{self, Provider};
use std::sync::Arc;

/// The highest amount of one payment in won, unless `PAYMENT_LIMIT` is set.
const PAYMENT_LIMIT: u64 = 100_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    fdp_messaging::dead_letters::run_if_asked(Service::Pay.name())?;
    provider::reconcile_if_asked().await?;
    let mut service = fdp_runtime::Service::of(Service::Pay)?;
    application::register_metrics();
    let limit = config::optional("PAYMENT_LIMIT", PAYMENT_LIMIT)?;
    let drills = Drills::new(Drill::from_environment()?);
    let pool = service.database(&pay::MIGRATIONS)?;
    service.retain(&pool, &[])?;
    let outbox = service.outbox(&pool, topic::PAY)?;
    let stored = Arc::new(PgPayments::new(pool.clone(), outbox.clone()));
    let payments = Payments::new(stored.clone(), Arc::new(SystemClock), limit);
    if let Some(port) = config::maybe(variables::DRILL_PORT)? {
        service
            .serve_also(port, pay::drill_routes(drills.clone()))
            .await?;
    }
    let routes = match Provider::from_environment(&pool, &outbox, limit)? {
        None => {
            let refunds = Reacting::<PaymentTable, _>::new(EndedOrders);
            service.consume(Service::Pay.consumes(), &pool, &outbox, refunds)?;
            pay::routes(payments, stored, drills, None)
        }
        Some(provider) => {
            service.consume(Service::Pay.consumes(), &pool, &outbox, AcceptedOrders::default())?;
            let (health, stop) = (service.health().clone(), service.stopping());
            service.spawn(provider.settlement.clone().run(health.clone(), stop.clone()));
            service.spawn(provider.reconciliation.clone().run(health, stop));
            if provider.takes_payments {
                pay::provider_routes(provider.paying, payments, stored, provider.webhooks)
            } else {
                // The provider still has payments of before.
                pay::routes(payments, stored, drills, Some(provider.webhooks))
            }
        }
    };
    service.serve(routes).await?;
    Ok(())
}
