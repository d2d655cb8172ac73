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
mod tests {
    use super::*;
    use crate::domain::fixtures::{order, recipient};
    use crate::domain::{Order, Progress};
    use chrono::Utc;
    use proptest::prelude::*;

    #[test]
    fn a_recipient_has_a_name_an_address_and_a_phone_number() {
        assert_eq!(recipient().check(), Ok(()));
        let broken = |break_it: fn(&mut Recipient)| {
            let mut broken = recipient();
            break_it(&mut broken);
            broken.check().unwrap_err().to_string()
        };
        for (error, words) in [
            (broken(|it| it.name.clear()), "deliverTo.name is empty"),
            (broken(|it| it.address.clear()), "deliverTo.address is empty"),
            (broken(|it| it.phone.clear()), "deliverTo.phone is empty"),
            (
                broken(|it| it.address = "가".repeat(201)),
                "deliverTo.address is longer than 200",
            ),
            (
                broken(|it| it.name = "김\u{202e}철수".into()),
                "deliverTo.name holds an invisible character",
            ),
            (
                broken(|it| it.note = Some("a\0b".into())),
                "deliverTo.note holds a control character",
            ),
        ] {
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_phone_number_may_be_written_in_any_usual_way() {
        let check = |phone: &str| {
            let phone = phone.to_owned();
            Recipient { phone, ..recipient() }.check()
        };
        for phone in [
            "010-1234-5678",
            "01012345678",
            "+82 10 1234 5678",
            "(02) 123-4567",
            "1588-1234",
        ] {
            assert_eq!(check(phone), Ok(()), "{phone}");
        }
        for phone in [
            "call me",
            "123456",
            "1234567890123456",
            "010+12345678",
            "０１０１２３４５６７",
            "010_1234_5678",
        ] {
            assert_eq!(check(phone), Err(InvalidRecipient::Phone), "{phone}");
        }
    }

    #[test]
    fn a_recipient_stands_in_no_log() {
        assert_eq!(format!("{:?}", recipient()), "Recipient(…)");
    }

    #[test]
    fn another_recipient_has_another_digest() {
        let other = Recipient {
            note: None,
            ..recipient()
        };
        assert_eq!(recipient().digest(), recipient().digest());
        assert_ne!(recipient().digest(), other.digest());
    }

    fn after(steps: &[Progress]) -> Order {
        steps.iter().fold(order(), |order, step| {
            order.advance(step, Utc::now()).unwrap_or(order)
        })
    }

    const CUSTOMER: Reader<'_> = Reader {
        is_customer: true,
        runs_store: false,
        rider_id: None,
    };
    const OWNER: Reader<'_> = Reader {
        is_customer: false,
        runs_store: true,
        rider_id: None,
    };

    fn rider(rider_id: &str) -> Reader<'_> {
        Reader {
            rider_id: Some(rider_id),
            ..Reader::default()
        }
    }

    fn has(rider_id: Option<&str>) -> Progress {
        Progress::RiderChanged(rider_id.map(str::to_owned))
    }

    #[test]
    fn a_store_sees_it_until_the_food_has_left_and_a_rider_from_then_to_the_door() {
        use Progress::{Accepted, Cooking, Delivered, OnTheWay, Rejected};
        let (kim, lee) = (rider("kim"), rider("lee"));
        let withheld = Err(Withheld::NotTheirDelivery);
        for (steps, store, rider_kim) in [
            (vec![], Ok(()), withheld),
            (vec![Accepted, Cooking], Ok(()), withheld),
            (vec![Cooking, has(Some("kim"))], Ok(()), Ok(())),
            (vec![Cooking, has(Some("kim")), has(None)], Ok(()), withheld),
            (
                vec![Cooking, has(Some("kim")), has(Some("lee"))],
                Ok(()),
                withheld,
            ),
            (
                vec![has(Some("kim")), OnTheWay],
                Err(Withheld::HandedOver),
                Ok(()),
            ),
            (
                vec![has(Some("kim")), OnTheWay, Delivered],
                Err(Withheld::HandedOver),
                withheld,
            ),
            (
                vec![has(Some("kim")), Rejected("closed".into())],
                Err(Withheld::HandedOver),
                withheld,
            ),
        ] {
            let order = after(&steps);
            assert_eq!(order.check_sees_recipient(CUSTOMER), Ok(()), "{steps:?}");
            assert_eq!(order.check_sees_recipient(OWNER), store, "{steps:?}");
            assert_eq!(order.check_sees_recipient(kim), rider_kim, "{steps:?}");
            let somebody = order.check_sees_recipient(Reader::default());
            assert_eq!(somebody, Err(Withheld::NotTheirs), "{steps:?}");
        }
        let with_lee = after(&[has(Some("kim")), has(Some("lee"))]);
        assert_eq!(with_lee.check_sees_recipient(lee), Ok(()));
    }

    proptest! {
        #[test]
        fn after_its_end_only_the_customer_sees_where_an_order_went(
            steps in proptest::collection::vec(0..6_usize, 0..8), end in 0..2_usize
        ) {
            let all = [
                Progress::Accepted, Progress::Cooking, Progress::Departing, Progress::OnTheWay,
                has(Some("kim")), has(None),
            ];
            let ends = [Progress::Delivered, Progress::Rejected("closed".into())];
            let mut steps: Vec<Progress> = steps.into_iter().map(|step| all[step].clone()).collect();
            steps.extend([ends[end].clone(), has(Some("kim"))]);
            let order = after(&steps);
            prop_assert_eq!(order.check_sees_recipient(CUSTOMER), Ok(()));
            if order.snapshot().state.is_final() {
                prop_assert!(order.check_sees_recipient(OWNER).is_err());
                prop_assert!(order.check_sees_recipient(rider("kim")).is_err());
            }
        }
    }
}
