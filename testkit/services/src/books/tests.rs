//! Tests that every contradiction that is added to consistent books is found and named.

use super::{Books, contradictions};
use serde_json::{Value, json};

fn snapshot(id: &str, version: u64, state: &str) -> Value {
    json!({"orderId": id, "customerId": "mina", "storeId": "1", "amount": 20_000, "state": state,
        "version": version, "placedAt": "2024-01-01T00:00:00Z",
        "lines": [{"productId": "p", "productName": "TV", "qty": 2, "unitPrice": 5_000},
                  {"productName": "통닭", "qty": 1, "unitPrice": 10_000}]})
}

/// Two orders, one delivered and one cancelled, and a payment that never became an order.
fn books() -> Books {
    let lives = [
        (
            "ord_1",
            &["Placed", "Accepted", "Cooking", "OnTheWay", "Delivered"][..],
        ),
        ("ord_2", &["Placed", "Cancelled"]),
    ];
    let mut books = Books {
        keys: Some(Vec::new()),
        payments: vec![json!({"order_id": "ord_3", "state": "Voided", "amount": 7})],
        products: vec![json!({"product_id": "p", "stock": 11})],
        shelf: vec![json!({"product_id": "p", "stock": 11})],
        restocks: vec![json!({"product_id": "p", "key": "k", "qty": 3})],
        counts: vec![
            json!({"customer_id": "mina", "product_key": "id:p", "orders": 1}),
            json!({"customer_id": "mina", "product_key": "name:통닭", "orders": 1}),
        ],
        opening_stock: [("p".to_owned(), 10)].into(),
        unpublished: [("order".to_owned(), 0)].into(),
        dead_letters: [("pay".to_owned(), 0)].into(),
        ..Books::default()
    };
    for (id, states) in lives {
        let delivered = states.len() == 5;
        let pick = |yes: &'static str, no: &'static str| if delivered { yes } else { no };
        for (version, state) in (1..).zip(states) {
            let row = json!({"order_id": id, "version": version, "snapshot": snapshot(id, version, state)});
            books.history.push(row.clone());
            books.told.push(row);
            books.notifications.push(
                json!({"order_id": id, "version": version, "order_state": state, "customer_id": "mina"}),
            );
        }
        books.views.push(books.history[books.history.len() - 1].clone());
        books
            .orders
            .push(snapshot(id, states.len() as u64, states[states.len() - 1]));
        let payment = pick("Approved", "Refunded");
        books
            .payments
            .push(json!({"order_id": id, "state": payment, "amount": 20_000}));
        let ticket = pick("CookingFinished", "Cancelled");
        books.tickets.push(json!({"order_id": id, "state": ticket}));
        let delivery = pick("Delivered", "Cancelled");
        books.deliveries.push(json!({"order_id": id, "state": delivery}));
        let outcome = pick("Taken", "Returned");
        books
            .reservations
            .push(json!({"order_id": id, "outcome": outcome, "lines": [{"productId": "p", "qty": 2}]}));
        books
            .counted
            .push(json!({"order_id": id, "withdrawn": !delivered}));
        if let Some(keys) = &mut books.keys {
            keys.push(json!({"key": id, "order_id": id}));
        }
    }
    books
}

#[test]
fn books_that_agree_are_believed() {
    assert_eq!(contradictions(&books()), [] as [String; 0]);
}

