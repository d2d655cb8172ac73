//! Whom an order goes to and where, and who may see it.

use crate::domain::Order;
use fdp_contracts::{InvalidText, OrderState, check_text};
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

/// How many digits a phone number has: from the shortest that Korean companies have to the longest of E.164.
const PHONE_DIGITS: RangeInclusive<usize> = 7..=15;
/// How many bytes of a digest are kept: enough to tell the recipients of one key apart.
const DIGEST_BYTES: usize = 16;

/// Whom an order goes to, and where. Its words are for those who deliver, and never for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who opens the door.
    pub name: String,
    /// Where the door is.
    pub address: String,
    /// For a rider who does not find it.
    pub phone: String,
    /// A note for the rider.
    pub note: Option<String>,
}

/// Why nothing can be delivered to a recipient, in words for the customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipient {
    /// A field is empty.
    #[error("{0} is empty; to say whom the order goes to takes a name, an address and a phone number")]
    Missing(&'static str),
    /// A text is too long, or holds what nobody can read.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// This is no phone number.
    #[error(
        "deliverTo.phone has to be {} to {} digits, with spaces, hyphens or parentheses between them and + before them",
        PHONE_DIGITS.start(), PHONE_DIGITS.end()
    )]
    Phone,
}

impl Recipient {
    /// Checks that somebody can be found and called there.
    ///
    /// # Errors
    /// When a field is missing or invalid.
    pub fn check(&self) -> Result<(), InvalidRecipient> {
        for (field, text) in [
            ("deliverTo.name", &self.name),
            ("deliverTo.address", &self.address),
            ("deliverTo.phone", &self.phone),
        ] {
            if text.is_empty() {
                return Err(InvalidRecipient::Missing(field));
            }
            check_text(field, text)?;
        }
        check_text("deliverTo.note", self.note.as_deref().unwrap_or_default())?;
        let number = self.phone.strip_prefix('+').unwrap_or(&self.phone);
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let is_number = number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" -()".contains(&byte));
        if is_number && PHONE_DIGITS.contains(&digits) {
            Ok(())
        } else {
            Err(InvalidRecipient::Phone)
        }
    }

    /// By which a repeated request is recognised without keeping the recipient a second time.
    pub fn digest(&self) -> String {
        let note = self.note.as_deref().unwrap_or_default();
        let fields = [&self.name, &self.address, &self.phone, note];
        // No field holds a control character.
        let digest = Sha256::digest(fields.join("\n").as_bytes());
        digest
            .iter()
            .take(DIGEST_BYTES)
            .fold(String::new(), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recipient(…)")
    }
}

/// Who asks where an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reader<'a> {
    /// They have placed the order, or may see everything.
    pub is_customer: bool,
    /// They run the store of the order.
    pub runs_store: bool,
    /// Their id as a rider, if they are one.
    pub rider_id: Option<&'a str>,
}

/// Why somebody may not see where an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// The order is no business of theirs.
    #[error("the order is somebody else's")]
    NotTheirs,
    /// They run its store, which has handed the food over.
    #[error("a store sees where an order goes until the food has left or the order has ended")]
    HandedOver,
    /// They are a rider who does not have the delivery, or not any more.
    #[error("a rider sees where an order goes from taking its delivery on until the food is at the door")]
    NotTheirDelivery,
}

impl Order {
    /// Whether the reader may see where the order goes: its customer always, its store until it has handed the food over,
    /// and its rider until it is delivered.
    ///
    /// # Errors
    /// When they may not.
    pub fn check_sees_recipient(&self, reader: Reader<'_>) -> Result<(), Withheld> {
        let state = self.snapshot().state;
        let with_store = matches!(
            state,
            OrderState::Placed | OrderState::Accepted | OrderState::Cooking
        );
        let has_it = reader.rider_id.is_some() && reader.rider_id == self.rider_id() && !state.is_final();
        if reader.is_customer || (reader.runs_store && with_store) || has_it {
            return Ok(());
        }
        Err(match reader {
            Reader { runs_store: true, .. } => Withheld::HandedOver,
            Reader {
                rider_id: Some(_), ..
            } => Withheld::NotTheirDelivery,
            _ => Withheld::NotTheirs,
        })
    }
}

#[cfg(test)]
mod tests;
