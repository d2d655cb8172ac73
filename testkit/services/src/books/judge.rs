//! Finds contradictions between the services' data about each order; it is pure and works on rows that were read
//! before.

use super::rows::{is_delivered, is_final, stocked_lines, text};
use super::{Books, totals};
use serde_json::Value;
use std::collections::BTreeMap;

/// The fields of an order that never change between its versions.
const LASTING: [&str; 6] = ["orderId", "customerId", "storeId", "lines", "amount", "placedAt"];

/// All contradictions, each with the order's id; empty if money, stock and events are consistent.
pub fn contradictions(books: &Books) -> Vec<String> {
    let mut found = orders(books);
    found.extend(strays(books));
    found.extend(totals::contradictions(books));
    found
}

type Rows<'a> = BTreeMap<&'a str, Vec<&'a Value>>;

fn by_order(rows: &[Value]) -> Rows<'_> {
    let mut all = Rows::new();
    for row in rows {
        all.entry(text(row, "order_id")).or_default().push(row);
    }
    all
}

/// Collects the contradictions about one order.
struct Claims<'a> {
    order: &'a Value,
    found: Vec<String>,
}

impl Claims<'_> {
    fn claim(&mut self, holds: bool, words: impl FnOnce() -> String) {
        if !holds {
            let (id, state) = (text(self.order, "orderId"), text(self.order, "state"));
            self.found.push(format!("{id} is {state}: {}", words()));
        }
    }

    /// Requires exactly one row, and `holds` must be true for it.
    fn one(&mut self, what: &str, rows: &[&Value], holds: impl Fn(&Value) -> bool) {
        self.claim(matches!(rows, [row] if holds(row)), || {
            format!("{what}, but there is {rows:?}")
        });
    }
}

fn orders(books: &Books) -> Vec<String> {
    let all = [
        &books.payments,
        &books.tickets,
        &books.deliveries,
        &books.reservations,
        &books.notifications,
        &books.history,
        &books.views,
        &books.counted,
        &books.told,
    ]
    .map(|rows| by_order(rows));
    let keys = books.keys.as_deref().map(by_order);
    let mut found = Vec::new();
    for order in &books.orders {
        let own = all
            .each_ref()
            .map(|rows| rows.get(text(order, "orderId")).map_or(&[][..], Vec::as_slice));
        let [
            payments,
            tickets,
            deliveries,
            reservations,
            notifications,
            history,
            views,
            counted,
            told,
        ] = own;
        let mut claims = Claims {
            order,
            found: Vec::new(),
        };
        claims.claim(is_final(order), || "it stands still".to_owned());
        money(&mut claims, payments);
        work(&mut claims, tickets, deliveries);
        goods(&mut claims, reservations);
        news(&mut claims, notifications, history, views, told);
        claims.one("marketing should know whether it counts", counted, |row| {
            row["withdrawn"] == !is_delivered(order)
        });
        if let Some(keys) = &keys {
            let own = keys.get(text(order, "orderId")).map_or(&[][..], Vec::as_slice);
            claims.one("one key should have made it", own, |_| true);
        }
        found.append(&mut claims.found);
    }
    found
}

/// Requires one approved payment of the amount, or a refund of it.
fn money(claims: &mut Claims<'_>, payments: &[&Value]) {
    let order = claims.order;
    let state = if is_delivered(order) {
        "Approved"
    } else {
        "Refunded"
    };
    let what = format!("one payment of {} should be {state}", order["amount"]);
    claims.one(&what, payments, |payment| {
        payment["state"] == state && payment["amount"] == order["amount"]
    });
}

/// Checks the store's ticket and the delivery.
fn work(claims: &mut Claims<'_>, tickets: &[&Value], deliveries: &[&Value]) {
    let possible: &[&str] = match text(claims.order, "state") {
        "Delivered" => &["CookingFinished"],
        // A ticket that was cooked or rejected keeps that state when the order ends in another way.
        _ => &["Cancelled", "Rejected", "CookingFinished"],
    };
    claims.one(&format!("one ticket should be {possible:?}"), tickets, |ticket| {
        possible.contains(&text(ticket, "state"))
    });
    let end = if is_delivered(claims.order) {
        "Delivered"
    } else {
        "Cancelled"
    };
    claims.one(&format!("one delivery should be {end}"), deliveries, |delivery| {
        delivery["state"] == end
    });
}

/// Checks what the order took from stock and returned.
fn goods(claims: &mut Claims<'_>, reservations: &[&Value]) {
    let lines = stocked_lines(claims.order);
    if lines.is_empty() {
        claims.claim(reservations.is_empty(), || {
            format!("it needs no stock, but there is {reservations:?}")
        });
        return;
    }
    let possible: &[&str] = if is_delivered(claims.order) {
        &["Taken"]
    } else {
        &["Returned", "Short", "Cancelled"]
    };
    let what = format!("one reservation of {lines:?} should be {possible:?}");
    claims.one(&what, reservations, |reservation| {
        let held: BTreeMap<&str, u64> = reservation["lines"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| (text(line, "productId"), line["qty"].as_u64().unwrap_or_default()))
            .collect();
        possible.contains(&text(reservation, "outcome")) && held == lines
    });
}

