//! Tests the saga with the orders in a document database.

use crate::{cancellation, conservation, journey, stock};
use anyhow::{Context, Result};
use fdp_test_mongodb::{Server, StandIn};
use fdp_test_services::Platform;
use fdp_test_services::platform::Settings;

/// Starts a separate platform, because orders cannot be moved from one database to another.
pub(crate) fn hold_the_orders(_: &mut Platform) -> Result<()> {
    let server = Server::start(StandIn::MongoJavaServer)?;
    let url = format!("{}/saga_{}", server.url(), std::process::id());
    let variable = |name: &str, value: &str| ("order".to_owned(), name.to_owned(), value.to_owned());
    let mut platform = Platform::start_with(Settings {
        environment: vec![variable("ORDER_STORE", "mongodb"), variable("MONGODB_URL", &url)],
        ..Settings::default()
    })
    .context("starting a platform with its orders in MongoDB")?;
    let tried = try_all(&mut platform);
    if tried.is_err() {
        println!(
            "{}\n--- the database\n{}",
            platform.last_words(),
            server.last_words()
        );
        platform.keep_directory();
    }
    tried
}

fn try_all(platform: &mut Platform) -> Result<()> {
    // This is first because it compares all data that exist.
    conservation::in_other_books(platform).context("orders across crashes")?;
    journey::with_a_product(platform).context("an order with a product")?;
    journey::of_a_dish(platform).context("an order of a dish")?;
    cancellation::at_once(platform).context("a cancellation")?;
    stock::too_much(platform).context("an order for more than there is")?;
    platform.all_run()
}
