//! The routes of stores and their opening hours. Comments on handlers and bodies are published in the OpenAPI document.

use super::hours::HoursBody;
use super::minutes;
use super::store_id::StoreId;
use super::won;
use crate::application::stores::{Stores, UnknownStore};
use crate::domain::{Opening, OrderTerms, Registration, Store, TimeLimits};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SubsecRound as _, Utc};
use fdp_contracts::{Hours, optional_number_or_string, optional_text};
use fdp_http::{Caller, Json, JsonObject, Path, Problem, Query, caller, text};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The names of the time limits in bodies.
const ACCEPT_WITHIN: &str = "acceptWithinMinutes";
const PICK_UP_WITHIN: &str = "pickUpWithinMinutes";

/// A store. While it is closed it gets no orders: they are refused with the time when it opens.
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
    /// No orders are taken until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    paused_until: Option<DateTime<Utc>>,
    /// Whether it takes orders now, by switch, hours and pause.
    open_now: bool,
    /// What the items of an order have to cost at least, in won.
    minimum_order: u64,
    /// What an order costs beside its items, in won.
    delivery_fee: u64,
    /// For how many minutes a new order may wait for the store to accept it; then it is rejected and paid back. Time in
    /// which the service was down does not count.
    #[schema(minimum = 1, maximum = 1440)]
    accept_within_minutes: u32,
    /// For how many minutes the food may wait for the rider who has taken it on, once it is ready; then it is offered to
    /// others.
    #[schema(minimum = 1, maximum = 1440)]
    pick_up_within_minutes: u32,
}

fn body(store: Store, now: DateTime<Utc>) -> StoreBody {
    StoreBody {
        open_now: store.takes_orders_at(now),
        paused_until: store.terms.paused_until,
        minimum_order: store.terms.minimum_order,
        delivery_fee: store.terms.delivery_fee,
        store_id: store.store_id,
        name: store.name,
        open: store.opening.is_open,
        hours: store.opening.hours.map(HoursBody::from),
        accept_within_minutes: store.time_limits.accept_within_minutes,
        pick_up_within_minutes: store.time_limits.pick_up_within_minutes,
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
    let limit = text::page_size(page.limit);
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
    read(&stores, store_id).await.map(Json)
}

async fn read(stores: &Stores, store_id: String) -> Result<StoreBody, Problem> {
    let store = stores.store(&store_id).await?;
    let store = store.ok_or_else(|| Problem::not_found(UnknownStore(store_id).to_string()))?;
    Ok(body(store, stores.now()))
}

/// A store to be, or its new name and time limits.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegisterStore {
    /// Its id; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    store_id: Option<String>,
    /// What people call it; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    name: Option<String>,
    /// For how many minutes a new order may wait for the store to accept it, from 1 to 1440; missing: as it is, and 15 for a new store.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = minutes::schema)]
    accept_within_minutes: Option<u32>,
    /// For how many minutes the food may wait for the rider who has taken it on, once it is ready, from 1 to 1440; missing:
    /// as it is, and 15 for a new store.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = minutes::schema)]
    pick_up_within_minutes: Option<u32>,
}

/// Registers a store, or renames it; what else the body tells changes too, and all other things stay as they are.
#[utoipa::path(post, path = "/stores", request_body = RegisterStore, responses(
    (status = 201, description = "The store is registered.", body = StoreBody),
    (status = 200, description = "The store is changed.", body = StoreBody),
    (status = 403, description = "The caller does not run this store."),
))]
pub(super) async fn register(
    State(stores): State<Stores>,
    caller: Caller,
    JsonObject(body): JsonObject<RegisterStore>,
) -> Result<Response, Problem> {
    let registration = Registration {
        store_id: text::required("storeId", body.store_id)?,
        name: text::required("name", body.name)?,
        accept_within_minutes: minutes::checked(ACCEPT_WITHIN, body.accept_within_minutes)?,
        pick_up_within_minutes: minutes::checked(PICK_UP_WITHIN, body.pick_up_within_minutes)?,
    };
    if !caller.may_run(&registration.store_id) {
        return Err(caller::not_your_store(&registration.store_id));
    }
    let new = stores.register(&registration).await?;
    Ok((status(new), Json(read(&stores, registration.store_id).await?)).into_response())
}

fn status(new: bool) -> StatusCode {
    if new { StatusCode::CREATED } else { StatusCode::OK }
}

/// A store as it is to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StoreToBe {
    /// What people call it; must be there.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema, required = true)]
    name: Option<String>,
    /// The owner's switch; missing: open.
    open: Option<bool>,
    /// Missing: the switch alone counts.
    hours: Option<HoursBody>,
    /// No orders are taken until then; missing: they are.
    paused_until: Option<DateTime<Utc>>,
    /// What the items of an order have to cost at least, in won; missing: 0.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = won::schema)]
    minimum_order: Option<u64>,
    /// What an order costs beside its items, in won; missing: 0.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = won::schema)]
    delivery_fee: Option<u64>,
    /// For how many minutes a new order may wait for the store to accept it, from 1 to 1440; missing: 15.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = minutes::schema)]
    accept_within_minutes: Option<u32>,
    /// For how many minutes the food may wait for the rider who has taken it on, once it is ready, from 1 to 1440; missing:
    /// 15.
    #[serde(default, deserialize_with = "optional_number_or_string")]
    #[schema(schema_with = minutes::schema)]
    pick_up_within_minutes: Option<u32>,
    /// Not to be set; it may be there, so that what was read can be changed and sent back.
    #[serde(default, rename = "storeId", deserialize_with = "optional_text")]
    #[schema(schema_with = text::schema)]
    _store_id: Option<String>,
    /// The same.
    #[serde(default, rename = "openNow")]
    _open_now: Option<bool>,
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
    JsonObject(store): JsonObject<StoreToBe>,
) -> Result<Response, Problem> {
    let usual = TimeLimits::default();
    let accept_within = minutes::checked(ACCEPT_WITHIN, store.accept_within_minutes)?;
    let pick_up_within = minutes::checked(PICK_UP_WITHIN, store.pick_up_within_minutes)?;
    let store = Store {
        store_id,
        name: text::required("name", store.name)?,
        opening: Opening {
            is_open: store.open.unwrap_or(true),
            hours: store.hours.map(Hours::from),
        },
        terms: OrderTerms {
            minimum_order: won::checked("minimumOrder", store.minimum_order)?,
            delivery_fee: won::checked("deliveryFee", store.delivery_fee)?,
            // As precisely as the database keeps it.
            paused_until: store.paused_until.map(|until| until.trunc_subsecs(6)),
        },
        time_limits: TimeLimits {
            accept_within_minutes: accept_within.unwrap_or(usual.accept_within_minutes),
            pick_up_within_minutes: pick_up_within.unwrap_or(usual.pick_up_within_minutes),
        },
    };
    let new = stores.put(&store).await?;
    Ok((status(new), Json(body(store, stores.now()))).into_response())
}
