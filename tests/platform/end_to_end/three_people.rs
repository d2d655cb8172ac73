//! Tests that a customer, an owner and a rider carry an order to the door by their pages alone, in Korean, on phones.

use crate::World;
use crate::browser::{Driver, LOOK, PAGE, is_wider_than_the_screen, picture, press};
use crate::specification;
use fdp_local::install;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::Duration;
use thirtyfour::prelude::*;

/// The screen of a small phone, in pixels.
const PHONE: (u32, u32) = (360, 740);
/// The store and the delivery service are replaced when their owner and their rider stop acting by themselves.
const ROLLOUT: Duration = Duration::from_mins(3);

/// Somebody with a phone, in a browser of their own.
struct Person {
    browser: WebDriver,
    name: &'static str,
    /// Ends with the person.
    _driver: Driver,
}

impl Person {
    /// Somebody who opens the shop, and reads Korean.
    async fn at(address: &str, name: &'static str) -> Result<Self, Failed> {
        let driver = Driver::start()?;
        let person = Self {
            browser: driver.browser().await?,
            name,
            _driver: driver,
        };
        let (width, height) = PHONE;
        person.browser.set_window_rect(0, 0, width, height).await?;
        person.browser.goto(address).await?;
        person.presses(".languages [lang=ko]").await?;
        person.sees("html[lang=ko]").await?;
        Ok(person)
    }

    /// Waits until the page shows this, without touching it.
    async fn sees(&self, selector: &str) -> Result<(), Failed> {
        let query = self.browser.query(By::Css(selector)).wait(PAGE, LOOK);
        if query.exists().await? {
            return Ok(());
        }
        let page = self.browser.find(By::Tag("main")).await?.text().await?;
        Err(format!("the {} does not see {selector}, but: {page}", self.name).into())
    }

    /// Presses what the page shows, once it does.
    async fn presses(&self, selector: &str) -> Result<(), Failed> {
        let pressed = press(&self.browser, selector).await;
        pressed.map_err(|error| {
            let message = error.message().unwrap_or_default();
            format!("the {} cannot press {selector}: {message}", self.name).into()
        })
    }

    /// Nothing on the page is wider than the phone.
    async fn reads_without_scrolling_sideways(&self, page: &str) -> Result<(), Failed> {
        picture(&self.browser, page).await?;
        if is_wider_than_the_screen(&self.browser).await? {
            return Err(format!("the page {page} of the {} is wider than a phone", self.name).into());
        }
        Ok(())
    }
}

/// The button of an order for this command.
fn button(order: &str, command: &str) -> String {
    format!("#job-{order} button[value={command}]")
}

async fn carried_to_the_door(address: &str) -> Result<(), Failed> {
    let owner = Person::at(address, "owner").await?;
    owner.presses("a[href='/work']").await?;
    owner.reads_without_scrolling_sideways("work").await?;
    owner.presses("a[href='/work/stores/1']").await?;
    owner.sees("#jobs").await?;
    let rider = Person::at(address, "rider").await?;
    rider.presses("a[href='/work']").await?;
    rider.presses("#to-deliveries").await?;
    rider.sees("#offered-jobs").await?;

    let customer = Person::at(address, "customer").await?;
    customer.presses("input[name=dish-1-chicken] + button").await?;
    customer.presses("#order").await?;
    customer.sees("[data-state=Placed]").await?;
    let url = customer.browser.current_url().await?;
    let order = url.path().rsplit('/').next().unwrap_or_default().to_owned();

    // From here on the pages show by themselves what the others have done.
    owner.sees(&button(&order, "accept")).await?;
    owner.reads_without_scrolling_sideways("work-new-order").await?;
    owner.presses(&button(&order, "accept")).await?;
    customer.sees("[data-state=Accepted]").await?;
    owner.presses(&button(&order, "start-cooking")).await?;
    customer.sees("[data-state=Cooking]").await?;
    rider
        .sees(&format!("#offered-jobs {}", button(&order, "assign")))
        .await?;
    rider.reads_without_scrolling_sideways("work-offer").await?;
    rider.presses(&button(&order, "assign")).await?;
    rider.sees(&format!("#own-jobs #job-{order}")).await?;
    owner.presses(&button(&order, "finish-cooking")).await?;
    rider.presses(&button(&order, "start")).await?;
    owner.presses(&button(&order, "hand-over")).await?;
    customer.sees("[data-state=OnTheWay]").await?;
    rider.reads_without_scrolling_sideways("work-on-the-way").await?;
    rider.presses(&button(&order, "deliver")).await?;
    customer.sees("[data-state=Delivered]").await?;
    customer
        .reads_without_scrolling_sideways("order-delivered-phone")
        .await?;

    owner.presses("a[href='/work/stores/1/orders']").await?;
    owner
        .presses(&format!("a[href='/work/stores/1/orders/{order}']"))
        .await?;
    owner.sees(".history li:nth-child(5)").await?;
    owner.reads_without_scrolling_sideways("work-history").await?;
    for page in ["menu", "stock", "settings"] {
        owner
            .presses(&format!(".tabs a[href='/work/stores/1/{page}']"))
            .await?;
        owner
            .sees(&format!(".tabs a[href='/work/stores/1/{page}'][aria-current]"))
            .await?;
        owner
            .reads_without_scrolling_sideways(&format!("work-{page}"))
            .await?;
    }
    for person in [customer, owner, rider] {
        person.browser.quit().await?;
    }
    Ok(())
}

pub(crate) fn three_people_carry_an_order_to_the_door(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let act_by_themselves = |do_they: bool| -> Result<(), Failed> {
        let demo = json!({ "demo": { "store": do_they, "rider": do_they } });
        specification::change(kubectl, &demo)?;
        install::wait_until_ready(kubectl, ROLLOUT, &mut |_| {})?;
        Ok(())
    };
    act_by_themselves(false)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let carried = runtime.block_on(carried_to_the_door(world.shop.address()));
    act_by_themselves(true)?;
    carried
}
