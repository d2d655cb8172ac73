//! The routes of menus. Comments on handlers and bodies are published in the OpenAPI document.

use super::store_id::StoreId;
use crate::application::stores::Stores;
use crate::domain::MenuItem;
use axum::extract::State;
use fdp_contracts::{check_text, number_or_string, number_schema, optional_text};
use fdp_http::{Json, Path, Problem};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The most items of a menu.
const MAX_ITEMS: usize = 500;

/// Something on a menu.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MenuItemBody {
    /// Its id on this menu.
    #[serde(deserialize_with = "string_or_number")]
    #[schema(max_length = 200)]
    item_id: String,
    /// What the customer reads.
    #[serde(deserialize_with = "string_or_number")]
    #[schema(max_length = 200)]
    name: String,
    /// Price of one, in won.
    #[serde(deserialize_with = "number_or_string")]
    #[schema(schema_with = number_schema)]
    price: u64,
    /// Whether it can be had now; missing: yes.
    #[serde(default = "yes")]
    available: bool,
}

fn yes() -> bool {
    true
}

fn string_or_number<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    optional_text(input)?.ok_or_else(|| de::Error::custom("expected a string or a whole number, not nothing"))
}

impl From<MenuItem> for MenuItemBody {
    fn from(item: MenuItem) -> Self {
        Self {
            item_id: item.item_id,
            name: item.name,
            price: item.price,
            available: item.available,
        }
    }
}

impl From<&MenuItemBody> for MenuItem {
    fn from(item: &MenuItemBody) -> Self {
        Self {
            item_id: item.item_id.clone(),
            name: item.name.clone(),
            price: item.price,
            available: item.available,
        }
    }
}

/// What is on the store's menu, in its owner's order.
#[utoipa::path(get, path = "/stores/{storeId}/menu", params(("storeId" = String, Path, max_length = 200)), responses(
    (status = 200, description = "The items.", body = Vec<MenuItemBody>),
    (status = 404, description = "There is no such store."),
))]
pub(super) async fn menu(
    State(stores): State<Stores>,
    Path(StoreId(store_id)): Path<StoreId>,
) -> Result<Json<Vec<MenuItemBody>>, Problem> {
    let items = stores.menu(&store_id).await?.into_iter();
    Ok(Json(items.map(MenuItemBody::from).collect()))
}

/// Replaces the store's menu.
#[utoipa::path(put, path = "/stores/{storeId}/menu", params(("storeId" = String, Path, max_length = 200)), request_body = Vec<MenuItemBody>, responses(
    (status = 200, description = "The items as they are now.", body = Vec<MenuItemBody>),
    (status = 403, description = "The caller does not run this store."),
    (status = 404, description = "There is no such store."),
))]
pub(super) async fn put_menu(
    State(stores): State<Stores>,
    Path(StoreId(store_id)): Path<StoreId>,
    Json(items): Json<Vec<MenuItemBody>>,
) -> Result<Json<Vec<MenuItemBody>>, Problem> {
    if items.len() > MAX_ITEMS {
        return Err(Problem::bad_request(format!(
            "a menu holds at most {MAX_ITEMS} items"
        )));
    }
    for item in &items {
        check_text("itemId", &item.item_id)?;
        check_text("name", &item.name)?;
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = items.iter().find(|item| !ids.insert(&item.item_id)) {
        let detail = format!(
            "the item {} is there twice; an itemId names one item",
            twice.item_id
        );
        return Err(Problem::bad_request(detail));
    }
    if items.iter().any(|item| i64::try_from(item.price).is_err()) {
        return Err(Problem::bad_request("a price is more won than there are"));
    }
    let menu: Vec<_> = items.iter().map(MenuItem::from).collect();
    stores.put_menu(&store_id, &menu).await?;
    Ok(Json(items))
}
