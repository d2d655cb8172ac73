//! Problems as texts in the visitor's language.

use super::text::Text;
use crate::domain::basket::BasketError;
use fdp_http::Problem;

/// The notice that an order can no longer be cancelled.
pub(super) const TOO_LATE: &str = "too-late";
/// The notice that cancelling failed for another reason.
pub(super) const NOT_CANCELLED: &str = "not-cancelled";

/// A basket that cannot be ordered.
pub(super) fn basket(text: &Text, error: BasketError) -> String {
    match error {
        BasketError::Empty => text.basket_empty,
        BasketError::Quantity => text.basket_quantity,
        BasketError::NotOffered => text.basket_not_offered,
        BasketError::SoldOut => text.basket_sold_out,
        BasketError::Closed => text.basket_closed,
        BasketError::PriceChanged => text.basket_price_changed,
        BasketError::SeveralStores => text.basket_several_stores,
    }
    .to_owned()
}

/// A problem of another service, or an internal one.
pub(super) fn problem(text: &Text, problem: &Problem) -> String {
    match problem.status {
        402 => text.payment_refused.to_owned(),
        409 if problem.kind.ends_with(":price-changed") => text.basket_price_changed.to_owned(),
        409 if problem.kind.ends_with(":sold-out") => text.basket_sold_out.to_owned(),
        409 if problem.kind.ends_with(":store-closed") => text.basket_closed.to_owned(),
        422 if [":unknown-dish", ":unknown-product"]
            .iter()
            .any(|kind| problem.kind.ends_with(kind)) =>
        {
            text.basket_not_offered.to_owned()
        }
        422 if problem.kind.ends_with(":other-store") => text.basket_several_stores.to_owned(),
        422 if problem.kind.ends_with(":unknown-store") => text.unknown_store.to_owned(),
        422 if problem.kind.ends_with(":invalid-order") => text.invalid_order.to_owned(),
        429 => text.too_many.to_owned(),
        503 if problem.kind.ends_with(":payment-busy") => text.payment_busy.to_owned(),
        503 if problem.kind.contains("payment") => text.payment_unavailable.to_owned(),
        502..=504 => text.unavailable.to_owned(),
        500.. => text.internal.to_owned(),
        _ => format!("{} {}", text.refused, problem.detail),
    }
}

/// A notice in a page's URL; an unknown one gets the most general text.
pub(super) fn notice(text: &Text, slug: &str) -> String {
    match slug {
        TOO_LATE => text.too_late,
        _ => text.not_cancelled,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use http::StatusCode;

    #[test]
    fn known_problems_have_a_text_and_unknown_ones_show_their_reason() {
        let text = Text::of(Language::English);
        let down = Problem::unavailable("payment-unavailable", "pay in a moment", 1);
        assert_eq!(problem(text, &down), text.payment_unavailable);
        let busy = Problem::unavailable("payment-busy", "pay in a moment", 1);
        assert_eq!(problem(text, &busy), text.payment_busy);
        let broken = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "x");
        assert_eq!(problem(text, &broken), text.internal);
        let dearer = Problem::conflict("price-changed", "'TV' costs 400 won now");
        assert_eq!(problem(text, &dearer), text.basket_price_changed);
        let gone = Problem::conflict("sold-out", "'통닭' is sold out");
        assert_eq!(problem(text, &gone), text.basket_sold_out);
        let closed = Problem::conflict("store-closed", "store 1 is closed");
        assert_eq!(problem(text, &closed), text.basket_closed);
        let unprocessable = |slug| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, slug, "no");
        let nothing = unprocessable("unknown-dish");
        assert_eq!(problem(text, &nothing), text.basket_not_offered);
        let nowhere = unprocessable("unknown-store");
        assert_eq!(problem(text, &nowhere), text.unknown_store);
        let invalid = unprocessable("invalid-order");
        assert_eq!(problem(text, &invalid), text.invalid_order);
        let odd = Problem::conflict("on-strike", "nobody cooks");
        assert_eq!(problem(text, &odd), "This could not be ordered: nobody cooks");
    }
}
