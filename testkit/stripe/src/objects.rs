//! The books as Stripe's objects, in JSON.

use crate::records::{Intent, IntentStatus, Refund, RefundStatus, Session, SessionStatus};
use serde_json::{Value, json};

/// For how long money is held at most, in seconds: seven days.
const HELD_FOR: u64 = 7 * 24 * 3600;

/// A page, below the address `base`, with its payment.
pub(crate) fn session_json(session: &Session, base: &str, intent: Option<&Value>) -> Value {
    let status = match session.status {
        SessionStatus::Open => "open",
        SessionStatus::Complete => "complete",
        SessionStatus::Expired => "expired",
    };
    let is_open = session.status == SessionStatus::Open;
    json!({
        "id": session.id, "object": "checkout.session", "status": status,
        "url": is_open.then(|| format!("{base}/c/pay/{}", session.id)),
        "expires_at": session.expires_at, "client_reference_id": session.order_id,
        "metadata": {"order_id": session.order_id}, "amount_total": session.amount, "currency": "krw",
        "payment_intent": intent,
    })
}

/// A payment of which this much went back, in won.
pub(crate) fn intent_json(intent: &Intent, refunded: u64) -> Value {
    let status = match intent.status {
        IntentStatus::RequiresAction => "requires_action",
        IntentStatus::RequiresPaymentMethod => "requires_payment_method",
        IntentStatus::RequiresCapture => "requires_capture",
        IntentStatus::Succeeded => "succeeded",
        IntentStatus::Canceled => "canceled",
    };
    let is_held = intent.status == IntentStatus::RequiresCapture;
    json!({
        "id": intent.id, "object": "payment_intent", "status": status, "amount": intent.amount,
        "amount_capturable": if is_held { intent.amount } else { 0 }, "amount_received": intent.received,
        "created": intent.created, "currency": "krw", "metadata": {"order_id": intent.order_id},
        "latest_charge": {
            "id": format!("ch_{}", intent.id), "object": "charge", "amount_refunded": refunded,
            "payment_method_details": {"card": {"capture_before": is_held.then_some(intent.created + HELD_FOR)}},
        },
    })
}

pub(crate) fn refund_json(refund: &Refund) -> Value {
    let status = match refund.status {
        RefundStatus::Pending => "pending",
        RefundStatus::Succeeded => "succeeded",
        RefundStatus::Failed => "failed",
    };
    json!({
        "id": refund.id, "object": "refund", "amount": refund.amount, "status": status, "payment_intent": refund.intent,
        "currency": "krw",
    })
}

pub(crate) fn list(data: Vec<Value>) -> Value {
    json!({"object": "list", "data": Value::Array(data), "has_more": false})
}
