//! Tests which prices apply.

use crate::domain::fixtures::{price_list, product};
use crate::domain::{InvalidOrder, KnownProduct};

#[test]
fn a_product_of_which_none_is_left_is_sold_out() {
    let (id, known) = product("1001", Some(5_000));
    let mut list = price_list();
    for (stock, is_sold_out) in [(Some(0), true), (Some(1), false), (None, false)] {
        let left = KnownProduct {
            stock,
            ..known.clone()
        };
        list.products.insert(id.clone(), left);
        let sold_out = matches!(list.product(&id), Err(InvalidOrder::SoldOut { .. }));
        assert_eq!(sold_out, is_sold_out, "{stock:?}");
    }
}
