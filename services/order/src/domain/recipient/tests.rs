//! Tests what may be said of a recipient, and who may read it.

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
