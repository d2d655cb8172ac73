//! What the use cases need of the outside world.

use crate::domain::{Answer, Language};
use async_trait::async_trait;
use fdp_contracts::OrderId;

/// Somebody who brings messages to customers.
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// Sends one message, at most once: whatever may have reached the receiver is [`Answer::Sent`] or
    /// [`Answer::Unknown`].
    async fn send(&self, message: &Message) -> Answer;
}

/// A message as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The messenger's own id of the receiver.
    pub receiver: String,
    /// What it says.
    pub text: String,
    /// In which language.
    pub language: Language,
    /// What it is about.
    pub order_id: OrderId,
}
