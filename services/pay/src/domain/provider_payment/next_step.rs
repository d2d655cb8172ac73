//! Decides the next step of a payment at a provider, and the key under which the provider knows a repeated call.

use super::payment::ProviderPayment;
use super::standing::{Standing, Wanted};

/// The next step of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Call the provider.
    Call(Call),
    /// Ask the provider what there is.
    LookUp,
    /// The customer has to pay; look now and then whether that has happened.
    AwaitCustomer,
    /// A refund has to arrive; look now and then whether it has.
    AwaitRefund,
    /// Nothing: what we want and what there is are the same, or can never be.
    Done,
}

/// A call that changes a payment at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Hold the whole amount, or send the customer to where this happens.
    Authorize,
    /// Take this much of the money that is held, in won; the rest is given back.
    Capture {
        /// In won.
        amount: u64,
    },
    /// Give up what is held, or the page on which the customer pays.
    Cancel,
    /// Send this much of the money that was taken back, in won.
    Refund {
        /// In won.
        amount: u64,
    },
}

impl ProviderPayment {
    /// The next step.
    pub fn next_step(&self) -> Step {
        match (self.standing, self.wanted) {
            // Also if it is not wanted any more: the same call again tells what became of the first one.
            (Standing::Asked, _) => Step::Call(Call::Authorize),
            // There is nothing at the provider that could be looked up.
            (Standing::Refused, _) => Step::Done,
            _ if self.in_doubt => Step::LookUp,
            (Standing::Expired | Standing::Cancelled, _)
            | (Standing::Authorized { .. }, Wanted::Authorized) => Step::Done,
            (Standing::AwaitingCustomer, Wanted::Authorized | Wanted::Captured { .. }) => Step::AwaitCustomer,
            (Standing::AwaitingCustomer | Standing::Authorized { .. }, Wanted::Nothing)
            | (Standing::Authorized { .. }, Wanted::Captured { keep: 0 }) => Step::Call(Call::Cancel),
            (Standing::Authorized { .. }, Wanted::Captured { keep }) => Step::Call(Call::Capture {
                amount: keep.min(self.amount),
            }),
            (Standing::Captured(books), _) => match books.kept().saturating_sub(self.keep()) {
                0 if books.refunding > 0 => Step::AwaitRefund,
                0 => Step::Done,
                amount => Step::Call(Call::Refund { amount }),
            },
        }
    }

    /// The key of `call`: the provider does a call once for each key, and answers a repeated one as it did the first. Two
    /// calls have the same key only if they are the same in everything.
    pub fn idempotency_key(&self, call: Call) -> String {
        let (payment_id, refusals) = (self.payment_id, self.refusals);
        match (call, self.standing) {
            (Call::Authorize, _) => format!("{payment_id}-authorize"),
            (Call::Capture { amount }, _) => format!("{payment_id}-capture-{amount}-{refusals}"),
            (Call::Cancel, _) => format!("{payment_id}-cancel-{refusals}"),
            // A refund is told from the one before by what had gone back by then, and by how many had failed.
            (Call::Refund { amount }, Standing::Captured(books)) => {
                let (gone, failed) = (books.refunded + books.refunding, books.failed_refunds);
                format!("{payment_id}-refund-{amount}-after-{gone}-{failed}-{refusals}")
            }
            (Call::Refund { amount }, _) => format!("{payment_id}-refund-{amount}-{refusals}"),
        }
    }
}
