//! Messages about what happened, signed as Stripe does.

use crate::books::now;
use crate::peer::StripePeer;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use serde_json::json;
use std::fmt::Write as _;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The header `Stripe-Signature`.
    pub signature: String,
    /// The body, as it was signed.
    pub body: String,
}

impl StripePeer {
    /// A message of this type about the payment of an order: `checkout.session.completed`, `charge.refund.updated` …
    pub fn webhook(&self, kind: &str, order_id: &str) -> Webhook {
        let body = json!({
            "id": format!("evt_{kind}"), "object": "event", "type": kind,
            "data": {"object": {"id": "object", "metadata": {"order_id": order_id}}},
        })
        .to_string();
        let time = now();
        let key = Key::new(HMAC_SHA256, Self::WEBHOOK_SECRET.as_bytes());
        let tag = sign(&key, format!("{time}.{body}").as_bytes());
        let mut hex = String::new();
        for byte in tag.as_ref() {
            write!(hex, "{byte:02x}").unwrap();
        }
        Webhook {
            signature: format!("t={time},v1={hex}"),
            body,
        }
    }
}
