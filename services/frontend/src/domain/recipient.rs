//! Whom an order goes to, as a customer enters it and sees it again.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whom an order goes to, and where. Its words are for those who deliver, and never for logs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    /// Who opens the door.
    pub name: String,
    /// Where the door is.
    pub address: String,
    /// For a rider who does not find it.
    pub phone: String,
    /// A note for the rider; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Recipient {
    /// Whether the customer has entered nothing.
    pub fn is_empty(&self) -> bool {
        [&self.name, &self.address, &self.phone, &self.note]
            .into_iter()
            .all(|text| text.trim().is_empty())
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recipient(…)")
    }
}
