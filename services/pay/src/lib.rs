//! The pay service: approves, voids and refunds payments, one for each order.

pub mod adapters;
pub mod application;
pub mod domain;
pub mod drills;

use adapters::http::{self, AppState};
use application::Payments;
use application::ports::PaymentQueries;
use axum::Router;
use drills::{DrilledPayments, Drills};
use fdp_http::openapi;
use include_dir::include_dir;
use sqlx::migrate::Migrator;
use std::sync::Arc;
use std::sync::LazyLock;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The service's own tables.
pub static MIGRATIONS: LazyLock<Migrator> =
    LazyLock::new(|| fdp_storage::migrations(&include_dir!("$CARGO_MANIFEST_DIR/migrations")));

/// The HTTP routes of the service: the only place where drills are put in front of the use cases.
pub fn routes(payments: Payments, queries: Arc<dyn PaymentQueries>, drills: Drills) -> Router {
    let approval = DrilledPayments {
        payments: payments.clone(),
        drills: drills.clone(),
    };
    let state = AppState {
        approval: Arc::new(approval),
        payments,
        queries,
    };
    let payment_routes: Router = http::routes().with_state(state).into();
    let drill_routes: Router = drills::http::routes().with_state(drills).into();
    openapi::serve(&openapi(), payment_routes.merge(drill_routes))
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    let description = "Payments: one for each order, taken, refunded or made impossible.";
    let drills = OpenApiRouter::<AppState>::with_openapi(drills::http::routes().into_openapi());
    openapi::document("pay", description, http::routes().merge(drills))
}
