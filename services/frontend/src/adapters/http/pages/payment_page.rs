//! The pages to which customers come back from a payment provider: their order waits for its payment, or was not paid.

use super::format::Moment;
use super::frame::Frame;
use askama::Template;
use fdp_contracts::{AwaitingPayment, OrderId, won};

/// The path of the page of an order's payment.
pub(super) fn path(order_id: OrderId) -> String {
    format!("/shop/orders/{order_id}/payment")
}

/// The same for whoever has just ordered, whom the page leads on to the payment.
pub(super) fn path_to_pay(order_id: OrderId) -> String {
    format!("{}?go=1", path(order_id))
}

/// An order that waits for its customer to pay; the page looks again by itself.
#[derive(Debug, Template)]
#[template(path = "payment.html")]
pub(super) struct PaymentPage {
    frame: Frame,
    order_id: OrderId,
    amount: String,
    until: Moment,
    pay_url: String,
    /// Where the page leads by itself: to the payment, for whoever has just ordered.
    goes_on_to: Option<String>,
}

impl PaymentPage {
    /// The page of what has yet to be paid. For whoever has just ordered, it `goes_on` to the payment by itself.
    ///
    /// The form's own answer cannot lead there: browsers let no form of a page end at another site than the page's policy says.
    pub(super) fn new(frame: Frame, awaiting: AwaitingPayment, goes_on: bool) -> Self {
        Self {
            frame,
            order_id: awaiting.order_id,
            amount: won(awaiting.amount),
            until: awaiting.expires_at.into(),
            goes_on_to: goes_on.then(|| awaiting.pay_url.clone()),
            pay_url: awaiting.pay_url,
        }
    }
}

/// What was not paid, and is no order.
#[derive(Debug, Template)]
#[template(path = "not_paid.html")]
pub(super) struct NotPaidPage {
    frame: Frame,
    order_id: OrderId,
}

impl NotPaidPage {
    /// The page of what has waited for its payment in vain.
    pub(super) fn new(frame: Frame, order_id: OrderId) -> Self {
        Self { frame, order_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use fdp_contracts::AwaitingPaymentState;

    fn page(language: Language, goes_on: bool) -> String {
        let awaiting = AwaitingPayment {
            order_id: OrderId::new(),
            customer_id: "100".to_owned(),
            state: AwaitingPaymentState::AwaitingPayment,
            amount: 53_000,
            pay_url: "https://pay.example/1?a=1&b=\"2\"".to_owned(),
            expires_at: "2026-08-31T15:04:05Z".parse().unwrap(),
        };
        let frame = Frame::new(language, "/shop/orders/x/payment");
        PaymentPage::new(frame, awaiting, goes_on).render().unwrap()
    }

    #[test]
    fn whoever_has_just_ordered_is_led_to_the_payment_and_whoever_comes_back_waits() {
        let url = "https://pay.example/1?a=1&#38;b=&#34;2&#34;";
        let just_ordered = page(Language::English, true);
        assert!(
            just_ordered.contains(&format!("content=\"0; url={url}\"")),
            "{just_ordered}"
        );
        let back = page(Language::Korean, false);
        assert!(back.contains("http-equiv=\"refresh\" content=\"3\""), "{back}");
        assert!(back.contains(&format!("href=\"{url}\"")), "{back}");
        assert!(back.contains("₩53,000") && back.contains("09-01 00:04"), "{back}");
        assert!(
            back.contains("data-state=\"AwaitingPayment\"") && back.contains("결제 대기"),
            "{back}"
        );
    }
}
