//! The route for messages of Stripe.

use crate::adapters::http::state::AppState;
use axum::body::Bytes;
use axum::extract::State;
use fdp_http::Problem;
use http::{HeaderMap, StatusCode};

/// Takes a message of Stripe about a payment. Only Stripe sends them: they are admitted by their signature.
#[utoipa::path(post, path = "/payments/webhooks/stripe", operation_id = "stripe_webhook",
    params(("Stripe-Signature" = String, Header, description = "`t=…,v1=…` by Stripe's scheme.")),
    request_body(content = serde_json::Value, description = "An event of Stripe.", content_type = "application/json"),
    responses(
        (status = 200, description = "Noted, or about something else."),
        (status = 400, description = "Not signed by Stripe, or too long ago."),
        (status = 404, description = "Payments don't go through Stripe here."),
    ))]
pub(super) async fn stripe(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let signature = headers
        .get("stripe-signature")
        .ok_or_else(|| Problem::bad_request("the header Stripe-Signature is missing"))?;
    let Some(webhooks) = &state.webhooks else {
        return Err(Problem::not_found("payments don't go through Stripe here"));
    };
    webhooks.take(signature.to_str().ok(), &body).await?;
    Ok(StatusCode::OK)
}
