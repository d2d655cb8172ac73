//! The signature of Stripe's messages (<https://docs.stripe.com/webhooks#verify-manually>).

use super::forms::ORDER_ID;
use super::objects::Event;
use crate::application::ports::WebhookError;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify as verify_hmac};
use chrono::{DateTime, TimeDelta, Utc};
use fdp_contracts::OrderId;

/// How long a signature counts, before and after: as long as in Stripe's own libraries.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Verifies that Stripe has signed `body` with `secret` just now, and returns the order that it is about, if any.
pub(super) fn verify(
    secret: &str,
    signature: Option<&str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<OrderId>, WebhookError> {
    let (signed_at, signatures) = signature.and_then(parse).ok_or(WebhookError::NoSignature)?;
    let message = [signed_at.to_string().as_bytes(), b".", body].concat();
    let key = Key::new(HMAC_SHA256, secret.as_bytes());
    // While a secret is replaced, Stripe signs with the old and the new one. The comparison takes the same time for all.
    if !signatures
        .iter()
        .any(|signature| verify_hmac(&key, &message, signature).is_ok())
    {
        return Err(WebhookError::OtherSignature);
    }
    let signed_at = DateTime::from_timestamp(signed_at, 0).ok_or(WebhookError::Stale)?;
    if (now - signed_at).abs() > TOLERANCE {
        return Err(WebhookError::Stale);
    }
    let event: Event = serde_json::from_slice(body).map_err(|_| WebhookError::NotAnEvent)?;
    let object = event.data.object;
    let in_metadata = object.metadata.and_then(|mut metadata| metadata.remove(ORDER_ID));
    let order_id = in_metadata.or(object.client_reference_id);
    Ok(order_id.and_then(|order_id| order_id.parse().ok()))
}

/// The time and the signatures of a header `t=…,v1=…,v1=…`; other schemes are left out.
fn parse(header: &str) -> Option<(i64, Vec<Vec<u8>>)> {
    let mut signed_at = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", time) => signed_at = Some(time.parse().ok()?),
            ("v1", hex) => signatures.push(bytes(hex)?),
            _ => {}
        }
    }
    Some((signed_at?, signatures)).filter(|(_, signatures)| !signatures.is_empty())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hmac::sign;
    use serde_json::json;
    use std::fmt::Write as _;

    const SECRET: &str = "whsec_test";

    fn signature(secret: &str, time: i64, body: &[u8]) -> String {
        let message = [time.to_string().as_bytes(), b".", body].concat();
        let tag = sign(&Key::new(HMAC_SHA256, secret.as_bytes()), &message);
        tag.as_ref().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }

    fn event(object: &serde_json::Value) -> Vec<u8> {
        json!({"type": "anything", "data": {"object": object}})
            .to_string()
            .into_bytes()
    }

    fn verified(header: &str, body: &[u8]) -> Result<Option<OrderId>, WebhookError> {
        verify(SECRET, Some(header), body, Utc::now())
    }

    #[test]
    fn a_message_is_known_by_its_signature_and_says_which_order_it_is_about() {
        let (order_id, time) = (OrderId::new(), Utc::now().timestamp());
        for object in [
            json!({"client_reference_id": order_id, "metadata": {}}),
            json!({"metadata": {"order_id": order_id}}),
        ] {
            let body = event(&object);
            let own = signature(SECRET, time, &body);
            let old = signature("whsec_old", time, &body);
            for header in [
                format!("t={time},v1={own}"),
                format!("t={time},v1={old},v1={own},v0=00"),
            ] {
                assert_eq!(verified(&header, &body), Ok(Some(order_id)), "{header}");
            }
        }
        let about_something_else = event(&json!({"id": "acct_1"}));
        let header = format!("t={time},v1={}", signature(SECRET, time, &about_something_else));
        assert_eq!(verified(&header, &about_something_else), Ok(None));
    }

    #[test]
    fn what_is_forged_changed_or_repeated_later_is_rejected() {
        let (body, now) = (event(&json!({})), Utc::now().timestamp());
        let own = signature(SECRET, now, &body);
        let forged = signature("whsec_other", now, &body);
        assert_eq!(
            verified(&format!("t={now},v1={forged}"), &body),
            Err(WebhookError::OtherSignature)
        );
        assert_eq!(
            verified(&format!("t={now},v1={own}"), b"{}"),
            Err(WebhookError::OtherSignature)
        );
        let other_time = format!("t={},v1={own}", now + 1);
        assert_eq!(verified(&other_time, &body), Err(WebhookError::OtherSignature));
        for time in [now - 301, now + 302] {
            let header = format!("t={time},v1={}", signature(SECRET, time, &body));
            assert_eq!(verified(&header, &body), Err(WebhookError::Stale), "{time}");
        }
    }

    #[test]
    fn a_header_that_is_none_is_rejected() {
        let body = event(&json!({}));
        let now = Utc::now().timestamp();
        let only_v0 = format!("t={now},v0={}", signature(SECRET, now, &body));
        for header in [
            "",
            "t=1",
            "v1=00",
            "t=x,v1=00",
            "t=1,v1=0",
            "t=1,v1=zz",
            "t=1,v1=가나",
            &only_v0,
        ] {
            assert_eq!(
                verified(header, &body),
                Err(WebhookError::NoSignature),
                "{header}"
            );
        }
        assert_eq!(
            verify(SECRET, None, &body, Utc::now()),
            Err(WebhookError::NoSignature)
        );
    }
}
