//! What customers and owners were told during the test, and whether the books match it.

use super::Books;
use super::rows::text;
use std::collections::BTreeMap;

/// The result of a customer's cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// Not requested.
    NotTried,
    /// Confirmed.
    Confirmed,
    /// Rejected because it was too late.
    TooLate,
    /// An error, or no response: it may have succeeded or not.
    Unknown,
}

/// An order that was confirmed to its customer.
#[derive(Debug, Clone)]
pub struct Purchase {
    pub order_id: String,
    /// The result of its cancellation.
    pub cancellation: Cancellation,
}

/// All responses.
#[derive(Debug, Clone, Default)]
pub struct Promises {
    /// How many orders each customer tried to place, each with a new `Idempotency-Key`.
    pub tries: BTreeMap<String, u64>,
    pub purchases: Vec<Purchase>,
    /// Orders whose rejection was confirmed to the owner.
    pub refused: Vec<String>,
    /// Restocks that were confirmed: the key and the quantity.
    pub restocked: Vec<(String, u64)>,
    /// Responses that contradict each other.
    pub surprises: Vec<String>,
}

impl Promises {
    pub fn merge(&mut self, other: Self) {
        for (customer, tries) in other.tries {
            *self.tries.entry(customer).or_default() += tries;
        }
        self.purchases.extend(other.purchases);
        self.refused.extend(other.refused);
        self.restocked.extend(other.restocked);
        self.surprises.extend(other.surprises);
    }

    /// The confirmed results that contradict `books`.
    pub fn broken(&self, books: &Books) -> Vec<String> {
        let states: BTreeMap<&str, &str> = books
            .orders
            .iter()
            .map(|order| (text(order, "orderId"), text(order, "state")))
            .collect();
        let end = |id: &str| states.get(id).copied().unwrap_or("not there");
        let mut found = self.surprises.clone();
        for purchase in &self.purchases {
            let state = end(&purchase.order_id);
            if !purchase.cancellation.allows(state) {
                found.push(format!("{purchase:?} was promised, and it is {state}"));
            }
        }
        for id in &self.refused {
            if !["Rejected", "Cancelled"].contains(&end(id)) {
                found.push(format!("the owner has refused {id}, and it is {}", end(id)));
            }
        }
        for (key, qty) in &self.restocked {
            let known = books
                .restocks
                .iter()
                .any(|row| text(row, "key") == key && row["qty"] == *qty);
            if !known {
                found.push(format!(
                    "{qty} pieces came in with the key {key}, and are not noted"
                ));
            }
        }
        found.extend(self.too_many_orders(books));
        found
    }

    /// Each key may create at most one order.
    fn too_many_orders(&self, books: &Books) -> Vec<String> {
        let mut made: BTreeMap<&str, u64> = BTreeMap::new();
        for order in &books.orders {
            *made.entry(text(order, "customerId")).or_default() += 1;
        }
        made.into_iter()
            .filter(|(customer, made)| *made > self.tries.get(*customer).copied().unwrap_or_default())
            .map(|(customer, made)| {
                let tries = self.tries.get(customer).copied().unwrap_or_default();
                format!("{customer} used {tries} keys and has {made} orders")
            })
            .collect()
    }
}

impl Cancellation {
    /// Whether an order with this result of its cancellation may end in `state`.
    fn allows(self, state: &str) -> bool {
        match self {
            Self::NotTried | Self::TooLate => ["Delivered", "Rejected"].contains(&state),
            Self::Confirmed => state == "Cancelled",
            Self::Unknown => ["Delivered", "Rejected", "Cancelled"].contains(&state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn books(state: &str) -> Books {
        Books {
            orders: vec![json!({"orderId": "ord_1", "customerId": "mina", "state": state})],
            restocks: vec![json!({"product_id": "p", "key": "k", "qty": 3})],
            ..Books::default()
        }
    }

    fn promises(order_id: &str, cancellation: Cancellation) -> Promises {
        Promises {
            tries: [("mina".to_owned(), 1)].into(),
            purchases: vec![Purchase {
                order_id: order_id.to_owned(),
                cancellation,
            }],
            ..Promises::default()
        }
    }

    #[test]
    fn what_a_customer_was_told_allows_some_ends_only() {
        for (cancellation, kept, broken) in [
            (Cancellation::NotTried, "Rejected", "Cancelled"),
            (Cancellation::TooLate, "Delivered", "Cancelled"),
            (Cancellation::Confirmed, "Cancelled", "Delivered"),
            (Cancellation::Unknown, "Cancelled", "Placed"),
        ] {
            let promises = promises("ord_1", cancellation);
            assert_eq!(promises.broken(&books(kept)), [] as [String; 0]);
            let found = promises.broken(&books(broken));
            assert!(found[0].contains(&format!("and it is {broken}")), "{found:?}");
        }
    }

    #[test]
    fn every_other_broken_promise_is_named() {
        let good = || promises("ord_1", Cancellation::NotTried);
        let cases = [
            (promises("ord_2", Cancellation::Unknown), "it is not there"),
            (
                Promises {
                    refused: vec!["ord_1".to_owned()],
                    ..good()
                },
                "refused ord_1, and it is Delivered",
            ),
            (
                Promises {
                    restocked: vec![("k".to_owned(), 4)],
                    ..good()
                },
                "4 pieces came in with the key k",
            ),
            (
                Promises {
                    tries: BTreeMap::new(),
                    ..good()
                },
                "mina used 0 keys and has 1 orders",
            ),
            (
                Promises {
                    surprises: vec!["two answers".to_owned()],
                    ..good()
                },
                "two answers",
            ),
        ];
        for (promises, words) in cases {
            let found = promises.broken(&books("Delivered"));
            assert!(found.iter().any(|one| one.contains(words)), "{words}: {found:?}");
        }
    }
}