/// Each version must be published, shown and sent to the customer exactly once, and the view must match the order.
fn news(
    claims: &mut Claims<'_>,
    notifications: &[&Value],
    history: &[&Value],
    views: &[&Value],
    told: &[&Value],
) {
    let order = claims.order;
    let all: Vec<u64> = (1..=order["version"].as_u64().unwrap_or_default()).collect();
    let sorted = |rows: &[&Value]| {
        let mut versions: Vec<u64> = rows.iter().map(|row| version(row)).collect();
        versions.sort_unstable();
        versions
    };
    let (shown, messages) = (sorted(history), sorted(notifications));
    claims.claim(shown == all, || {
        format!("the view's history has the versions {shown:?}, not {all:?}")
    });
    claims.claim(messages == all, || {
        format!("the customer was told of the versions {messages:?}, not {all:?}")
    });
    let mut published = Vec::new();
    for version in told.iter().map(|row| version(row)) {
        if !published.contains(&version) {
            published.push(version);
        }
    }
    claims.claim(published == all, || {
        format!("published were the versions {published:?}, not {all:?}")
    });

    let shown: BTreeMap<u64, &Value> = history
        .iter()
        .map(|row| (version(row), &row["snapshot"]))
        .collect();
    for row in told {
        let same = shown.get(&version(row)) == Some(&&row["snapshot"]);
        claims.claim(same, || {
            format!(
                "the view shows another version {} than was published",
                version(row)
            )
        });
    }
    for row in notifications {
        let state = shown.get(&version(row)).map(|snapshot| &snapshot["state"]);
        let right = state == Some(&row["order_state"]) && row["customer_id"] == order["customerId"];
        claims.claim(right, || format!("the customer was told wrongly: {row}"));
    }
    life(claims, &shown);
    claims.one("the view should show the truth", views, |view| {
        view["version"] == order["version"] && &view["snapshot"] == order
    });
    let last = shown.last_key_value().map(|(_, snapshot)| *snapshot);
    claims.claim(last == Some(order), || {
        format!("the view's history ends otherwise: {last:?}")
    });
}

/// The states must follow each other in the right order, and constant fields must not change.
fn life(claims: &mut Claims<'_>, shown: &BTreeMap<u64, &Value>) {
    let order = claims.order;
    let states: Vec<&str> = shown.values().map(|snapshot| text(snapshot, "state")).collect();
    let follows = |pair: &[&str]| {
        let [from, to] = [step(pair[0]), step(pair[1])];
        if pair[1] == "Delivered" {
            from < to
        } else {
            from < to && (to < 4 || from < 3)
        }
    };
    let begins = states.first().is_none_or(|state| *state == "Placed");
    claims.claim(begins && states.windows(2).all(follows), || {
        format!("no order goes this way: {states:?}")
    });
    for snapshot in shown.values() {
        let same = LASTING.iter().all(|field| snapshot[field] == order[field]);
        claims.claim(same, || format!("it was another order once: {snapshot}"));
    }
}

/// The position of a state in the life of an order.
fn step(state: &str) -> u8 {
    match state {
        "Placed" => 0,
        "Accepted" => 1,
        "Cooking" => 2,
        "OnTheWay" => 3,
        _ => 4,
    }
}

fn version(row: &Value) -> u64 {
    row["version"].as_u64().unwrap_or_default()
}

/// Finds data about orders that do not exist.
fn strays(books: &Books) -> Vec<String> {
    let known: BTreeMap<&str, &Value> = books
        .orders
        .iter()
        .map(|order| (text(order, "orderId"), order))
        .collect();
    let mut found = Vec::new();
    for (what, rows) in [
        ("a payment", &books.payments),
        ("a ticket", &books.tickets),
        ("a delivery", &books.deliveries),
        ("a reservation", &books.reservations),
        ("a message", &books.notifications),
        ("a history", &books.history),
        ("a view", &books.views),
        ("a count", &books.counted),
        ("an event", &books.told),
    ] {
        for row in rows {
            let id = text(row, "order_id");
            // The payment of an order that was never created must be voided: no money was taken, or it was returned.
            let is_void = what == "a payment" && row["state"] == "Voided";
            if !known.contains_key(id) && !is_void {
                found.push(format!("{what} for {id}, which does not exist: {row}"));
            }
        }
    }
    for intent in &books.intents {
        found.push(format!("a payment is not settled: {intent}"));
    }
    found
}
