//! Judges one order by what the platform says of it and of its payment.

use fdp_contracts::{OrderState, PaymentState};

/// What the platform says of an order or a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said<T> {
    /// Nobody knows it.
    Missing,
    /// There was no answer, or one that says nothing.
    Nothing,
    State(T),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has come to its end, and its money is where it belongs.
    Ended,
    /// It is still under way, or nobody could tell.
    Open,
    /// Nobody knows it, or nobody has paid for it.
    Lost,
}

pub(super) fn judge(order: Said<OrderState>, payment: Said<PaymentState>) -> Verdict {
    use OrderState::{Cancelled, Delivered, Rejected};
    use PaymentState::{Approved, Refunded, Voided};
    match (order, payment) {
        (Said::State(Delivered), Said::State(Approved))
        | (Said::State(Cancelled | Rejected), Said::State(Refunded | Voided)) => Verdict::Ended,
        (Said::Missing, _)
        | (Said::State(_), Said::Missing)
        | (Said::State(Delivered), Said::State(Refunded | Voided)) => Verdict::Lost,
        // Also an order that was called off and whose refund is still under way.
        _ => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: Said<PaymentState> = Said::Missing;

    fn verdict(order: OrderState, payment: PaymentState) -> Verdict {
        judge(Said::State(order), Said::State(payment))
    }

    #[test]
    fn an_order_that_nobody_knows_or_nobody_has_paid_is_lost() {
        assert_eq!(
            judge(Said::Missing, Said::State(PaymentState::Approved)),
            Verdict::Lost
        );
        assert_eq!(judge(Said::Missing, Said::Nothing), Verdict::Lost);
        for state in OrderState::ALL {
            assert_eq!(judge(Said::State(state), MISSING), Verdict::Lost, "{state:?}");
        }
        assert_eq!(
            verdict(OrderState::Delivered, PaymentState::Refunded),
            Verdict::Lost
        );
    }

    #[test]
    fn an_order_has_ended_when_its_money_is_where_it_belongs() {
        assert_eq!(
            verdict(OrderState::Delivered, PaymentState::Approved),
            Verdict::Ended
        );
        for called_off in [OrderState::Cancelled, OrderState::Rejected] {
            assert_eq!(verdict(called_off, PaymentState::Refunded), Verdict::Ended);
            assert_eq!(verdict(called_off, PaymentState::Voided), Verdict::Ended);
            assert_eq!(
                verdict(called_off, PaymentState::Approved),
                Verdict::Open,
                "the refund comes"
            );
        }
    }

    #[test]
    fn an_order_under_way_is_open_and_so_is_one_of_which_nobody_could_tell() {
        assert_eq!(
            verdict(OrderState::Cooking, PaymentState::Approved),
            Verdict::Open
        );
        assert_eq!(judge(Said::Nothing, MISSING), Verdict::Open);
        assert_eq!(
            judge(Said::State(OrderState::Delivered), Said::Nothing),
            Verdict::Open
        );
    }
}
