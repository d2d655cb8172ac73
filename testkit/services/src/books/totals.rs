//! Checks the totals: stock, recommendations, unpublished events and events that were given up.

use super::Books;
use super::rows::{is_delivered, stocked_lines, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn contradictions(books: &Books) -> Vec<String> {
    let mut found = stock(books);
    found.extend(advice(books));
    for (service, count) in &books.unpublished {
        if *count != 0 {
            found.push(format!("{service} has {count} events to publish"));
        }
    }
    for (group, count) in &books.dead_letters {
        if *count != 0 {
            found.push(format!("{group} has given up {count} events"));
        }
    }
    found
}

/// The initial stock plus restocks minus deliveries must be the stored stock and the shown stock.
fn stock(books: &Books) -> Vec<String> {
    let mut expected: BTreeMap<&str, i128> = books
        .opening_stock
        .iter()
        .map(|(product, stock)| (product.as_str(), i128::from(*stock)))
        .collect();
    for restock in &books.restocks {
        *expected.entry(text(restock, "product_id")).or_default() += number(&restock["qty"]);
    }
    for order in books.orders.iter().filter(|order| is_delivered(order)) {
        for (product, qty) in stocked_lines(order) {
            *expected.entry(product).or_default() -= i128::from(qty);
        }
    }
    let mut found = Vec::new();
    for (what, rows) in [("there are", &books.products), ("shown are", &books.shelf)] {
        let left: BTreeMap<&str, i128> = rows
            .iter()
            .map(|row| (text(row, "product_id"), number(&row["stock"])))
            .collect();
        let products: BTreeSet<&str> = expected.keys().chain(left.keys()).copied().collect();
        for product in products {
            let (should, is) = (expected.get(product), left.get(product));
            if should != is || is.is_some_and(|is| *is < 0) {
                found.push(format!("of product {product} {what} {is:?}, not {should:?}"));
            }
        }
    }
    found
}

/// Marketing must count exactly the delivered orders.
fn advice(books: &Books) -> Vec<String> {
    let mut expected: BTreeMap<(&str, String), i128> = BTreeMap::new();
    for order in books.orders.iter().filter(|order| is_delivered(order)) {
        let lines = order["lines"].as_array().into_iter().flatten();
        let items: BTreeSet<String> = lines.map(item).collect();
        for item in items {
            *expected.entry((text(order, "customerId"), item)).or_default() += 1;
        }
    }
    let counted: BTreeMap<(&str, String), i128> = books
        .counts
        .iter()
        .map(|row| {
            let key = (text(row, "customer_id"), text(row, "product_key").to_owned());
            (key, number(&row["orders"]))
        })
        .collect();
    let keys: BTreeSet<_> = expected.keys().chain(counted.keys()).collect();
    keys.into_iter()
        .filter(|key| expected.get(key) != counted.get(key))
        .map(|key| {
            let (should, is) = (expected.get(key), counted.get(key));
            format!("marketing counts {is:?} orders of {key:?}, not {should:?}")
        })
        .collect()
}

fn item(line: &Value) -> String {
    match line["productId"].as_str() {
        Some(product) => format!("id:{product}"),
        None => format!("name:{}", text(line, "productName")),
    }
}

fn number(value: &Value) -> i128 {
    value.as_i64().map_or(i128::MIN, i128::from)
}