type Plant = (&'static str, fn(&mut Books));

fn each_is_named(plants: &[Plant]) {
    for (words, plant) in plants {
        let mut books = books();
        plant(&mut books);
        let found = contradictions(&books);
        assert!(
            found.iter().any(|one| one.contains(words)),
            "'{words}' is not among {found:#?}"
        );
    }
}

#[test]
fn money_that_is_kept_lost_or_taken_twice_is_found() {
    each_is_named(&[
        (
            "ord_1 is Delivered: one payment of 20000 should be Approved",
            |books| {
                books.payments.remove(1);
            },
        ),
        (
            "ord_1 is Delivered: one payment of 20000 should be Approved",
            |books| {
                books.payments.push(books.payments[1].clone());
            },
        ),
        ("ord_1 is Delivered: one payment", |books| {
            books.payments[1]["amount"] = 1.into();
        }),
        ("ord_1 is Delivered: one payment", |books| {
            books.payments[1]["state"] = "Refunded".into();
        }),
        (
            "ord_2 is Cancelled: one payment of 20000 should be Refunded",
            |books| {
                books.payments[2]["state"] = "Approved".into();
            },
        ),
        ("a payment for ord_3, which does not exist", |books| {
            books.payments[0]["state"] = "Approved".into();
        }),
        ("a payment is not settled", |books| {
            books.intents.push(json!({"order_id": "ord_9"}));
        }),
        ("ord_1 is Delivered: one key should have made it", |books| {
            books.keys = Some(books.keys.take().unwrap_or_default().split_off(1));
        }),
    ]);
}

#[test]
fn work_and_goods_that_do_not_fit_the_end_of_the_order_are_found() {
    each_is_named(&[
        ("ord_1 is OnTheWay: it stands still", |books| {
            books.orders[0]["state"] = "OnTheWay".into();
        }),
        ("ord_1 is Delivered: one ticket", |books| {
            books.tickets[0]["state"] = "Rejected".into();
        }),
        ("ord_2 is Cancelled: one ticket", |books| {
            books.tickets[1]["state"] = "Accepted".into();
        }),
        ("ord_1 is Delivered: one delivery should be Delivered", |books| {
            books.deliveries[0]["state"] = "Started".into();
        }),
        ("ord_2 is Cancelled: one delivery should be Cancelled", |books| {
            books.deliveries.pop();
        }),
        ("ord_2 is Cancelled: one reservation", |books| {
            books.reservations[1]["outcome"] = "Taken".into();
        }),
        ("ord_1 is Delivered: one reservation", |books| {
            books.reservations[0]["lines"][0]["qty"] = 3.into();
        }),
        ("of product p there are Some(10), not Some(11)", |books| {
            books.products[0]["stock"] = 10.into();
        }),
        ("of product p shown are Some(12), not Some(11)", |books| {
            books.shelf[0]["stock"] = 12.into();
        }),
        ("of product p there are Some(11), not Some(14)", |books| {
            books.restocks.push(books.restocks[0].clone());
        }),
        ("of product p there are Some(-1)", |books| {
            books.products[0]["stock"] = (-1).into();
        }),
        ("a ticket for ord_9, which does not exist", |books| {
            books
                .tickets
                .push(json!({"order_id": "ord_9", "state": "Cancelled"}));
        }),
    ]);
}

#[test]
fn news_that_is_lost_repeated_or_wrong_is_found() {
    each_is_named(&[
        (
            "ord_2 is Cancelled: the customer was told of the versions [1], not [1, 2]",
            |books| {
                books.notifications.pop();
            },
        ),
        (
            "the customer was told of the versions [1, 2, 2], not [1, 2]",
            |books| {
                books.notifications.push(books.notifications[6].clone());
            },
        ),
        ("the customer was told wrongly", |books| {
            books.notifications[0]["order_state"] = "Accepted".into();
        }),
        ("the customer was told wrongly", |books| {
            books.notifications[0]["customer_id"] = "nobody".into();
        }),
        ("the view's history has the versions [1, 2, 4, 5]", |books| {
            books.history.remove(2);
        }),
        ("published were the versions [2, 1]", |books| {
            books.told.swap(5, 6);
        }),
        ("the view shows another version 1 than was published", |books| {
            books.history[0]["snapshot"]["reason"] = "none".into();
        }),
        ("the view should show the truth", |books| {
            books.views[1]["snapshot"]["amount"] = 1.into();
        }),
        ("the view's history ends otherwise", |books| {
            books.orders[1]["reason"] = "regret".into();
        }),
        ("no order goes this way", |books| {
            books.history[1]["snapshot"]["state"] = "OnTheWay".into();
        }),
        ("it was another order once", |books| {
            books.history[0]["snapshot"]["customerId"] = "jun".into();
        }),
        ("ord_2 is Cancelled: marketing should know", |books| {
            books.counted[1]["withdrawn"] = false.into();
        }),
        ("marketing counts Some(2) orders", |books| {
            books.counts[0]["orders"] = 2.into();
        }),
        ("order has 4 events to publish", |books| {
            books.unpublished.insert("order".to_owned(), 4);
        }),
        ("pay has given up 1 events", |books| {
            books.dead_letters.insert("pay".to_owned(), 1);
        }),
    ]);
}

#[test]
fn an_order_that_is_known_to_nobody_else_is_found_everywhere() {
    let mut books = books();
    books.orders.push(snapshot("ord_9", 1, "Delivered"));
    let found = contradictions(&books);
    assert!(
        found.iter().filter(|one| one.starts_with("ord_9")).count() >= 8,
        "{found:#?}"
    );
}

#[test]
fn what_was_published_twice_in_its_turn_is_no_contradiction() {
    let mut books = books();
    books.told.insert(2, books.told[0].clone());
    assert_eq!(contradictions(&books), [] as [String; 0]);
}
