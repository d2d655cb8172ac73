//! Tests messages that no consumer can handle.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::Platform;
use fdp_test_services::services::{self, topic};
use serde_json::{Value, json};

const TOPIC: &str = "fooddelivery.order";

pub(crate) fn moves_on(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    // One in each partition, so that every later order comes after one of them.
    let partitions = platform.kafka().partitions(TOPIC)?;
    let mut poison = Vec::new();
    for partition in &partitions {
        poison.push(format!("not an event, in partition {partition}"));
    }
    // Of a type that every service with an interest in orders consumes: other types are skipped before parsing.
    let claims_too_much = event("fooddelivery.order.cancelled.v1", &json!({"orderId": 5}));
    let from_the_future = event("fooddelivery.order.blessed.v2", &json!({"saint": "Nicholas"}));
    for (partition, payload) in partitions.iter().zip(&poison) {
        platform
            .kafka()
            .publish(TOPIC, Some(*partition), "ord_poison", payload)?;
    }
    poison.push(claims_too_much.to_string());
    platform
        .kafka()
        .publish(TOPIC, Some(0), "ord_poison", &claims_too_much.to_string())?;
    platform
        .kafka()
        .publish(TOPIC, Some(0), "ord_future", &from_the_future.to_string())?;

    let orders: Vec<String> = (0..8)
        .map(|customer| {
            shop::place(
                &gateway,
                &json!({"item": "떡볶이", "customerId": format!("brave-{customer}")}),
            )
        })
        .collect::<Result<_>>()?;
    let stories = shop::settled(platform, &orders, DELIVERY_TIMEOUT)?;
    ensure!(
        shop::count(&stories, "Delivered") == orders.len(),
        "not all were delivered"
    );
    for (group, topics) in services::subscriptions() {
        if topics.contains(&TOPIC) {
            buried_with_a_reason(platform, group, &poison)?;
        }
    }
    Ok(())
}

/// A check constraint in the customer service's database turns valid events into dead letters; after it is removed,
/// replaying them has its effect exactly once.
pub(crate) fn mended_takes_effect_once(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let database = "customer";
    platform.postgres().execute(
        database,
        "ALTER TABLE notifications ADD CONSTRAINT broken CHECK (customer_id <> 'unlucky') NOT VALID",
    )?;
    let order = shop::place(&gateway, &json!({"item": "떡볶이", "customerId": "unlucky"}))?;
    shop::at_rest(platform, [&order], DELIVERY_TIMEOUT)?;
    let told = format!("/notifications?orderId={order}");
    ensure!(
        gateway.get(&told)?.expect(200)?.body == json!([]),
        "the rule was not broken"
    );
    let letters = listed(platform, &order)?;
    ensure!(
        letters.len() >= 5,
        "only {} changes of the order lie with the dead letters",
        letters.len()
    );
    for letter in &letters {
        let says = |field: &str, words: &str| letter[field].as_str().is_some_and(|text| text.contains(words));
        ensure!(
            says("reason", "broken") && says("origin", TOPIC) && says("type", "fooddelivery.order."),
            "a dead letter does not say what it is: {letter}"
        );
    }
    let others = dead_letters_of_others(platform, database)?;

    platform
        .postgres()
        .execute(database, "ALTER TABLE notifications DROP CONSTRAINT broken")?;
    platform.run(database, &["dead-letters", "replay"])?;
    shop::settled(platform, [&order], DELIVERY_TIMEOUT)?;
    ensure!(
        listed(platform, &order)?.is_empty(),
        "what was replayed is still to be replayed"
    );
    let before = gateway.get(&told)?.expect(200)?.body;
    let again = letters[0]["eventId"].as_str().unwrap_or_default();
    platform.run(database, &["dead-letters", "replay", "--event", again])?;
    shop::settled(platform, [&order], DELIVERY_TIMEOUT)?;
    ensure!(
        gateway.get(&told)?.expect(200)?.body == before,
        "a letter that was replayed again had its effect again"
    );
    ensure!(
        dead_letters_of_others(platform, database)? == others,
        "another service took the replayed messages for its own"
    );
    Ok(())
}

/// The dead letters about `order` that the customer service's program lists as not replayed.
fn listed(platform: &Platform, order: &str) -> Result<Vec<Value>> {
    let lines = platform.run("customer", &["dead-letters", "list"])?;
    let letters: Vec<Value> = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    Ok(letters
        .into_iter()
        .filter(|letter| letter["key"] == order)
        .collect())
}

fn dead_letters_of_others(platform: &mut Platform, service: &str) -> Result<i64> {
    services::subscriptions()
        .iter()
        .filter(|(group, _)| *group != service)
        .map(|(group, _)| platform.kafka().count(&topic::dead_letter(group)))
        .sum()
}

/// The group's dead letters must be exactly `poison`, each with a reason and its position.
fn buried_with_a_reason(platform: &mut Platform, group: &str, poison: &[String]) -> Result<()> {
    let topic = topic::dead_letter(group);
    let letters = wait::until(&format!("the dead letters of {group}"), EVENT_TIMEOUT, || {
        let letters = platform.kafka().records(&topic)?;
        Ok((letters.len() >= poison.len()).then_some(letters))
    })?;
    let mut found: Vec<&str> = letters.iter().map(|letter| letter.payload.as_str()).collect();
    let mut expected: Vec<&str> = poison.iter().map(String::as_str).collect();
    found.sort_unstable();
    expected.sort_unstable();
    ensure!(found == expected, "{topic} holds {found:?}, not {expected:?}");
    for letter in &letters {
        let says = |name: &str| {
            letter
                .headers
                .iter()
                .any(|(header, value)| header == name && !value.is_empty())
        };
        ensure!(
            says("reason") && says("origin"),
            "a dead letter of {group} does not say why or from where: {letter:?}"
        );
    }
    Ok(())
}

fn event(kind: &str, data: &Value) -> Value {
    json!({"specversion": "1.0", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "source": "/order",
        "type": kind, "subject": "ord_poison", "time": "2024-01-01T00:00:00Z",
        "datacontenttype": "application/json", "data": data})
}
