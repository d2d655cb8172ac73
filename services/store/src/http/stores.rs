//! Stores, when they are open, and their menus.

use super::text::{StoreId, checked, text, text_schema};
use super::{DEFAULT_LIMIT, LARGEST_LIMIT};
use crate::app::{MenuError, NoSuchStore, Stores};
use crate::domain::place::{Hours, MenuItem, Opening, Store};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveTime, Utc};
use fdp_contracts::{number_or_string, number_schema, optional_text};
use fdp_kit::http::{Path, Query};
use fdp_kit::{Caller, Json, Problem, caller};
use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// How much a menu may hold.
const LONGEST_MENU: usize = 500;
const TIME: &str = "%H:%M";

/// A store. Orders are taken day and night: those for a closed store wait for its owner, who may also refuse them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoreBody {
    /// Its id.
    store_id: String,
    /// What people call it.
    name: String,
    /// The owner's switch.
    open: bool,
    /// Without them the switch alone counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hours: Option<HoursBody>,
    /// By switch and hours.
    open_now: bool,
}

/// The hours of every day, in Korean time; over midnight if the first comes after the second.
#[derive(Serialize, Deserialize, Clone, Copy, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HoursBody {
    /// From then on.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:30")]
    opens_at: NaiveTime,
    /// Until just before then.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "21:00")]
    closes_at: NaiveTime,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn write_time<S: Serializer>(time: &NaiveTime, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(&time.format(TIME))
}

fn read_time<'de, D: Deserializer<'de>>(input: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(input)?;
    NaiveTime::parse_from_str(&text, TIME)
        .map_err(|_| de::Error::custom(format!("'{text}' is no time; write it as in 09:30")))
}

fn body(store: Store, now: DateTime<Utc>) -> StoreBody {
    let hours = |hours: Hours| HoursBody {
        opens_at: hours.opens_at,
        closes_at: hours.closes_at,
    };
    StoreBody {
        open_now: store.opening.is_open_at(now),
        store_id: store.store_id,
        name: store.name,
        open: store.opening.is_open,
        hours: store.opening.hours.map(hours),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Those whose id comes after this one.
    #[serde(default)]
    after: String,
    /// At most so many; 100 if left out, and never more than 500.
    limit: Option<u32>,
}

/// Stores by id; the `storeId` of the last one is the next page's `after`.
#[utoipa::path(get, path = "/stores", params(Page), responses(
    (status = 200, description = "Sorted by their ids.", body = Vec<StoreBody>),
))]
pub(super) async fn list(
    State(stores): State<Stores>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<StoreBody>>, Problem> {
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let page = stores.stores(&page.after, limit).await?;
    let now = stores.now();
    Ok(Json(page.into_iter().map(|store| body(store, now)).collect()))
}

/// One store.
#[utoipa::path(get, path = "/stores/{storeId}", params(("storeId" = String, Path, max_length = 200)), responses(
    (status = 200, description = "The store.", body = StoreBody),
    (status = 404, description = "There is no such store."),
))]
pub(super) async fn find(
    State(stores): State<Stores>,
    Path(StoreId(store_id)): Path<StoreId>,
) -> Result<Json<StoreBody>, Problem> {
    known(&stores, store_id).await.map(Json)
}

async fn known(stores: &Stores, store_id: String) -> Result<StoreBody, Problem> {
    let store = stores.store(&store_id).await?;
    let store = store.ok_or_else(|| Problem::not_found(NoSuchStore(store_id).to_string()))?;
    Ok(body(store, stores.now()))
}

/// A store to be, or its new name.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterStore {
    /// Its id; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text_schema, required = true)]
    store_id: Option<String>,
    /// What people call it; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text_schema, required = true)]
    name: Option<String>,
}

/// Registers a store, or renames it.
#[utoipa::path(post, path = "/stores", request_body = RegisterStore, responses(
    (status = 201, description = "The store is registered.", body = StoreBody),
    (status = 200, description = "The store has its new name.", body = StoreBody),
    (status = 403, description = "The caller does not run this store."),
))]
pub(super) async fn register(
    State(stores): State<Stores>,
    caller: Caller,
    Json(body): Json<RegisterStore>,
) -> Result<Response, Problem> {
    let store_id = text("storeId", body.store_id)?;
    let name = text("name", body.name)?;
    if !caller.may_run(&store_id) {
        return Err(caller::not_your_store(&store_id));
    }
    let new = stores.name(&store_id, &name).await?;
    Ok((status(new), Json(known(&stores, store_id).await?)).into_response())
}

fn status(new: bool) -> StatusCode {
    if new { StatusCode::CREATED } else { StatusCode::OK }
}

/// A store as it is to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoreToBe {
    /// What people call it; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text_schema, required = true)]
    name: Option<String>,
    /// The owner's switch; missing: open.
    open: Option<bool>,
    /// Missing: the switch alone counts.
    hours: Option<HoursBody>,
}

/// Registers a store, or replaces all about it but its menu.
#[utoipa::path(put, path = "/stores/{storeId}", params(("storeId" = String, Path, max_length = 200)), request_body = StoreToBe, responses(
    (status = 201, description = "The store is registered.", body = StoreBody),
    (status = 200, description = "The store is replaced.", body = StoreBody),
    (status = 403, description = "The caller does not run this store."),
))]
pub(super) async fn put(
    State(stores): State<Stores>,
    Path(StoreId(store_id)): Path<StoreId>,
    Json(store): Json<StoreToBe>,
) -> Result<Response, Problem> {
    let hours = |hours: HoursBody| Hours {
        opens_at: hours.opens_at,
        closes_at: hours.closes_at,
    };
    let store = Store {
        store_id,
        name: text("name", store.name)?,
        opening: Opening {
            is_open: store.open.unwrap_or(true),
            hours: store.hours.map(hours),
        },
    };
    let new = stores.put(&store).await?;
    Ok((status(new), Json(body(store, stores.now()))).into_response())
}

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

impl From<MenuError> for Problem {
    fn from(error: MenuError) -> Self {
        match error {
            MenuError::NoSuchStore(error) => Self::not_found(error.to_string()),
            MenuError::Database(error) => error.into(),
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
    let body = |item: MenuItem| MenuItemBody {
        item_id: item.item_id,
        name: item.name,
        price: item.price,
        available: item.available,
    };
    Ok(Json(items.map(body).collect()))
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
    if items.len() > LONGEST_MENU {
        return Err(Problem::bad_request(format!(
            "a menu holds at most {LONGEST_MENU} items"
        )));
    }
    for item in &items {
        checked("itemId", &item.item_id)?;
        checked("name", &item.name)?;
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = items.iter().find(|item| !ids.insert(&item.item_id)) {
        let detail = format!(
            "the item {} is there twice; an itemId names one item",
            twice.item_id
        );
        return Err(Problem::bad_request(detail));
    }
    let item = |item: &MenuItemBody| MenuItem {
        item_id: item.item_id.clone(),
        name: item.name.clone(),
        price: item.price,
        available: item.available,
    };
    if items.iter().any(|item| i64::try_from(item.price).is_err()) {
        return Err(Problem::bad_request("a price is more won than there are"));
    }
    let to_be: Vec<_> = items.iter().map(item).collect();
    stores.put_menu(&store_id, &to_be).await?;
    Ok(Json(items))
}
