//! The pay service: approves, voids and refunds payments, one for each order.

pub mod adapters;
pub mod application;
pub mod domain;
pub mod drills;
pub mod provider;

pub use adapters::http::Webhooks;
use adapters::http::{self, AppState, ApprovePayment};
use application::Payments;
use application::ports::PaymentQueries;
use application::provider_payments::Paying;
use axum::Router;
use drills::{DrilledPayments, Drills};
use fdp_http::openapi;
use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::Arc;
use std::sync::LazyLock;
use utoipa::openapi::OpenApi;

/// The service's own tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));

/// The HTTP routes of the service, where the ledger takes the money: the only place where drills are put in front of the use
/// cases. Nobody can set one here.
///
/// `webhooks` takes the messages of a provider that has payments of before.
pub fn routes(
    payments: Payments,
    queries: Arc<dyn PaymentQueries>,
    drills: Drills,
    webhooks: Option<Webhooks>,
) -> Router {
    let approval = DrilledPayments {
        payments: payments.clone(),
        drills,
    };
    routes_of(Arc::new(approval), payments, queries, webhooks)
}

/// The HTTP routes of the service, where a provider takes the money.
pub fn provider_routes(
    paying: Paying,
    payments: Payments,
    queries: Arc<dyn PaymentQueries>,
    webhooks: Webhooks,
) -> Router {
    routes_of(Arc::new(paying), payments, queries, Some(webhooks))
}

fn routes_of(
    approval: Arc<dyn ApprovePayment>,
    payments: Payments,
    queries: Arc<dyn PaymentQueries>,
    webhooks: Option<Webhooks>,
) -> Router {
    let state = AppState {
        approval,
        payments,
        queries,
        webhooks,
    };
    openapi::serve(&openapi(), http::routes().with_state(state).into())
}

/// The HTTP routes of fault injection, with their own OpenAPI document; for a port that only operators reach.
pub fn drill_routes(drills: Drills) -> Router {
    let description = "Fault injection: payments are made slow or fail on purpose, for a time.";
    let document = openapi::document("pay", description, drills::http::routes());
    openapi::serve(&document, drills::http::routes().with_state(drills).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    let description = "Payments: one for each order, taken, refunded or made impossible.";
    openapi::document("pay", description, http::routes())
}
