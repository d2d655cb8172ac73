//! Where customers are reached.

use fdp_contracts::Language;

/// The Kakao id of the sending account itself. Its messages go to its own chatroom, which needs no permission from
/// Kakao.
const SENDING_ACCOUNT: &str = "me";

/// Where a customer's messages are sent, in addition to the local outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Kakao's id of the customer, from the list of friends that Kakao gives to this platform's app.
    pub kakao_uuid: String,
    /// What the customer reads.
    pub language: Language,
}

impl Contact {
    /// Whether this is the account that sends.
    pub fn is_sending_account(&self) -> bool {
        is_sending_account(&self.kakao_uuid)
    }
}

/// Whether this Kakao id is that of the account that sends.
pub(crate) fn is_sending_account(kakao_uuid: &str) -> bool {
    kakao_uuid == SENDING_ACCOUNT
}
