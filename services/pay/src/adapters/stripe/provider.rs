//! Stripe behind the port of payment providers.

use super::client::{Failure, StripeClient};
use super::forms::{self, ORDER_ID};
use super::objects::{List, PaymentIntent, Refund, Session};
use super::settings::{StripeError, StripeSettings};
use super::{standing, webhook};
use crate::application::ports::{HeldPayment, Outcome, PaymentProvider, ProviderError, WebhookError};
use crate::domain::provider_payment::{ProviderPayment, Standing};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::OrderId;
use std::fmt;

/// How many objects one page of a list has: the most that Stripe allows.
const PAGE: &str = "100";

/// Stripe.
pub struct Stripe {
    client: StripeClient,
    public_url: String,
    webhook_secret: String,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stripe").finish_non_exhaustive()
    }
}

impl Stripe {
    /// The name under which payments at Stripe are stored and shown.
    pub const NAME: &'static str = "Stripe";

    /// Stripe, as `settings` say.
    ///
    /// # Errors
    /// When a URL is not valid.
    pub fn new(settings: &StripeSettings) -> Result<Self, StripeError> {
        Ok(Self {
            client: StripeClient::new(settings)?,
            public_url: settings.public()?,
            webhook_secret: settings.webhook_secret.clone(),
        })
    }

    /// The session with its payment, and the payment's refunds.
    async fn find(&self, session: &str) -> Result<Outcome, Failure> {
        let expand = [("expand[]", "payment_intent.latest_charge".to_owned())];
        let path = format!("/v1/checkout/sessions/{session}");
        let session: Session = self.client.get(&path, &expand).await?;
        let refunds = match session.captured() {
            Some(intent) => self.refunds(intent).await?,
            None => Vec::new(),
        };
        Ok(standing::of_session(session, &refunds))
    }

    /// All refunds of a payment.
    async fn refunds(&self, intent: &str) -> Result<Vec<Refund>, Failure> {
        let mut all: Vec<Refund> = Vec::new();
        loop {
            let mut query = vec![("payment_intent", intent.to_owned()), ("limit", PAGE.to_owned())];
            query.extend(all.last().map(|last| ("starting_after", last.id.clone())));
            let page: List<Refund> = self.client.get("/v1/refunds", &query).await?;
            let is_last = !page.has_more || page.data.is_empty();
            all.extend(page.data);
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn change_intent(
        &self,
        payment: &ProviderPayment,
        change: &str,
        key: &str,
        mut form: forms::Form,
    ) -> Outcome {
        let Some(intent) = &payment.reference.payment else {
            return no_reference();
        };
        form.push(("expand[]", "latest_charge".to_owned()));
        let path = format!("/v1/payment_intents/{intent}/{change}");
        match self.client.post::<PaymentIntent>(&path, key, &form).await {
            Ok(intent) => standing::of_intent(intent, &[]),
            Err(failure) => failure.into(),
        }
    }
}

fn no_reference() -> Outcome {
    Outcome::Unknown("it is not known how Stripe calls this payment".to_owned())
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reason) => Self::Refused(reason),
            Failure::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

#[async_trait]
impl PaymentProvider for Stripe {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn authorize(&self, payment: &ProviderPayment, key: &str) -> Outcome {
        let form = forms::session(payment, &self.public_url);
        match self
            .client
            .post::<Session>("/v1/checkout/sessions", key, &form)
            .await
        {
            Ok(session) => standing::of_session(session, &[]),
            Err(failure) => failure.into(),
        }
    }

    async fn capture(&self, payment: &ProviderPayment, amount: u64, key: &str) -> Outcome {
        self.change_intent(payment, "capture", key, forms::capture(amount))
            .await
    }

    async fn cancel(&self, payment: &ProviderPayment, key: &str) -> Outcome {
        if payment.standing != Standing::AwaitingCustomer {
            return self.change_intent(payment, "cancel", key, Vec::new()).await;
        }
        let Some(session) = &payment.reference.session else {
            return no_reference();
        };
        let path = format!("/v1/checkout/sessions/{session}/expire");
        match self.client.post::<Session>(&path, key, &[]).await {
            Ok(session) => standing::of_session(session, &[]),
            Err(failure) => failure.into(),
        }
    }

    async fn refund(&self, payment: &ProviderPayment, amount: u64, key: &str) -> Outcome {
        let Some(intent) = &payment.reference.payment else {
            return no_reference();
        };
        let form = forms::refund(payment, intent, amount);
        match self.client.post::<Refund>("/v1/refunds", key, &form).await {
            // Only all refunds together say how much has gone back.
            Ok(_) => self.look_up(payment).await,
            Err(failure) => failure.into(),
        }
    }

    async fn look_up(&self, payment: &ProviderPayment) -> Outcome {
        let Some(session) = &payment.reference.session else {
            return no_reference();
        };
        match self.find(session).await {
            Ok(outcome) => outcome,
            // A look changes nothing, so that nothing can be refused for good.
            Err(failure) => Outcome::Unknown(failure.reason()),
        }
    }

    fn verify_webhook(
        &self,
        signature: Option<&str>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<OrderId>, WebhookError> {
        webhook::verify(&self.webhook_secret, signature, body, now)
    }

    async fn payments_since(&self, since: DateTime<Utc>) -> Result<Vec<HeldPayment>, ProviderError> {
        let mut found = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let mut query = vec![
                ("created[gte]", since.timestamp().to_string()),
                ("limit", PAGE.to_owned()),
                ("expand[]", "data.latest_charge".to_owned()),
            ];
            query.extend(last.take().map(|last| ("starting_after", last)));
            let page: Result<List<PaymentIntent>, Failure> =
                self.client.get("/v1/payment_intents", &query).await;
            let page = page.map_err(|failure| ProviderError(failure.reason()))?;
            last = page.data.last().map(|intent| intent.id.clone());
            // The account may have payments of others too.
            found.extend(page.data.iter().filter_map(|intent| {
                Some(HeldPayment {
                    order_id: intent.metadata.get(ORDER_ID)?.parse().ok()?,
                    held: standing::held(intent),
                })
            }));
            if !page.has_more || last.is_none() {
                return Ok(found);
            }
        }
    }
}
