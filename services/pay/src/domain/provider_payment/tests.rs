//! Whatever a provider does with our calls, at rest it has exactly the money that we want it to have.

use super::simulated_provider::{Account, Provider, RefundState};
use super::*;
use chrono::Utc;
use fdp_contracts::{OrderId, PaymentId};
use proptest::prelude::*;
use std::time::Duration;

const AMOUNT: u64 = 10_000;

/// What happens to a call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    LostBeforeItsEffect,
    LostAfterItsEffect,
    Late,
    Refused,
}

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Event {
    Settle(Fate),
    Keep(u64),
    GiveUp,
    CustomerPays,
    PageExpires,
    HeldForTooLong,
    RefundArrives,
    RefundFails,
    LateCallArrives,
    ProviderHints,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let fate = prop_oneof![
        3 => Just(Fate::Answered),
        1 => Just(Fate::LostBeforeItsEffect),
        2 => Just(Fate::LostAfterItsEffect),
        2 => Just(Fate::Late),
        1 => Just(Fate::Refused),
    ];
    let event = prop_oneof![
        8 => fate.prop_map(Event::Settle),
        2 => prop_oneof![Just(AMOUNT), Just(7_000), Just(2_000), Just(0)].prop_map(Event::Keep),
        1 => Just(Event::GiveUp),
        3 => Just(Event::CustomerPays),
        1 => prop_oneof![Just(Event::PageExpires), Just(Event::HeldForTooLong)],
        2 => prop_oneof![Just(Event::RefundArrives), Just(Event::RefundFails)],
        2 => Just(Event::LateCallArrives),
        1 => Just(Event::ProviderHints),
    ];
    proptest::collection::vec(event, 0..40)
}

fn payment() -> ProviderPayment {
    let page_until = Utc::now() + Duration::from_hours(1);
    ProviderPayment::new(PaymentId::new(), OrderId::new(), None, AMOUNT, None, page_until)
}

/// Does the next step of `payment`, as the settlement does; returns whether there was one.
fn settle(payment: &mut ProviderPayment, provider: &mut Provider, fate: Fate) -> bool {
    let step = payment.next_step();
    let answer = match step {
        Step::Done => return false,
        // The next look is at the provider.
        Step::AwaitCustomer | Step::AwaitRefund => {
            payment.in_doubt = true;
            return false;
        }
        Step::LookUp => match fate {
            Fate::Answered | Fate::Refused => Ok(provider.look_up()),
            _ => return unanswered(payment),
        },
        Step::Call(call) => {
            let key = payment.idempotency_key(call);
            match fate {
                Fate::Answered => provider.call(call, &key),
                Fate::Refused => provider.refuse(&key),
                Fate::LostBeforeItsEffect => return unanswered(payment),
                Fate::LostAfterItsEffect => {
                    let _ = provider.call(call, &key);
                    return unanswered(payment);
                }
                Fate::Late => {
                    provider.delay(call, &key);
                    return unanswered(payment);
                }
            }
        }
    };
    match answer {
        Ok((standing, reference)) => payment.learn(standing, reference),
        Err(reason) => payment.refused(reason),
    }
    true
}

fn unanswered(payment: &mut ProviderPayment) -> bool {
    payment.unanswered("no answer".to_owned());
    true
}

fn happen(event: Event, payment: &mut ProviderPayment, provider: &mut Provider) {
    match event {
        Event::Settle(fate) => {
            settle(payment, provider, fate);
        }
        Event::Keep(keep) => match payment.wanted {
            Wanted::Authorized => payment.wanted = Wanted::Captured { keep },
            Wanted::Captured { keep: before } if keep < before => payment.wanted = Wanted::Captured { keep },
            Wanted::Captured { .. } | Wanted::Nothing => {}
        },
        Event::GiveUp => payment.wanted = Wanted::Nothing,
        Event::CustomerPays => provider.change(&Account::Open, Account::Held),
        Event::PageExpires => provider.change(&Account::Open, Account::Expired),
        Event::HeldForTooLong => {
            provider.change(&Account::Held, Account::Cancelled);
            payment.in_doubt = true;
        }
        Event::RefundArrives => provider.end_refund(RefundState::Arrived),
        Event::RefundFails => {
            provider.end_refund(RefundState::Failed);
            payment.in_doubt = true;
        }
        Event::LateCallArrives => provider.deliver(),
        Event::ProviderHints => payment.in_doubt = true,
    }
}

