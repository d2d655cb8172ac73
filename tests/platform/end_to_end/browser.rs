//! Tests the pages in a real browser, and saves a screenshot of each page with `FDP_SCREENSHOTS=folder`.

use crate::World;
use crate::specification;
use fdp_local::options::DASHBOARD_PORT;
use fdp_local::{install, wait};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;

/// How long a page may take to show something.
pub(crate) const PAGE: Duration = Duration::from_mins(1);
/// How often to look.
pub(crate) const LOOK: Duration = Duration::from_millis(200);

/// A chromedriver that ends with its test.
pub(crate) struct Driver {
    process: Child,
    port: u16,
    profile: tempfile::TempDir,
}

impl Driver {
    pub(crate) fn start() -> Result<Self, Failed> {
        let port = fdp_ports::free().map_err(|error| error.to_string())?;
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("starting chromedriver: {error}"))?;
        let profile = tempfile::tempdir().map_err(|error| error.to_string())?;
        Ok(Self {
            process,
            port,
            profile,
        })
    }

    /// A browser with a profile of its own.
    pub(crate) async fn browser(&self) -> Result<WebDriver, Failed> {
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1100,900",
            "--lang=en",
        ] {
            capabilities.add_arg(argument)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", self.profile.path().display()))?;
        let address = format!("http://127.0.0.1:{}", self.port);
        let deadline = tokio::time::Instant::now() + PAGE;
        loop {
            match WebDriver::new(&address, capabilities.clone()).await {
                Ok(browser) => return Ok(browser),
                Err(error) if tokio::time::Instant::now() > deadline => return Err(error.to_string().into()),
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn in_browser(visit: impl AsyncFnOnce(&WebDriver) -> Result<(), Failed>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let driver = Driver::start()?;
        let browser = driver.browser().await?;
        let visited = visit(&browser).await;
        browser.quit().await?;
        visited
    })
}

/// Saves a screenshot, if asked to.
pub(crate) async fn picture(browser: &WebDriver, name: &str) -> Result<(), Failed> {
    if let Some(folder) = std::env::var_os("FDP_SCREENSHOTS") {
        browser
            .screenshot(&Path::new(&folder).join(format!("{name}.png")))
            .await?;
    }
    Ok(())
}

/// Presses what the page shows, once it does.
pub(crate) async fn press(browser: &WebDriver, selector: &str) -> Result<(), Failed> {
    let button = browser.query(By::Css(selector)).wait(PAGE, LOOK).first().await?;
    // Otherwise a bar at the bottom may cover it, and the click fails.
    browser
        .execute(
            "arguments[0].scrollIntoView({block: 'center'})",
            vec![button.to_json()?],
        )
        .await?;
    button.click().await?;
    Ok(())
}

/// Whether something on the page is wider than the screen.
pub(crate) async fn is_wider_than_the_screen(browser: &WebDriver) -> Result<bool, Failed> {
    let overflow = "return document.documentElement.scrollWidth > window.innerWidth";
    let is_wider = browser.execute(overflow, Vec::new()).await?;
    Ok(is_wider.json() == &json!(true))
}

/// Waits until the shop shows one chicken in the basket, in this language.
async fn basket_holds_one_chicken(browser: &WebDriver, language: &str) -> Result<(), Failed> {
    // The attribute is what the server wrote; what was typed is a property.
    let shown = format!("html[lang={language}] input[name=dish-1-chicken][value='1']");
    browser.query(By::Css(shown)).wait(PAGE, LOOK).first().await?;
    let url = browser.current_url().await?;
    if url.path() != "/shop/basket" {
        return Err(format!("showing the basket led to {url}").into());
    }
    Ok(())
}

/// Looks at the shop at the widths of phones: buttons and prices stand on one line, and nothing is wider than the phone.
async fn fits_a_phone(browser: &WebDriver) -> Result<(), Failed> {
    let broken = "
        const lines = (element) => {
            const words = document.createRange();
            words.selectNodeContents(element);
            return new Set([...words.getClientRects()].map((line) => Math.round(line.top / 8))).size;
        };
        const shown = [...document.querySelectorAll('.primary, .price, output, .languages button')];
        const broken = shown.filter((element) => lines(element) > 1).map((element) => element.textContent);
        if (document.documentElement.scrollWidth > innerWidth) broken.push('the whole page');
        return broken;";
    for width in [360, 390, 412] {
        browser.set_window_rect(0, 0, width, 800).await?;
        let broken = browser.execute(broken, Vec::new()).await?;
        if broken.json() != &json!([]) {
            return Err(format!("at {width} pixels these do not fit: {}", broken.json()).into());
        }
    }
    browser.set_window_rect(0, 0, 1100, 900).await?;
    Ok(())
}

pub(crate) fn the_shop_page_follows_an_order_by_itself(world: &World) -> Result<(), Failed> {
    let address = world.shop.address().to_owned();
    in_browser(async |browser| {
        browser.goto(&address).await?;
        picture(browser, "shop").await?;
        let quantity = browser.find(By::Css("input[name=dish-1-chicken]")).await?;
        quantity.clear().await?;
        quantity.send_keys("1" + Key::Enter).await?;
        basket_holds_one_chicken(browser, "en").await?;
        fits_a_phone(browser).await?;
        press(browser, ".languages [lang=ko]").await?;
        basket_holds_one_chicken(browser, "ko").await?;
        fits_a_phone(browser).await?;
        press(browser, ".languages [lang=en]").await?;
        basket_holds_one_chicken(browser, "en").await?;
        press(browser, "#order").await?;
        // From here on the page must update without any input.
        browser
            .query(By::Css("[data-state]"))
            .wait(PAGE, LOOK)
            .first()
            .await?;
        let url = browser.current_url().await?;
        if !url.path().starts_with("/shop/orders/ord_") {
            return Err(format!("ordering led to {url}").into());
        }
        browser
            .query(By::Css("[data-state=Cooking]"))
            .wait(PAGE, LOOK)
            .first()
            .await?;
        picture(browser, "order-cooking").await?;
        browser
            .query(By::Css("[data-state=Delivered]"))
            .wait(PAGE, LOOK)
            .first()
            .await?;
        picture(browser, "order-delivered").await?;
        browser.goto(format!("{address}/shop/orders")).await?;
        let orders = browser.find_all(By::Css(".orders li")).await?.len();
        if orders != 1 {
            return Err(
                format!("ordering once made {orders} orders; Enter and the languages order nothing").into(),
            );
        }
        Ok(())
    })
}

/// The visitor presses "Order" once, while nobody takes payments; when payments are taken again, the page orders by itself.
pub(crate) fn the_shop_page_pays_again_by_itself(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let pays = |replicas: Value| {
        let pay = json!({ "services": { "pay": { "replicas": replicas } } });
        specification::change(kubectl, &pay)
    };
    pays(json!(0))?;
    let order = json!({ "item": "통닭", "customerId": "patient" });
    let nobody_pays = wait::until("nobody to take payments", PAGE, || {
        let answer = world.shop.post("/orders", &order);
        match answer {
            Ok(answer) if answer.status == 503 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    let ordered = nobody_pays.map_err(Failed::from).and_then(|()| {
        in_browser(async |browser| {
            browser.goto(world.shop.address()).await?;
            press(browser, "input[name=dish-1-chicken] + button").await?;
            press(browser, "#order").await?;
            let again = By::Css("#again:not([hidden])");
            browser.query(again).wait(PAGE, LOOK).first().await?;
            picture(browser, "pay-in-a-moment").await?;
            pays(Value::Null)?;
            browser
                .query(By::Css("[data-state]"))
                .wait(PAGE, LOOK)
                .first()
                .await?;
            Ok(())
        })
    });
    pays(Value::Null)?;
    install::wait_until_ready(kubectl, PAGE, &mut |_| {})?;
    ordered
}

pub(crate) fn the_status_page_shows_the_platform(_world: &World) -> Result<(), Failed> {
    in_browser(async |browser| {
        browser
            .goto(format!("http://127.0.0.1:{DASHBOARD_PORT}/"))
            .await?;
        let page = browser.find(By::Tag("body")).await?.text().await?;
        picture(browser, "status").await?;
        for word in ["shop", "food-delivery", "Ready"] {
            if !page.contains(word) {
                return Err(format!("the status page does not show '{word}':\n{page}").into());
            }
        }
        browser
            .goto(format!(
                "http://127.0.0.1:{DASHBOARD_PORT}/platforms/food-delivery/shop"
            ))
            .await?;
        let page = browser.find(By::Tag("body")).await?.text().await?;
        picture(browser, "status-platform").await?;
        for word in ["KafkaReady", "DatabaseReady", "ServicesReady", "order"] {
            if !page.contains(word) {
                return Err(format!("the platform's page does not show '{word}':\n{page}").into());
            }
        }
        Ok(())
    })
}

/// The status page shows the verdict of a drill, also on a phone.
pub(crate) fn the_status_page_shows_a_drill(name: &str, verdict: &str) -> Result<(), Failed> {
    in_browser(async |browser| {
        browser.set_window_rect(0, 0, 390, 844).await?;
        browser
            .goto(format!(
                "http://127.0.0.1:{DASHBOARD_PORT}/platforms/food-delivery/shop#drill/{name}"
            ))
            .await?;
        let row = By::Id(format!("drill/{name}"));
        let row = browser.query(row).wait(PAGE, LOOK).first().await?.text().await?;
        picture(browser, "status-drills").await?;
        if !row.contains(verdict) {
            return Err(
                format!("the status page does not show that drill {name} has {verdict}:\n{row}").into(),
            );
        }
        if is_wider_than_the_screen(browser).await? {
            return Err("the status page is wider than a phone".into());
        }
        Ok(())
    })
}
