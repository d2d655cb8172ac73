//! What Stripe's objects say of a payment (<https://docs.stripe.com/payments/paymentintents/lifecycle>).

use super::objects::{Charge, Expandable, PaymentIntent, Refund, Session};
use crate::application::ports::Outcome;
use crate::domain::provider_payment::{Books, Page, Reference, Standing};
use chrono::{DateTime, Utc};

/// What a session and its payment say; `refunds` are those of the payment.
pub(super) fn of_session(session: Session, refunds: &[Refund]) -> Outcome {
    let Session {
        id,
        status,
        url,
        expires_at,
        payment_intent,
    } = session;
    let reference = Reference {
        session: Some(id.clone()),
        payment: None,
    };
    match status.as_deref() {
        Some("open") => match (url, DateTime::from_timestamp(expires_at, 0)) {
            (Some(url), Some(expires_at)) => Outcome::NeedsCustomer(Page { url, expires_at }, reference),
            _ => Outcome::Unknown("Stripe's page has no address".to_owned()),
        },
        Some("expired") => Outcome::Known(Standing::Expired, reference),
        Some("complete") => match payment_intent {
            Some(Expandable::Object(intent)) => with_session(of_intent(*intent, refunds), id),
            Some(Expandable::Id(intent)) => {
                Outcome::Unknown(format!("Stripe tells nothing of its payment {intent}"))
            }
            None => Outcome::Unknown("Stripe's page is complete and names no payment".to_owned()),
        },
        other => Outcome::Unknown(format!("Stripe's page has the unknown status {other:?}")),
    }
}

fn with_session(outcome: Outcome, id: String) -> Outcome {
    match outcome {
        Outcome::Known(standing, reference) => Outcome::Known(
            standing,
            Reference {
                session: Some(id),
                ..reference
            },
        ),
        other => other,
    }
}

/// What a payment says; `refunds` are those of it.
pub(super) fn of_intent(intent: PaymentIntent, refunds: &[Refund]) -> Outcome {
    let standing = match intent.status.as_str() {
        "requires_capture" => Standing::Authorized {
            capture_before: intent
                .latest_charge
                .and_then(Expandable::object)
                .and_then(capture_before),
        },
        "succeeded" => Standing::Captured(books(intent.amount_received, refunds)),
        "canceled" => Standing::Cancelled,
        other => return Outcome::Unknown(format!("the payment is {other} at Stripe")),
    };
    let reference = Reference {
        session: None,
        payment: Some(intent.id),
    };
    Outcome::Known(standing, reference)
}

fn capture_before(charge: Charge) -> Option<DateTime<Utc>> {
    let card = charge.payment_method_details?.card?;
    DateTime::from_timestamp(card.capture_before?, 0)
}

fn books(captured: u64, refunds: &[Refund]) -> Books {
    let mut books = Books {
        captured,
        refunded: 0,
        refunding: 0,
        failed_refunds: 0,
    };
    for refund in refunds {
        match refund.status.as_deref() {
            Some("succeeded") => books.refunded += refund.amount,
            Some("failed" | "canceled") => books.failed_refunds += 1,
            _ => books.refunding += refund.amount,
        }
    }
    books
}

/// What Stripe holds or has taken of a payment and not sent back, in won.
pub(super) fn held(intent: &PaymentIntent) -> u64 {
    let refunded = match &intent.latest_charge {
        Some(Expandable::Object(charge)) => charge.amount_refunded,
        _ => 0,
    };
    match intent.status.as_str() {
        "requires_capture" => intent.amount_capturable,
        "succeeded" => intent.amount_received.saturating_sub(refunded),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn session(status: &str, intent: &Value) -> Outcome {
        let session = json!({
            "id": "cs_1", "status": status, "url": "https://checkout.stripe.com/1", "expires_at": 1_800_000_000,
            "payment_intent": intent,
        });
        of_session(serde_json::from_value(session).unwrap(), &[])
    }

    fn standing(outcome: Outcome) -> Standing {
        match outcome {
            Outcome::Known(standing, _) => standing,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn money_is_held_only_if_the_payment_waits_for_its_capture() {
        let held = json!({"id": "pi_1", "status": "requires_capture", "latest_charge":
            {"payment_method_details": {"card": {"capture_before": 1_800_600_000}}}});
        let capture_before = DateTime::from_timestamp(1_800_600_000, 0);
        assert_eq!(
            standing(session("complete", &held)),
            Standing::Authorized { capture_before }
        );
        let cancelled = json!({"id": "pi_1", "status": "canceled", "latest_charge": null});
        assert_eq!(standing(session("complete", &cancelled)), Standing::Cancelled);
        assert_eq!(standing(session("expired", &Value::Null)), Standing::Expired);
        let page = session("open", &Value::Null);
        assert!(
            matches!(&page, Outcome::NeedsCustomer(page, _) if page.url.ends_with("/1")),
            "{page:?}"
        );
    }

    #[test]
    fn a_payment_that_is_between_two_states_is_asked_for_again() {
        let processing = json!({"id": "pi_1", "status": "processing"});
        for outcome in [
            session("complete", &processing),
            session("complete", &json!("pi_1")),
            session("new", &Value::Null),
        ] {
            assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
        }
    }

    #[test]
    fn refunds_are_counted_by_what_became_of_them() {
        let refund = |amount, status: &str| Refund {
            id: "re_1".to_owned(),
            amount,
            status: Some(status.to_owned()),
        };
        let refunds = [
            refund(1, "succeeded"),
            refund(20, "pending"),
            refund(300, "failed"),
            refund(4_000, "canceled"),
        ];
        let expected = Books {
            captured: 9_000,
            refunded: 1,
            refunding: 20,
            failed_refunds: 2,
        };
        assert_eq!(books(9_000, &refunds), expected);
    }
}
