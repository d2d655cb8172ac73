//! What is sent again, and what is not, when it was done and the answer is lost.

use crate::faults::{Fault, pods_of};
use crate::proxies;
use crate::world::World;
use fdp_catalogue::Service;
use fdp_local::shop::Answer;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::time::Duration;

const IN_FORCE: Duration = Duration::from_mins(1);
const SETTLED: Duration = Duration::from_secs(30);
const UNAVAILABLE: u16 = 503;
/// What order answers to an order of nothing.
const MAKES_NO_SENSE: u16 = 422;
/// Connections that were open before meet the sidecar as it was, until they are closed. Those of a caller are fewer.
const IN_A_ROW: usize = 20;
/// How many lost answers of pay show that they are asked for again.
const LOST: usize = 5;

pub(crate) fn an_order_without_a_key_is_never_sent_twice(world: &World) -> Result<(), Failed> {
    let Outcome { answer, sent, made } = while_answers_are_lost(world, "keyless", None)?;
    if answer.status == UNAVAILABLE && sent == 1 && made.len() == 1 {
        return Ok(());
    }
    Err(format!("it was sent {sent} times, and made {made:?}: {answer:?}").into())
}

pub(crate) fn an_order_with_a_key_is_sent_again_and_charged_once(world: &World) -> Result<(), Failed> {
    let Outcome { answer, sent, made } = while_answers_are_lost(world, "keyed", Some("mesh-1"))?;
    if answer.status == 200 && sent == 2 && made.len() == 1 {
        return is_charged_once(world, &made[0]);
    }
    Err(format!("it was sent {sent} times, and made {made:?}: {answer:?}").into())
}

pub(crate) fn a_payment_whose_answer_is_lost_is_asked_for_again_and_charged_once(
    world: &World,
) -> Result<(), Failed> {
    let pay = Service::Pay;
    let fault = Fault::lost_answer(&world.kubectl, "lost-payment", &pods_of(pay.name()), pay.port())?;
    let mut accepted = 0;
    wait::until("answers of pay to be lost", IN_FORCE, || {
        let answer = ordered(world, "paid", None).map_err(|failure| failure.to_string())?;
        if answer.status != 201 {
            return Err(format!("an order was not taken: {answer:?}"));
        }
        accepted += 1;
        let mut lost = 0;
        for pod in world.pods(pay.name())? {
            lost += proxies::failed_payments(world, &pod)?;
        }
        if lost >= LOST {
            Ok(())
        } else {
            Err(format!("{lost} are"))
        }
    })?;
    fault.end()?;
    let made = made(world, "paid")?;
    println!(
        "{accepted} orders accepted, {} made, the answers to {LOST} payments or more lost",
        made.len()
    );
    if made.len() != accepted {
        return Err(format!("{accepted} orders were accepted, and these made: {made:?}").into());
    }
    made.iter().try_for_each(|order| is_charged_once(world, order))
}

/// What became of an order.
struct Outcome {
    answer: Answer,
    /// How often order was asked.
    sent: usize,
    made: Vec<String>,
}

/// Orders once while order's answers to first tries are lost.
fn while_answers_are_lost(
    world: &World,
    customer: &'static str,
    key: Option<&str>,
) -> Result<Outcome, Failed> {
    let order = Service::Order;
    let fault = Fault::lost_answer(&world.kubectl, customer, &pods_of(order.name()), order.port())?;
    nonsense_gets(world, UNAVAILABLE)?;
    let answer = ordered(world, customer, key).map_err(Failed::from)?;
    fault.end()?;
    nonsense_gets(world, MAKES_NO_SENSE)?;
    let (sent, made) = (sent(world, customer)?, made(world, customer)?);
    println!("{}, sent {sent} times, {} orders", answer.status, made.len());
    Ok(Outcome { answer, sent, made })
}

/// Waits until orders that leave nothing behind get this status, again and again.
fn nonsense_gets(world: &World, status: u16) -> Result<(), Failed> {
    wait::until(&format!("orders to get {status}"), IN_FORCE, || {
        for _ in 0..IN_A_ROW {
            match world.shop.post("/orders", &json!({})) {
                Ok(answer) if answer.status == status => {}
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Orders as a customer of that name, in whose requests the name is the mark.
fn ordered(world: &World, customer: &str, key: Option<&str>) -> fdp_local::failure::Result<Answer> {
    let path = format!("/orders?mark={customer}");
    let body = json!({ "item": "통닭", "storeId": 1, "customerId": customer });
    match key {
        Some(key) => world.shop.post_once(&path, &body, key),
        None => world.shop.post(&path, &body),
    }
}

/// How often order was asked.
fn sent(world: &World, customer: &str) -> Result<usize, Failed> {
    let last = format!("{customer}-last");
    let path = format!("/orders?limit=1&mark={last}");
    world.shop.get(&path)?.expect(200)?;
    let pods = world.pods(Service::Order.name())?;
    let [pod] = &pods[..] else {
        return Err(format!("order should have one pod, and has {}", pods.len()).into());
    };
    proxies::requests(world, pod, customer, &last)
}

/// The orders of a customer.
fn made(world: &World, customer: &str) -> Result<Vec<String>, Failed> {
    let path = format!("/orders?limit=200&customerId={customer}");
    let orders = world.shop.get(&path)?.expect(200)?;
    let orders = orders.as_array().cloned().unwrap_or_default();
    let id = |order: &Value| order["orderId"].as_str().unwrap_or_default().to_owned();
    Ok(orders.iter().map(id).collect())
}

/// There is one payment for the order.
fn is_charged_once(world: &World, order: &str) -> Result<(), Failed> {
    Ok(world.shop.wait_for_payment(order, "Approved", SETTLED)?)
}
