//! The saga with the orders in a document database.

use crate::shop::{self, DELIVERY};
use crate::{cancellation, journey, stock};
use anyhow::{Context, Result, ensure};
use fdp_saga::Platform;
use fdp_saga::platform::Settings;
use fdp_test_mongodb::Server;

const ORDERS: usize = 20;

/// Starts a platform of its own, because an order does not move from one database to another.
pub(crate) fn hold_the_orders(_: &mut Platform) -> Result<()> {
    let server = Server::start()?;
    let url = format!("{}/saga_{}", server.url(), std::process::id());
    let variable = |name: &str, value: &str| ("order".to_owned(), name.to_owned(), value.to_owned());
    let mut platform = Platform::start_with(Settings {
        environment: vec![variable("ORDER_STORE", "mongodb"), variable("MONGODB_URL", &url)],
        ..Settings::default()
    })
    .context("starting a platform with its orders in MongoDB")?;
    let tried = try_all(&mut platform);
    if tried.is_err() {
        println!("{}", platform.last_words());
    }
    tried
}

fn try_all(platform: &mut Platform) -> Result<()> {
    journey::with_a_product(platform).context("an order with a product")?;
    journey::of_a_dish(platform).context("an order of a dish")?;
    cancellation::at_once(platform).context("a cancellation")?;
    stock::too_much(platform).context("an order for more than there is")?;
    across_a_crash(platform).context("orders across a crash")?;
    platform.all_run()
}

/// Orders, their events and the relay come through a crash of the service.
fn across_a_crash(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "2101", 1_000)?;
    let body = shop::basket("2101", 1, "documents");
    let orders: Vec<String> = (0..ORDERS)
        .map(|_| shop::place(&gateway, &body))
        .collect::<Result<_>>()?;
    platform.crash_service("order")?;
    platform.start_service("order")?;
    platform.wait_ready("order")?;
    for story in shop::settled(platform, &orders, DELIVERY)? {
        ensure!(story.state() == "Delivered", "{}", story.order);
    }
    Ok(())
}
