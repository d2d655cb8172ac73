//! The books: the rows of all services' databases and the events of the order topic, read when nothing is in
//! progress.

mod judge;
mod promises;
mod rows;
#[cfg(test)]
mod tests;
mod totals;

use crate::platform::Platform;
use crate::services::{subscriptions, topic, with_database};
use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use judge::contradictions;
pub use promises::{Cancellation, Promises, Purchase};

/// The order's id in the format that every other service uses.
const ID: &str = "'ord_' || replace(order_id::text, '-', '') AS order_id";
/// Fields that the order service stores but does not publish.
const PRIVATE: [&str; 2] = ["awaitsStock", "departing"];

/// The data of all services. Every row is an object; rows about an order have its id in `order_id`.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Orders from the order service, which is the source of truth.
    pub orders: Vec<Value>,
    /// Payments that are being made or returned.
    pub intents: Vec<Value>,
    /// The order of each `Idempotency-Key`; `None` where the table of keys cannot be read.
    pub keys: Option<Vec<Value>>,
    pub payments: Vec<Value>,
    pub tickets: Vec<Value>,
    pub deliveries: Vec<Value>,
    /// The changes of stock by each order.
    pub reservations: Vec<Value>,
    /// Products and their stock.
    pub products: Vec<Value>,
    /// Restocks that had a key.
    pub restocks: Vec<Value>,
    /// Notifications to customers.
    pub notifications: Vec<Value>,
    /// Every change of every order, as received by the front end.
    pub history: Vec<Value>,
    /// The latest version of each order, as the front end shows it.
    pub views: Vec<Value>,
    /// Products as the front end shows them.
    pub shelf: Vec<Value>,
    /// Orders that marketing has received.
    pub counted: Vec<Value>,
    /// The number of orders of a customer with a product, as marketing counts them.
    pub counts: Vec<Value>,
    /// The events of the order service in the order of publication; a change may be there twice.
    pub told: Vec<Value>,
    /// The initial stock of each product.
    pub opening_stock: BTreeMap<String, u64>,
    /// The number of events that each service has not published yet.
    pub unpublished: BTreeMap<String, i64>,
    /// The number of events that each consumer group has given up.
    pub dead_letters: BTreeMap<String, i64>,
}

/// Where the orders are read from.
#[derive(Debug, Clone)]
pub enum Truth {
    /// The order service's PostgreSQL database.
    Postgres,
    /// The API of the order service, because its database is not PostgreSQL: the orders of these customers, each of
    /// whom has at most 200, and all orders that another service knows.
    Asked(Vec<String>),
}

impl Books {
    /// Waits until every order has ended and nothing is in progress, and reads the books.
    ///
    /// # Errors
    /// When that takes longer than `deadline`, with what was still in progress; or when a server does not respond.
    pub fn at_rest(
        platform: &mut Platform,
        truth: &Truth,
        opening_stock: BTreeMap<String, u64>,
        deadline: Duration,
    ) -> Result<Self> {
        wait::until("every order to end", deadline, || {
            under_way(platform, truth)?;
            Ok(Some(()))
        })?;
        platform.wait_at_rest(deadline)?;
        let mut books = Self {
            opening_stock,
            ..Self::default()
        };
        books.read_orders(platform, truth)?;
        books.read_databases(platform)?;
        books.read_topics(platform)?;
        Ok(books)
    }

    fn read_orders(&mut self, platform: &mut Platform, truth: &Truth) -> Result<()> {
        self.orders = orders(platform, truth)?;
        if matches!(truth, Truth::Postgres) {
            self.intents = intents(platform)?;
            let keys = format!("SELECT key, {ID} FROM idempotency_keys");
            self.keys = Some(platform.postgres().query("order", &keys)?);
        }
        Ok(())
    }

    fn read_databases(&mut self, platform: &mut Platform) -> Result<()> {
        let payments = format!("SELECT {ID}, state, amount FROM payments");
        let books: [(&mut Vec<Value>, &str, &str); 11] = [
            (&mut self.payments, "pay", &payments),
            (
                &mut self.tickets,
                "store",
                "SELECT order_id, state, notified_at FROM tickets",
            ),
            (
                &mut self.deliveries,
                "delivery",
                "SELECT order_id, state FROM deliveries",
            ),
            (
                &mut self.reservations,
                "inventory",
                "SELECT order_id, outcome, lines FROM reservations",
            ),
            (
                &mut self.products,
                "inventory",
                "SELECT product_id, stock FROM products",
            ),
            (
                &mut self.restocks,
                "inventory",
                "SELECT product_id, key, qty FROM restocks",
            ),
            (
                &mut self.notifications,
                "customer",
                "SELECT order_id, version, order_state, customer_id FROM notifications",
            ),
            (
                &mut self.history,
                "frontend",
                "SELECT order_id, version, snapshot FROM order_history",
            ),
            (
                &mut self.views,
                "frontend",
                "SELECT order_id, version, snapshot FROM order_view",
            ),
            (
                &mut self.shelf,
                "frontend",
                "SELECT product_id, stock FROM product",
            ),
            (
                &mut self.counted,
                "marketing",
                "SELECT order_id, withdrawn FROM counted_orders",
            ),
        ];
        for (book, database, select) in books {
            *book = platform.postgres().query(database, select)?;
        }
        self.counts = platform.postgres().query(
            "marketing",
            "SELECT customer_id, product_key, orders FROM orders_by_product WHERE orders <> 0",
        )?;
        for service in with_database() {
            // Services without a database in PostgreSQL were already read during the wait.
            if !platform.lies_in_postgres(service) {
                continue;
            }
            let count = platform
                .postgres()
                .number(service, "SELECT count(*) FROM outbox")?;
            self.unpublished.insert(service.to_owned(), count);
        }
        Ok(())
    }

