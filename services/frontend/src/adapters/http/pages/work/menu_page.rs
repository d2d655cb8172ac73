//! The page of a store's menu: what can be ordered, and the fields of each dish.

use super::dish_form::{DishForm, with_dish};
use super::form::{self, Fields};
use super::message::{Message, Notice};
use super::store_head::{StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::form_fields::FormFields;
use crate::adapters::http::pages::format::Moment;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{MenuItem, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::Utc;
use fdp_contracts::won;
use fdp_http::{Caller, Path, Problem};
use http::StatusCode;
use uuid::Uuid;

/// The page at `/work/stores/{storeId}/menu`.
#[derive(Debug, Template)]
#[template(path = "work/menu.html")]
struct MenuPage {
    frame: Frame,
    head: StoreHead,
    notice: Option<&'static str>,
    dishes: Vec<Dish>,
    new_dish: DishForm,
}

/// A dish on the menu.
#[derive(Debug)]
struct Dish {
    name: String,
    price: String,
    is_available: bool,
    sold_out_until: Option<Moment>,
    form: DishForm,
}

/// Shows the menu of a store.
pub(super) async fn menu(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
) -> Response {
    let page = show(&workplace, &visitor, &store_id, None).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Changes a dish, and shows the menu.
pub(super) async fn change(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
    FormFields(fields): FormFields,
) -> Response {
    let caller = match owner_of(&visitor, &store_id) {
        Ok(caller) => caller,
        Err(problem) => return visitor.refuse(problem),
    };
    let Err(notice) = carry_out(&workplace, &caller, &store_id, &fields).await else {
        return visitor.see_other(&Tab::Menu.path(&store_id));
    };
    let sent = DishForm::sent(&fields);
    let page = show(&workplace, &visitor, &store_id, Some((notice, sent))).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Carries out what a form asks for. The menu is read again first: a dish that was changed elsewhere meanwhile stays so.
async fn carry_out(
    workplace: &Workplace,
    caller: &Caller,
    store_id: &str,
    fields: &Fields,
) -> Result<(), Notice> {
    let stores = &workplace.stores;
    let menu = stores
        .menu(caller, store_id)
        .await
        .map_err(|error| Notice::from(&error))?;
    let menu = changed(menu, fields)?;
    stores
        .put_menu(caller, store_id, &menu)
        .await
        .map_err(|error| Notice::from(&error))?;
    tracing::info!(store_id, "the menu was changed from the owner's page");
    Ok(())
}

/// The menu after what a form asks for.
fn changed(mut menu: Vec<MenuItem>, fields: &Fields) -> Result<Vec<MenuItem>, Notice> {
    let command = form::value(fields, "command");
    let sent = DishForm::sent(fields);
    if command == "add" {
        let new = MenuItem {
            item_id: format!("dish-{}", Uuid::now_v7().simple()),
            ..MenuItem::default()
        };
        let dish = sent.dish(&new).map_err(Notice::invalid)?;
        return with_dish(menu, dish).map_err(Notice::invalid);
    }
    let place = menu.iter().position(|item| item.item_id == sent.item_id);
    let place = place.ok_or(Notice::gone())?;
    match command {
        "save" => {
            let dish = sent.dish(&menu[place]).map_err(Notice::invalid)?;
            return with_dish(menu, dish).map_err(Notice::invalid);
        }
        "remove" => {
            menu.remove(place);
        }
        "sold-out" => menu[place].available = false,
        "on-sale" => {
            menu[place].available = true;
            menu[place].sold_out_until = None;
        }
        _ => return Err(Notice::invalid(Message::Unreadable)),
    }
    Ok(menu)
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    store_id: &str,
    refused: Option<(Notice, DishForm)>,
) -> Result<Response, Problem> {
    let caller = owner_of(visitor, store_id)?;
    let (store, menu) = futures::try_join!(
        workplace.stores.store(&caller, store_id),
        workplace.stores.menu(&caller, store_id),
    )?;
    let (notice, sent) = refused.unzip();
    let of_item = |item: &MenuItem| sent.as_ref().filter(|sent| sent.item_id == item.item_id);
    let frame = visitor.frame_at(&Tab::Menu.path(store_id));
    let dishes = menu
        .iter()
        .map(|item| dish(&frame, item, of_item(item)))
        .collect();
    let new_dish = sent.clone().filter(|sent| sent.item_id.is_empty());
    let page = MenuPage {
        head: StoreHead::new(&store, Tab::Menu),
        notice: notice.map(|notice| notice.text(visitor.language)),
        dishes,
        new_dish: new_dish.unwrap_or_else(DishForm::empty),
        frame,
    };
    let status = notice.map_or(StatusCode::OK, |notice| notice.status);
    Ok(render(visitor, status, &page))
}

fn dish(frame: &Frame, item: &MenuItem, sent: Option<&DishForm>) -> Dish {
    let english = item.name_in_english.as_ref().unwrap_or(&item.name);
    let until = item.sold_out_until.filter(|until| Utc::now() < *until);
    Dish {
        name: frame.language.pick(&item.name, english).clone(),
        price: won(item.price),
        is_available: item.available && until.is_none(),
        sold_out_until: until.map(Moment::from),
        form: sent.cloned().unwrap_or_else(|| DishForm::of(item)),
    }
}
