//! The fields of the order form that say whom the order goes to.

use super::order_form::{Fields, value};
use crate::domain::Recipient;

/// What a form's fields say; empty where they say nothing.
pub(super) fn recipient(fields: &Fields) -> Recipient {
    let text = |name| value(fields, name).unwrap_or_default().to_owned();
    Recipient {
        name: text("recipient-name"),
        address: text("recipient-address"),
        phone: text("recipient-phone"),
        note: text("recipient-note"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_without_these_fields_says_nothing() {
        let said = recipient(&[("key".to_owned(), "k".to_owned())]);
        assert_eq!(said, Recipient::default());
        assert!(said.is_empty());
    }

    #[test]
    fn each_field_says_one_thing() {
        let fields = ["name", "address", "phone", "note"]
            .map(|field| (format!("recipient-{field}"), format!("the {field}")));
        let said = recipient(&fields);
        let texts = [said.name, said.address, said.phone, said.note];
        assert_eq!(texts, ["the name", "the address", "the phone", "the note"]);
    }
}