/// Calls arrive, refunds too, and the provider answers: until nothing is left to do.
fn come_to_rest(payment: &mut ProviderPayment, provider: &mut Provider) -> Result<(), TestCaseError> {
    for _ in 0..60 {
        provider.deliver();
        provider.end_refund(RefundState::Arrived);
        let went_on = settle(payment, provider, Fate::Answered);
        if !went_on && !matches!(payment.next_step(), Step::LookUp) {
            return Ok(());
        }
        if matches!(provider.account, Account::Open) && payment.standing == Standing::AwaitingCustomer {
            // A customer who does nothing.
            provider.change(&Account::Open, Account::Expired);
        }
    }
    Err(TestCaseError::fail(format!(
        "never at rest: {payment:?}, {provider:?}"
    )))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn at_rest_the_provider_has_what_is_wanted_and_no_money_of_an_order_that_was_given_up(all in events()) {
        let (mut payment, mut provider) = (payment(), Provider::new(AMOUNT));
        for event in all {
            happen(event, &mut payment, &mut provider);
        }
        come_to_rest(&mut payment, &mut provider)?;
        let held = provider.holds();
        match payment.wanted {
            Wanted::Nothing => prop_assert_eq!(held, 0, "{:?} {:?}", payment, provider),
            Wanted::Captured { keep } => {
                let is_over = payment.standing.is_over();
                prop_assert_eq!(held, if is_over { 0 } else { keep }, "{:?} {:?}", payment, provider);
            }
            Wanted::Authorized => {
                let paid = if payment.standing.is_paid() { AMOUNT } else { 0 };
                prop_assert_eq!(held, paid, "{:?} {:?}", payment, provider);
            }
        }
    }

    #[test]
    fn calls_have_the_same_key_only_if_they_ask_for_the_same(all in events()) {
        let (mut payment, mut provider) = (payment(), Provider::new(AMOUNT));
        let mut keys = std::collections::BTreeMap::new();
        for event in all {
            if let Step::Call(call) = payment.next_step() {
                let before = keys.insert(payment.idempotency_key(call), call);
                prop_assert!(before.is_none_or(|before| before == call), "{:?} and {:?}", before, call);
            }
            happen(event, &mut payment, &mut provider);
        }
    }
}

#[test]
fn a_refund_that_failed_is_shown_and_tried_again_with_another_key_and_ever_later() {
    let mut payment = payment();
    payment.wanted = Wanted::Nothing;
    let mut keys = Vec::new();
    let mut delays = Vec::new();
    for failed_refunds in 0..3 {
        let books = Books {
            captured: AMOUNT,
            refunded: 0,
            refunding: 0,
            failed_refunds,
        };
        payment.learn(Standing::Captured(books), Reference::default());
        let expected = if failed_refunds == 0 {
            RefundProgress::Pending
        } else {
            RefundProgress::Failed
        };
        assert_eq!(payment.refund(), Some(expected));
        let Step::Call(refund) = payment.next_step() else {
            panic!("{payment:?}");
        };
        assert_eq!(refund, Call::Refund { amount: AMOUNT });
        keys.push(payment.idempotency_key(refund));
        delays.push(payment.due_after().unwrap());
    }
    keys.dedup();
    assert_eq!(keys.len(), 3);
    assert!(
        delays.is_sorted_by(|earlier, later| earlier < later),
        "{delays:?}"
    );
}

#[test]
fn a_provider_that_does_not_answer_is_asked_ever_less_often_but_never_less_than_every_five_minutes() {
    let mut payment = payment();
    let mut delays = Vec::new();
    for _ in 0..40 {
        payment.unanswered("no answer".to_owned());
        delays.push(payment.due_after().unwrap());
    }
    assert!(delays.is_sorted());
    assert_eq!(delays.first(), Some(&Duration::from_secs(1)));
    assert_eq!(delays.last(), Some(&Duration::from_mins(5)));
}

#[test]
fn what_was_refused_at_once_is_over_and_what_was_refused_later_is_looked_up() {
    let mut payment = payment();
    payment.refused("the card was declined".to_owned());
    assert_eq!(
        (payment.standing, payment.next_step()),
        (Standing::Refused, Step::Done)
    );
    let authorized = Standing::Authorized { capture_before: None };
    payment.learn(authorized, Reference::default());
    payment.wanted = Wanted::Captured { keep: AMOUNT };
    let capture = Call::Capture { amount: AMOUNT };
    assert_eq!(payment.next_step(), Step::Call(capture));
    let first = payment.idempotency_key(capture);
    payment.refused("try again later".to_owned());
    assert_eq!(payment.next_step(), Step::LookUp);
    payment.learn(authorized, Reference::default());
    assert_ne!(
        payment.idempotency_key(capture),
        first,
        "the refusal is kept under the first key"
    );
}
