//! Tests that an owner can give up an order that was accepted: it is paid back, and everybody reads why.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::Platform;
use serde_json::json;

pub(crate) fn pays_back(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let order = shop::place(&gateway, &json!({"item": "통닭", "customerId": "hungry"}))?;
    let ticket = format!("/stores/1/tickets/{order}");
    wait::until("the store to accept the order", EVENT_TIMEOUT, || {
        let answer = gateway.get(&ticket)?;
        let state = answer.body["state"].as_str().unwrap_or_default();
        Ok(["Accepted", "CookingStarted"].contains(&state).then_some(()))
    })?;
    let reason = "가스가 떨어졌어요";
    gateway
        .post(&format!("{ticket}/reject"), &json!({ "reason": reason }))?
        .expect(200)?;
    let stories = shop::settled(platform, [&order], DELIVERY_TIMEOUT)?;
    let story = stories.first().context("an order has a story")?;
    ensure!(story.state() == "Rejected", "{story:?}");
    let told = shop::order(&gateway, &order)?.text("reason")?;
    ensure!(told == reason, "the customer reads '{told}'");
    let history = gateway.get(&format!("{ticket}/history"))?.expect(200)?.body;
    let last = history.as_array().and_then(|entries| entries.last());
    let last = last.context("a ticket has a history")?;
    ensure!(
        last["what"] == "Rejected" && last["reason"] == reason,
        "{history}"
    );
    Ok(())
}
