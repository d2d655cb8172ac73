//! What the books consist of: pages on which customers pay, payments, and refunds.

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// The customer may pay.
    Open,
    /// The customer has paid.
    Complete,
    /// Nobody has paid in time, or the page was closed.
    Expired,
}

/// A page on which a customer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: String,
    pub order_id: String,
    pub amount: u64,
    pub status: SessionStatus,
    pub success_url: String,
    pub expires_at: u64,
    pub intent: Option<String>,
}

/// What a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// The bank asks the customer whether it is him (3-D Secure).
    RequiresAction,
    /// The bank has declined; the customer may try another card.
    RequiresPaymentMethod,
    /// The money is held.
    RequiresCapture,
    /// The money was taken.
    Succeeded,
    /// The money is not held any more.
    Canceled,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub id: String,
    pub order_id: String,
    pub amount: u64,
    pub status: IntentStatus,
    pub received: u64,
    pub created: u64,
}

/// What a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub id: String,
    pub intent: String,
    pub amount: u64,
    pub status: RefundStatus,
}
