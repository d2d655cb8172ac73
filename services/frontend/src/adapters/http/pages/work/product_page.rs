//! The page on which an owner changes the name and the price of a product.

use super::form;
use super::message::{Message, Notice};
use super::store_head::{StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::form_fields::FormFields;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{Product, ProductChange, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_http::{Caller, Path, Problem};
use http::StatusCode;

/// The page at `/work/stores/{storeId}/stock/{productId}`.
#[derive(Debug, Template)]
#[template(path = "work/product.html")]
struct ProductPage {
    frame: Frame,
    head: StoreHead,
    /// The address of the list.
    back: String,
    notice: Option<&'static str>,
    product_id: String,
    /// The version of the product that the page shows: a change of another one is refused.
    version: String,
    name: String,
    price: String,
}

/// What was typed.
#[derive(Debug)]
struct Typed {
    name: String,
    price: String,
    version: String,
}

/// Shows a product.
pub(super) async fn product(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path((store_id, product_id)): Path<(String, String)>,
) -> Response {
    let page = show(&workplace, &visitor, (&store_id, &product_id), None).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Changes a product, and shows the list.
pub(super) async fn change(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path((store_id, product_id)): Path<(String, String)>,
    FormFields(fields): FormFields,
) -> Response {
    let caller = match owner_of(&visitor, &store_id) {
        Ok(caller) => caller,
        Err(problem) => return visitor.refuse(problem),
    };
    let field = |name| form::value(&fields, name).to_owned();
    let typed = Typed {
        name: field("name"),
        price: field("price"),
        version: field("version"),
    };
    let Err(notice) = carry_out(&workplace, &caller, (&store_id, &product_id), &typed).await else {
        return visitor.see_other(&Tab::Stock.path(&store_id));
    };
    let page = show(
        &workplace,
        &visitor,
        (&store_id, &product_id),
        Some((notice, typed)),
    );
    page.await.unwrap_or_else(|problem| visitor.refuse(problem))
}

async fn carry_out(
    workplace: &Workplace,
    caller: &Caller,
    (store_id, product_id): (&str, &str),
    typed: &Typed,
) -> Result<(), Notice> {
    let price = match typed.price.as_str() {
        "" => None,
        price => Some(form::won(price).ok_or(Notice::invalid(Message::InvalidPrice))?),
    };
    let change = ProductChange {
        product_id: product_id.to_owned(),
        store_id: store_id.to_owned(),
        product_name: form::text(&typed.name).ok_or(Notice::invalid(Message::InvalidText))?,
        stock: None,
        unit_price: price,
        replaces: Some(typed.version.clone()),
    };
    let done = workplace.inventory.put_product(caller, &change).await;
    done.map_err(|error| Notice::from(&error))?;
    tracing::info!(
        store_id,
        product_id,
        "a product was changed from the owner's page"
    );
    Ok(())
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    (store_id, product_id): (&str, &str),
    refused: Option<(Notice, Typed)>,
) -> Result<Response, Problem> {
    let caller = owner_of(visitor, store_id)?;
    let (store, product) = futures::try_join!(
        workplace.stores.store(&caller, store_id),
        workplace.inventory.product(&caller, product_id),
    )?;
    if product.store_id != store_id {
        return Err(Problem::not_found("this store sells no such product"));
    }
    let (notice, typed) = refused.unzip();
    let Typed { name, price, version } = typed_over(&product, typed);
    let page = ProductPage {
        frame: visitor.frame(),
        head: StoreHead::new(&store, Tab::Stock),
        back: Tab::Stock.path(store_id),
        notice: notice.map(|notice| notice.text(visitor.language)),
        product_id: product.product_id,
        version,
        name,
        price,
    };
    let status = notice.map_or(StatusCode::OK, |notice| notice.status);
    Ok(render(visitor, status, &page))
}

/// What was typed, or else the product as it is; with the version as it is, so that whoever has seen the notice may insist.
fn typed_over(product: &Product, typed: Option<Typed>) -> Typed {
    let version = product.version.clone().unwrap_or_default();
    match typed {
        Some(typed) => Typed { version, ..typed },
        None => Typed {
            name: product.product_name.clone(),
            price: product
                .unit_price
                .map(|price| price.to_string())
                .unwrap_or_default(),
            version,
        },
    }
}
