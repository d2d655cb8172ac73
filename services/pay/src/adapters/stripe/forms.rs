//! The forms of our calls. Repeated with the same idempotency key, a call has to be the same to the letter.

use crate::domain::provider_payment::ProviderPayment;

/// The field of each object's metadata that names our order.
pub(super) const ORDER_ID: &str = "order_id";

/// A form.
pub(super) type Form = Vec<(&'static str, String)>;

/// A page on which the customer pays for the order; the money is held, and not taken yet.
pub(super) fn session(payment: &ProviderPayment, public_url: &str) -> Form {
    let order_id = payment.order_id.to_string();
    let back = format!("{public_url}{}", payment.return_path.as_deref().unwrap_or("/"));
    vec![
        ("mode", "payment".to_owned()),
        ("client_reference_id", order_id.clone()),
        ("metadata[order_id]", order_id.clone()),
        ("payment_intent_data[capture_method]", "manual".to_owned()),
        ("payment_intent_data[metadata][order_id]", order_id.clone()),
        ("line_items[0][quantity]", "1".to_owned()),
        // The won has no smaller unit: the amount is in won.
        ("line_items[0][price_data][currency]", "krw".to_owned()),
        (
            "line_items[0][price_data][unit_amount]",
            payment.amount.to_string(),
        ),
        ("line_items[0][price_data][product_data][name]", order_id),
        ("success_url", back.clone()),
        ("cancel_url", back),
        ("expires_at", payment.expires_at.timestamp().to_string()),
    ]
}

/// Takes this much of what is held, in won.
pub(super) fn capture(amount: u64) -> Form {
    vec![("amount_to_capture", amount.to_string())]
}

/// Sends this much of a payment back, in won.
pub(super) fn refund(payment: &ProviderPayment, intent: &str, amount: u64) -> Form {
    vec![
        ("payment_intent", intent.to_owned()),
        ("amount", amount.to_string()),
        ("reason", "requested_by_customer".to_owned()),
        ("metadata[order_id]", payment.order_id.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, Utc};
    use fdp_contracts::{OrderId, PaymentId};

    #[test]
    fn the_money_of_a_page_is_held_and_not_taken_and_the_customer_comes_back_to_the_shop() {
        let path = Some("/shop/orders/1".to_owned());
        let until = Utc::now() + TimeDelta::minutes(45);
        let payment = ProviderPayment::new(PaymentId::new(), OrderId::new(), None, 18_000, path, until);
        let form = session(&payment, "https://shop.example.com");
        for (name, value) in [
            ("payment_intent_data[capture_method]", "manual"),
            ("line_items[0][price_data][unit_amount]", "18000"),
            ("line_items[0][price_data][currency]", "krw"),
            ("success_url", "https://shop.example.com/shop/orders/1"),
        ] {
            assert!(form.contains(&(name, value.to_owned())), "{name}: {form:?}");
        }
        assert_eq!(
            form,
            session(&payment, "https://shop.example.com"),
            "repeated to the letter"
        );
    }
}
