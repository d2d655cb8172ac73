//! The page of a store's products: how many there are, what comes in and goes, and new ones.

use super::form::{self, Fields};
use super::message::{Message, Notice};
use super::store_head::{StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::form_fields::FormFields;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{Product, ProductChange, Restock, Workplace};
use crate::path_segment::path_segment;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_contracts::won;
use fdp_http::{Caller, Path, Problem, Query};
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

/// How many products a page of the list holds.
const PAGE: u32 = 50;

/// The page at `/work/stores/{storeId}/stock`.
#[derive(Debug, Template)]
#[template(path = "work/stock.html")]
struct StockPage {
    frame: Frame,
    head: StoreHead,
    notice: Option<&'static str>,
    products: Vec<StockedProduct>,
    new_product: NewProduct,
    /// The end of the address of the next page of the list, if there may be one.
    next: Option<String>,
}

/// A product on the list.
#[derive(Debug)]
struct StockedProduct {
    product_id: String,
    path: String,
    name: String,
    stock: u32,
    price: String,
    /// What was typed.
    qty: String,
    /// Names this form: sent twice, it counts once.
    key: String,
}

/// The fields of a new product.
#[derive(Debug, Clone, Default)]
struct NewProduct {
    product_id: String,
    name: String,
    price: String,
    stock: String,
    is_open: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct After {
    /// Only products whose id comes after this one.
    #[serde(default)]
    after: String,
}

/// Shows the products of a store.
pub(super) async fn stock(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
    Query(After { after }): Query<After>,
) -> Response {
    let page = show(&workplace, &visitor, &store_id, &after, None).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Moves the stock of a product or adds one, and shows all.
pub(super) async fn change(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
    Query(After { after }): Query<After>,
    FormFields(fields): FormFields,
) -> Response {
    let caller = match owner_of(&visitor, &store_id) {
        Ok(caller) => caller,
        Err(problem) => return visitor.refuse(problem),
    };
    let Err(notice) = carry_out(&workplace, &caller, &store_id, &fields).await else {
        let page = format!("{}{}", Tab::Stock.path(&store_id), ending(&after));
        return visitor.see_other(&page);
    };
    let refused = Some((notice, &fields[..]));
    let page = show(&workplace, &visitor, &store_id, &after, refused).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// The end of the address of the page of the list that begins after this product.
fn ending(after: &str) -> String {
    if after.is_empty() {
        String::new()
    } else {
        format!("?after={}", path_segment(after))
    }
}

async fn carry_out(
    workplace: &Workplace,
    caller: &Caller,
    store_id: &str,
    fields: &Fields,
) -> Result<(), Notice> {
    let inventory = &workplace.inventory;
    let product_id = form::value(fields, "product");
    let done = match form::value(fields, "command") {
        "move" => {
            let qty = form::value(fields, "qty").parse().ok().filter(|qty| *qty != 0);
            let restock = Restock {
                product_id,
                qty: qty.ok_or(Notice::invalid(Message::InvalidQuantity))?,
                key: form::value(fields, "key"),
            };
            inventory.restock(caller, restock).await
        }
        "add" => {
            let product = new_product(store_id, fields).map_err(Notice::invalid)?;
            inventory.put_product(caller, &product).await
        }
        _ => return Err(Notice::invalid(Message::Unreadable)),
    };
    done.map_err(|error| Notice::from(&error))?;
    tracing::info!(store_id, product_id, "stock was changed from the owner's page");
    Ok(())
}

/// The product that a form asks for. Without a number it gets one that nobody has.
fn new_product(store_id: &str, fields: &Fields) -> Result<ProductChange, Message> {
    let text = |name| form::text(form::value(fields, name)).ok_or(Message::InvalidText);
    let number = |name| match form::value(fields, name) {
        "" => Ok(None),
        given => form::won(given).map(Some).ok_or(Message::InvalidPrice),
    };
    let stock = number("stock")?.map(u32::try_from).transpose();
    Ok(ProductChange {
        product_id: match form::value(fields, "product") {
            "" => Uuid::now_v7().simple().to_string(),
            _ => text("product")?,
        },
        store_id: store_id.to_owned(),
        product_name: text("name")?,
        stock: stock.map_err(|_| Message::InvalidQuantity)?,
        unit_price: number("price")?,
        replaces: None,
    })
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    store_id: &str,
    after: &str,
    refused: Option<(Notice, &Fields)>,
) -> Result<Response, Problem> {
    let caller = owner_of(visitor, store_id)?;
    let (store, products) = futures::try_join!(
        workplace.stores.store(&caller, store_id),
        workplace.inventory.products(&caller, store_id, after, PAGE),
    )?;
    let (notice, sent) = refused.unzip();
    let is_full = products.len() >= PAGE as usize;
    let next = products.last().filter(|_| is_full);
    let frame = visitor.frame();
    let page = StockPage {
        head: StoreHead::new(&store, Tab::Stock),
        notice: notice.map(|notice| notice.text(visitor.language)),
        next: next.map(|last| ending(&last.product_id)),
        products: products
            .iter()
            .map(|product| stocked(&frame, product, refused))
            .collect(),
        new_product: sent.and_then(typed_product).unwrap_or_default(),
        frame,
    };
    let status = notice.map_or(StatusCode::OK, |notice| notice.status);
    Ok(render(visitor, status, &page))
}

fn stocked(frame: &Frame, product: &Product, refused: Option<(Notice, &Fields)>) -> StockedProduct {
    let is_about = |fields: &&Fields| {
        let is_same = form::value(fields, "product") == product.product_id;
        is_same && form::value(fields, "command") == "move"
    };
    let sent = refused.filter(|(_, fields)| is_about(fields));
    // What may have been done is not done twice if it is sent again.
    let kept = sent.filter(|(notice, _)| notice.status.is_server_error());
    let field = |(_, fields), name| form::value(fields, name).to_owned();
    StockedProduct {
        path: format!(
            "{}/{}",
            Tab::Stock.path(&product.store_id),
            path_segment(&product.product_id)
        ),
        product_id: product.product_id.clone(),
        name: product.product_name.clone(),
        stock: product.stock,
        price: product
            .unit_price
            .map_or_else(|| frame.text.work.usual_price.to_owned(), won),
        qty: sent.map(|sent| field(sent, "qty")).unwrap_or_default(),
        key: kept.map_or_else(|| Uuid::now_v7().simple().to_string(), |sent| field(sent, "key")),
    }
}

/// What was typed about a new product; `None` if the form was about another one.
fn typed_product(fields: &Fields) -> Option<NewProduct> {
    let field = |name| form::value(fields, name).to_owned();
    (form::value(fields, "command") == "add").then(|| NewProduct {
        product_id: field("product"),
        name: field("name"),
        price: field("price"),
        stock: field("stock"),
        is_open: true,
    })
}
