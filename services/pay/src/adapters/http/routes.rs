//! The routes of payments.

use crate::adapters::http::state::AppState;
use crate::adapters::http::{handlers, stripe_webhook};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(handlers::approve, handlers::list))
        .routes(routes!(handlers::show))
        .routes(routes!(handlers::void))
        .routes(routes!(stripe_webhook::stripe))
}