    fn read_topics(&mut self, platform: &mut Platform) -> Result<()> {
        for record in platform.kafka().records(topic::ORDER)? {
            if record.is_copy() {
                continue;
            }
            let event: Value =
                serde_json::from_str(&record.payload).context("reading an event of an order")?;
            let mut told = Map::new();
            told.insert("order_id".to_owned(), record.key.into());
            told.insert("version".to_owned(), event["data"]["version"].clone());
            told.insert("snapshot".to_owned(), event["data"].clone());
            self.told.push(told.into());
        }
        for (group, _) in subscriptions() {
            let letters = platform.kafka().count(&topic::dead_letter(group))?;
            self.dead_letters.insert(group.to_owned(), letters);
        }
        Ok(())
    }
}

/// Fails while an order has not ended, or a payment may still be returned.
fn under_way(platform: &mut Platform, truth: &Truth) -> Result<()> {
    let orders = orders(platform, truth)?;
    let waiting = orders.iter().filter(|order| !rows::is_final(order)).count();
    ensure!(
        waiting == 0,
        "{waiting} of {} orders have not ended",
        orders.len()
    );
    if matches!(truth, Truth::Postgres) {
        let intents = intents(platform)?.len();
        ensure!(intents == 0, "{intents} payments are not settled");
    }
    let known: BTreeSet<&str> = orders
        .iter()
        .filter_map(|order| order["orderId"].as_str())
        .collect();
    let approved = format!("SELECT {ID} FROM payments WHERE state = 'Approved'");
    for payment in platform.postgres().query("pay", &approved)? {
        let id = payment["order_id"].as_str().unwrap_or_default();
        ensure!(known.contains(id), "a payment for {id} is still to be returned");
    }
    Ok(())
}

fn intents(platform: &mut Platform) -> Result<Vec<Value>> {
    platform
        .postgres()
        .query("order", &format!("SELECT {ID} FROM payment_intents"))
}

/// Every order in the order service, without the fields that it does not publish.
fn orders(platform: &mut Platform, truth: &Truth) -> Result<Vec<Value>> {
    let mut orders = match truth {
        Truth::Postgres => platform
            .postgres()
            .query("order", "SELECT document FROM orders")?
            .into_iter()
            .map(|mut row| row["document"].take())
            .collect(),
        Truth::Asked(customers) => asked(platform, customers)?,
    };
    for order in &mut orders {
        if let Some(document) = order.as_object_mut() {
            document.retain(|field, _| !PRIVATE.contains(&field.as_str()));
        }
    }
    Ok(orders)
}

fn asked(platform: &mut Platform, customers: &[String]) -> Result<Vec<Value>> {
    const MOST: usize = 200;
    let service = platform.client("order");
    let mut found = BTreeMap::new();
    for customer in customers {
        let list = service
            .get(&format!("/orders?customerId={customer}&limit={MOST}"))?
            .expect(200)?
            .body;
        let list = list.as_array().context("a list of orders")?;
        ensure!(
            list.len() < MOST,
            "{customer} may have more orders than are shown"
        );
        for order in list {
            let id = order["orderId"].as_str().context("an order without an id")?;
            found.insert(id.to_owned(), order.clone());
        }
    }
    for (database, select) in [
        (
            "pay",
            format!("SELECT {ID} FROM payments WHERE state <> 'Voided'"),
        ),
        ("store", "SELECT order_id FROM tickets".to_owned()),
        ("frontend", "SELECT order_id FROM order_view".to_owned()),
    ] {
        for row in platform.postgres().query(database, &select)? {
            let id = row["order_id"].as_str().context("a row without an order")?;
            if !found.contains_key(id) {
                let answer = service.get(&format!("/orders/{id}"))?;
                // A missing order is found by the comparison.
                if answer.status != 404 {
                    found.insert(id.to_owned(), answer.expect(200)?.body);
                }
            }
        }
    }
    Ok(found.into_values().collect())
}
