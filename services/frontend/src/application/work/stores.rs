//! Stores and their menus, as the store service keeps them for their owners.

use super::service_error::ServiceError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_http::Caller;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// All about a store but its menu. What a later release of the store service adds is sent back as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Store {
    /// Its id.
    pub store_id: String,
    /// What people call it.
    pub name: String,
    /// The owner's switch.
    pub open: bool,
    /// Without them the switch alone counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// No orders are taken until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<DateTime<Utc>>,
    /// Whether it takes orders now.
    #[serde(default)]
    pub open_now: bool,
    /// What the items of an order have to cost at least, in won.
    #[serde(default)]
    pub minimum_order: u64,
    /// What an order costs beside its items, in won.
    #[serde(default)]
    pub delivery_fee: u64,
    /// For how many minutes a new order may wait for the store.
    pub accept_within_minutes: u32,
    /// For how many minutes the food may wait for its rider.
    pub pick_up_within_minutes: u32,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The hours of every day, in the time of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hours {
    /// From then on, such as 09:30.
    pub opens_at: String,
    /// Until just before then.
    pub closes_at: String,
    /// Everything else, such as the time zone.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Something on a menu. What a later release of the store service adds is sent back as it came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MenuItem {
    /// Its id on this menu.
    pub item_id: String,
    /// What the customer reads.
    pub name: String,
    /// The same in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_in_english: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The same in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description_in_english: Option<String>,
    /// The name of its picture, of those that the shop has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Price of one, in won.
    pub price: u64,
    /// Whether it can be had at all.
    pub available: bool,
    /// It cannot be had until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_out_until: Option<DateTime<Utc>>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The stores of the store service.
#[async_trait]
pub trait StoreService: Send + Sync + 'static {
    /// One store.
    async fn store(&self, caller: &Caller, store_id: &str) -> Result<Store, ServiceError>;

    /// Replaces all about a store but its menu.
    async fn put_store(&self, caller: &Caller, store: &Store) -> Result<(), ServiceError>;

    /// What is on its menu, in its owner's order.
    async fn menu(&self, caller: &Caller, store_id: &str) -> Result<Vec<MenuItem>, ServiceError>;

    /// Replaces its menu.
    async fn put_menu(&self, caller: &Caller, store_id: &str, menu: &[MenuItem]) -> Result<(), ServiceError>;
}
