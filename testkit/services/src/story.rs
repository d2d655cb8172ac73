//! Collects what every service reports about one order, and checks that they agree.

use crate::http::Client;
use anyhow::{Result, bail, ensure};
use serde_json::Value;

/// One order, as each involved service reports it. It is null where a service does not know the order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Story {
    /// The order in the order service, which is the source of truth.
    pub order: Value,
    /// The payments for the order.
    pub payments: Vec<Value>,
    /// The store's ticket.
    pub ticket: Value,
    /// The delivery.
    pub delivery: Value,
    /// The view that customers read, with its history.
    pub view: Value,
    /// The notifications to the customer.
    pub notifications: Vec<Value>,
}

impl Story {
    /// Reads the order from every service through `gateway`.
    ///
    /// # Errors
    /// When one of them responds with neither 200 nor 404.
    pub fn read(gateway: &Client, order_id: &str) -> Result<Self> {
        let order = known(gateway, &format!("/orders/{order_id}"))?;
        let store = order["storeId"].as_str().unwrap_or("1").to_owned();
        Ok(Self {
            order,
            payments: list(gateway, &format!("/payments?orderId={order_id}"))?,
            ticket: known(gateway, &format!("/stores/{store}/tickets/{order_id}"))?,
            delivery: known(gateway, &format!("/deliveries/{order_id}"))?,
            view: known(gateway, &format!("/views/orders/{order_id}"))?,
            notifications: list(gateway, &format!("/notifications?orderId={order_id}"))?,
        })
    }

    /// The order's id; empty if there is no order.
    pub fn id(&self) -> &str {
        self.order["orderId"].as_str().unwrap_or_default()
    }

    /// The order's version; 0 if there is no order.
    pub fn version(&self) -> u64 {
        self.order["version"].as_u64().unwrap_or_default()
    }

    /// The order's state; empty if there is no order.
    pub fn state(&self) -> &str {
        self.order["state"].as_str().unwrap_or_default()
    }

    /// Whether the order can no longer change.
    pub fn is_final(&self) -> bool {
        is_final(self.state())
    }

    /// Fails unless all services agree about an order that has ended.
    ///
    /// # Errors
    /// With every contradiction found.
    pub fn agrees(&self) -> Result<()> {
        let contradictions = self.contradictions();
        ensure!(
            contradictions.is_empty(),
            "{}: {}",
            self.order["orderId"].as_str().unwrap_or("an order"),
            contradictions.join("; ")
        );
        Ok(())
    }

    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut claim = |holds: bool, words: String| {
            if !holds {
                found.push(words);
            }
        };
        let state = self.state();
        if state.is_empty() {
            return vec!["the order does not exist".to_owned()];
        }
        claim(self.is_final(), format!("the order stands still at {state}"));

        let delivered = state == "Delivered";
        let payment = if delivered { "Approved" } else { "Refunded" };
        let paid: Vec<(&Value, &Value)> = self
            .payments
            .iter()
            .map(|payment| (&payment["state"], &payment["amount"]))
            .collect();
        claim(
            paid.len() == 1 && paid[0].0 == payment && paid[0].1 == &self.order["amount"],
            format!(
                "{state}, so one payment of {} should be {payment}: {paid:?}",
                self.order["amount"]
            ),
        );

        let delivery = if delivered { "Delivered" } else { "Cancelled" };
        claim(
            self.delivery["state"] == delivery,
            format!("{state}, but the delivery is {}", self.delivery["state"]),
        );
        let ticket = self.ticket["state"].as_str().unwrap_or("unknown");
        let tickets: &[&str] = if delivered {
            &["CookingFinished"]
        } else {
            // A ticket that was cooked before the order ended keeps that state.
            &["Cancelled", "Rejected", "CookingFinished"]
        };
        claim(
            tickets.contains(&ticket),
            format!("{state}, but the ticket is {ticket}"),
        );

        claim(
            self.view["state"] == self.order["state"] && self.view["version"] == self.order["version"],
            format!(
                "{state} in version {}, but the view says {} in version {}",
                self.order["version"], self.view["state"], self.view["version"]
            ),
        );
        let all: Vec<u64> = (1..=self.order["version"].as_u64().unwrap_or_default()).collect();
        let shown = versions(self.view["history"].as_array().map_or(&[], Vec::as_slice));
        claim(
            shown == all,
            format!("the view's history has the versions {shown:?}, not {all:?}"),
        );
        let told = versions(&self.notifications);
        claim(
            told == all,
            format!("notifications went out for the versions {told:?}, not {all:?}"),
        );
        found
    }
}

/// Whether this state of an order is final.
pub fn is_final(state: &str) -> bool {
    ["Delivered", "Rejected", "Cancelled"].contains(&state)
}

fn versions(entries: &[Value]) -> Vec<u64> {
    let mut versions: Vec<u64> = entries
        .iter()
        .filter_map(|entry| entry["version"].as_u64())
        .collect();
    versions.sort_unstable();
    versions
}

fn known(gateway: &Client, path: &str) -> Result<Value> {
    let answer = gateway.get(path)?;
    match answer.status {
        404 => Ok(Value::Null),
        _ => Ok(answer.expect(200)?.body),
    }
}

fn list(gateway: &Client, path: &str) -> Result<Vec<Value>> {
    match gateway.get(path)?.expect(200)?.body {
        Value::Array(items) => Ok(items),
        other => bail!("GET {path} gave no list: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Spoil = (&'static str, fn(&mut Story));

    fn delivered() -> Story {
        Story {
            order: json!({"orderId": "ord_1", "state": "Delivered", "version": 2, "amount": 10}),
            payments: vec![json!({"state": "Approved", "amount": 10})],
            ticket: json!({"state": "CookingFinished"}),
            delivery: json!({"state": "Delivered"}),
            view: json!({"state": "Delivered", "version": 2, "history": [{"version": 1}, {"version": 2}]}),
            notifications: vec![json!({"version": 2}), json!({"version": 1})],
        }
    }

    #[test]
    fn services_that_agree_are_believed() {
        delivered().agrees().unwrap();
    }

    #[test]
    fn every_kind_of_contradiction_is_found() {
        let spoils: [Spoil; 9] = [
            ("one payment of 10 should be Approved", |story| {
                story.payments.clear();
            }),
            ("one payment of 10 should be Approved", |story| {
                story.payments.push(story.payments[0].clone());
            }),
            ("should be Refunded", |story| {
                story.order["state"] = "Cancelled".into();
            }),
            ("the delivery is \"Ready\"", |story| {
                story.delivery["state"] = "Ready".into();
            }),
            ("the ticket is unknown", |story| story.ticket = Value::Null),
            ("the view says", |story| story.view["version"] = 1.into()),
            ("the view's history", |story| {
                story.view["history"] = json!([{"version": 2}]);
            }),
            ("notifications went out for the versions [1, 2, 2]", |story| {
                story.notifications.push(json!({"version": 2}));
            }),
            ("the order does not exist", |story| story.order = Value::Null),
        ];
        for (words, spoil) in spoils {
            let mut story = delivered();
            spoil(&mut story);
            let error = story.agrees().unwrap_err().to_string();
            assert!(error.contains(words), "expected '{words}' in '{error}'");
        }
    }
}
