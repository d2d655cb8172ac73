//! What we want of a payment at a provider, and what the provider last said of it.

use chrono::{DateTime, Utc};

/// What we want of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The money is held for the order, and not taken yet.
    Authorized,
    /// The money is ours, as the order was accepted.
    Captured {
        /// How much of it we keep, in won; the rest goes back.
        keep: u64,
    },
    /// No money is held or taken, as the order was given up or ended without a delivery.
    Nothing,
}

impl Wanted {
    /// Its name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorized => "Authorized",
            Self::Captured { .. } => "Captured",
            Self::Nothing => "Nothing",
        }
    }
}

/// What the provider last said of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The provider was asked to authorise it, or is about to be; there is no answer yet.
    Asked,
    /// The customer has something to do on a page of the provider.
    AwaitingCustomer,
    /// The money is held for us.
    Authorized {
        /// When it is given back unless it is captured before, if the provider says so.
        capture_before: Option<DateTime<Utc>>,
    },
    /// The money was taken.
    Captured(Books),
    /// The provider refused it; nothing is held.
    Refused,
    /// The customer did not pay in time; nothing is held.
    Expired,
    /// It was cancelled, or held for too long; nothing is held.
    Cancelled,
}

/// The sums of a captured payment, in won.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// What was taken.
    pub captured: u64,
    /// What arrived back at the customer, or is certain to.
    pub refunded: u64,
    /// What is on its way back and may still fail.
    pub refunding: u64,
    /// How many refunds have failed.
    pub failed_refunds: u32,
}

impl Books {
    /// What we keep if every refund that is under way arrives, in won.
    pub fn kept(self) -> u64 {
        self.captured.saturating_sub(self.refunded + self.refunding)
    }
}

impl Standing {
    /// Every name, as it is stored and shown.
    pub const NAMES: [&'static str; 7] = [
        "Asked",
        "AwaitingCustomer",
        "Authorized",
        "Captured",
        "Refused",
        "Expired",
        "Cancelled",
    ];

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "Asked",
            Self::AwaitingCustomer => "AwaitingCustomer",
            Self::Authorized { .. } => "Authorized",
            Self::Captured(_) => "Captured",
            Self::Refused => "Refused",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether money is held or was taken: whoever has an order with it has paid.
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Authorized { .. } | Self::Captured(_))
    }

    /// Whether it ended, and no money is held or taken.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Expired | Self::Cancelled)
    }
}
