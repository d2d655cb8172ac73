//! The routes of menus. Comments on handlers and bodies are published in the OpenAPI document.

use super::store_id::StoreId;
use crate::application::stores::Stores;
use crate::domain::MenuItem;
use axum::extract::State;
use chrono::{DateTime, SubsecRound as _, Utc};
use fdp_contracts::{check_text, number_or_string, number_schema, optional_text};
use fdp_http::{FromObject, Json, Path, Problem};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most items of a menu.
const MAX_ITEMS: usize = 500;
/// The most bytes of all texts of a menu: it is published as one message, which has to fit into Kafka's.
const MAX_BYTES: usize = 400_000;

/// Something on a menu.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MenuItemBody {
    /// Its id on this menu.
    #[serde(deserialize_with = "string_or_number")]
    #[schema(max_length = 200)]
    item_id: String,
    /// What the customer reads.
    #[serde(deserialize_with = "string_or_number")]
    #[schema(max_length = 200)]
    name: String,
    /// The same in English; missing: it has no such name.
    #[serde(
        default,
        deserialize_with = "optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_length = 200, nullable = false)]
    name_in_english: Option<String>,
    /// What it is, for the customer.
    #[serde(
        default,
        deserialize_with = "optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_length = 200, nullable = false)]
    description: Option<String>,
    /// The same in English.
    #[serde(
        default,
        deserialize_with = "optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_length = 200, nullable = false)]
    description_in_english: Option<String>,
    /// The name of the picture that the shop shows with it, such as `chicken`; of those that it has.
    #[serde(
        default,
        deserialize_with = "optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_length = 200, nullable = false)]
    picture: Option<String>,
    /// Price of one, in won.
    #[serde(deserialize_with = "number_or_string")]
    #[schema(schema_with = number_schema)]
    price: u64,
    /// Whether it can be had at all; missing: yes.
    #[serde(default = "yes")]
    available: bool,
    /// It cannot be had until then; missing: it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sold_out_until: Option<DateTime<Utc>>,
}

impl MenuItemBody {
    /// The bytes of its texts.
    fn bytes(&self) -> usize {
        let optional = [
            &self.name_in_english,
            &self.description,
            &self.description_in_english,
            &self.picture,
        ];
        let optional: usize = optional.into_iter().flatten().map(String::len).sum();
        self.item_id.len() + self.name.len() + optional
    }
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
            name_in_english: item.name_in_english,
            description: item.description,
            description_in_english: item.description_in_english,
            picture: item.picture,
            price: item.price,
            available: item.available,
            sold_out_until: item.sold_out_until,
        }
    }
}

impl From<&MenuItemBody> for MenuItem {
    fn from(item: &MenuItemBody) -> Self {
        Self {
            item_id: item.item_id.clone(),
            name: item.name.clone(),
            name_in_english: item.name_in_english.clone(),
            description: item.description.clone(),
            description_in_english: item.description_in_english.clone(),
            picture: item.picture.clone(),
            price: item.price,
            available: item.available,
            // As precisely as the database keeps it.
            sold_out_until: item.sold_out_until.map(|until| until.trunc_subsecs(6)),
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
    Json(items): Json<Vec<FromObject<MenuItemBody>>>,
) -> Result<Json<Vec<MenuItemBody>>, Problem> {
    let items: Vec<MenuItemBody> = items.into_iter().map(|FromObject(item)| item).collect();
    check(&items)?;
    let menu: Vec<_> = items.iter().map(MenuItem::from).collect();
    stores.put_menu(&store_id, &menu).await?;
    Ok(Json(items))
}

/// Checks what a menu may hold.
fn check(items: &[MenuItemBody]) -> Result<(), Problem> {
    if items.len() > MAX_ITEMS {
        return Err(Problem::bad_request(format!(
            "a menu holds at most {MAX_ITEMS} items"
        )));
    }
    for item in items {
        check_text("itemId", &item.item_id)?;
        check_text("name", &item.name)?;
        for (field, text) in [
            ("nameInEnglish", &item.name_in_english),
            ("description", &item.description),
            ("descriptionInEnglish", &item.description_in_english),
            ("picture", &item.picture),
        ] {
            check_text(field, text.as_deref().unwrap_or_default())?;
        }
    }
    let bytes: usize = items.iter().map(MenuItemBody::bytes).sum();
    if bytes > MAX_BYTES {
        return Err(Problem::bad_request(format!(
            "the texts of this menu have {bytes} bytes; a menu holds at most {MAX_BYTES}"
        )));
    }
    // An order names an item by any of them.
    let mut names = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let own = [&item.item_id, &item.name];
        for name in own.into_iter().chain(&item.name_in_english) {
            if *names.entry(name.to_ascii_lowercase()).or_insert(place) != place {
                return Err(Problem::bad_request(format!(
                    "'{name}' names two items; each needs an itemId and names of its own"
                )));
            }
        }
    }
    if items.iter().any(|item| i64::try_from(item.price).is_err()) {
        return Err(Problem::bad_request("a price is more won than there are"));
    }
    Ok(())
}
