//! The record of one order's payment at a provider.

use super::standing::{Standing, Wanted};
use chrono::{DateTime, Utc};
use fdp_contracts::{OrderId, PaymentId};

/// One order's payment at a provider: each order has at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// The payment's own id, which is also that of the ledger's payment once it is paid.
    pub payment_id: PaymentId,
    /// The order that it pays for.
    pub order_id: OrderId,
    /// The customer who pays, if known.
    pub customer_id: Option<String>,
    /// In won.
    pub amount: u64,
    /// The path of our page that the provider sends the customer back to.
    pub return_path: Option<String>,
    /// Until when the customer may pay.
    pub expires_at: DateTime<Utc>,
    /// What we want of it.
    pub wanted: Wanted,
    /// What the provider last said of it.
    pub standing: Standing,
    /// Whether the provider may know more than `standing` says: a call was not answered, or something happened there.
    pub in_doubt: bool,
    /// How the provider calls it.
    pub reference: Reference,
    /// Where the customer pays, once the provider has said so.
    pub page: Option<Page>,
    /// How many calls the provider has refused; a call after a refusal is a new one.
    pub refusals: u32,
    /// How many times in a row the provider gave no answer that counts.
    pub unanswered: u32,
    /// Why the last call failed, for people.
    pub last_error: Option<String>,
}

/// How a provider calls a payment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reference {
    /// The page or session in which the customer pays.
    pub session: Option<String>,
    /// The payment itself.
    pub payment: Option<String>,
}

/// A page of the provider on which the customer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundProgress {
    /// Money is to go back, and has not arrived yet.
    Pending,
    /// The provider could not bring it back; it is tried again.
    Failed,
}

impl ProviderPayment {
    /// A payment that is about to be authorised.
    pub fn new(
        payment_id: PaymentId,
        order_id: OrderId,
        customer_id: Option<String>,
        amount: u64,
        return_path: Option<String>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self {
            payment_id,
            order_id,
            customer_id,
            amount,
            return_path,
            expires_at,
            wanted: Wanted::Authorized,
            standing: Standing::Asked,
            in_doubt: true,
            reference: Reference::default(),
            page: None,
            refusals: 0,
            unanswered: 0,
            last_error: None,
        }
    }

    /// The provider has answered: this is what there is.
    pub fn learn(&mut self, standing: Standing, reference: Reference) {
        self.standing = standing;
        self.reference.session = reference.session.or(self.reference.session.take());
        self.reference.payment = reference.payment.or(self.reference.payment.take());
        self.in_doubt = false;
        self.unanswered = 0;
        self.last_error = None;
    }

    /// The provider has refused a call, which had no effect.
    pub fn refused(&mut self, reason: String) {
        if self.standing == Standing::Asked {
            self.standing = Standing::Refused;
            self.in_doubt = false;
            self.unanswered = 0;
        } else {
            // Probably something has happened there that we do not know of.
            self.in_doubt = true;
            self.unanswered += 1;
            self.refusals += 1;
        }
        self.last_error = Some(reason);
    }

    /// The provider has not answered: a call may have taken effect or not, or may still do so.
    pub fn unanswered(&mut self, reason: String) {
        self.in_doubt = true;
        self.unanswered += 1;
        self.last_error = Some(reason);
    }

    /// How much of the money we want to keep, in won.
    pub(super) fn keep(&self) -> u64 {
        match self.wanted {
            Wanted::Authorized => self.amount,
            Wanted::Captured { keep } => keep,
            Wanted::Nothing => 0,
        }
    }

    /// How far the refund is, if there is one that has not arrived.
    pub fn refund(&self) -> Option<RefundProgress> {
        let Standing::Captured(books) = self.standing else {
            return None;
        };
        if books.captured.saturating_sub(books.refunded) <= self.keep() {
            return None;
        }
        Some(if books.refunding == 0 && books.failed_refunds > 0 {
            RefundProgress::Failed
        } else {
            RefundProgress::Pending
        })
    }
}
