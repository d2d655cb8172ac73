//! The client of the store service: stores, menus and tickets.

use super::service_client::{Call, ServiceClient};
use crate::application::work::{
    HistoryEntry, MenuItem, ServiceError, Store, StoreService, Ticket, TicketCommand, TicketService,
    TicketsPage,
};
use crate::path_segment::path_segment;
use async_trait::async_trait;
use fdp_contracts::OrderId;
use fdp_http::Caller;
use reqwest::Method;
use serde_json::{Value, json};

/// A client of the store service.
#[derive(Debug, Clone)]
pub struct StoreClient(ServiceClient);

impl StoreClient {
    /// A client of the store service at `base`, say `http://store:8083`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        ServiceClient::new(base).map(Self)
    }
}

fn store_path(store_id: &str) -> String {
    format!("/stores/{}", path_segment(store_id))
}

fn ticket_path(store_id: &str, order_id: OrderId) -> String {
    format!("{}/tickets/{order_id}", store_path(store_id))
}

#[async_trait]
impl StoreService for StoreClient {
    async fn store(&self, caller: &Caller, store_id: &str) -> Result<Store, ServiceError> {
        let call = Call::get("reading a store", caller, store_path(store_id));
        self.0.read(&call).await
    }

    async fn put_store(&self, caller: &Caller, store: &Store) -> Result<(), ServiceError> {
        let (path, body) = (store_path(&store.store_id), Some(json!(store)));
        let call = Call::send("changing a store", caller, Method::PUT, path, body);
        self.0.call(&call).await.map(drop)
    }

    async fn menu(&self, caller: &Caller, store_id: &str) -> Result<Vec<MenuItem>, ServiceError> {
        let path = format!("{}/menu", store_path(store_id));
        self.0.read(&Call::get("reading a menu", caller, path)).await
    }

    async fn put_menu(&self, caller: &Caller, store_id: &str, menu: &[MenuItem]) -> Result<(), ServiceError> {
        let path = format!("{}/menu", store_path(store_id));
        let call = Call::send("changing a menu", caller, Method::PUT, path, Some(json!(menu)));
        self.0.call(&call).await.map(drop)
    }
}

#[async_trait]
impl TicketService for StoreClient {
    async fn tickets(
        &self,
        caller: &Caller,
        store_id: &str,
        page: TicketsPage,
    ) -> Result<Vec<Ticket>, ServiceError> {
        let state = page.state.map(|state| format!("&state={}", state.name()));
        let before = page.before.map(|order_id| format!("&before={order_id}"));
        let path = format!(
            "{}/tickets?limit={}{}{}",
            store_path(store_id),
            page.limit,
            state.unwrap_or_default(),
            before.unwrap_or_default()
        );
        self.0.read(&Call::get("listing tickets", caller, path)).await
    }

    async fn ticket(
        &self,
        caller: &Caller,
        store_id: &str,
        order_id: OrderId,
    ) -> Result<Ticket, ServiceError> {
        let call = Call::get("reading a ticket", caller, ticket_path(store_id, order_id));
        self.0.read(&call).await
    }

    async fn history(
        &self,
        caller: &Caller,
        store_id: &str,
        order_id: OrderId,
    ) -> Result<Vec<HistoryEntry>, ServiceError> {
        let path = format!("{}/history", ticket_path(store_id, order_id));
        let call = Call::get("reading the history of a ticket", caller, path);
        self.0.read(&call).await
    }

    async fn command(
        &self,
        caller: &Caller,
        store_id: &str,
        order_id: OrderId,
        command: &TicketCommand,
    ) -> Result<(), ServiceError> {
        let path = format!("{}/{}", ticket_path(store_id, order_id), command.name());
        let body: Option<Value> = match command {
            TicketCommand::Reject { reason } => Some(json!({ "reason": reason })),
            _ => None,
        };
        let call = Call::send("changing a ticket", caller, Method::POST, path, body);
        self.0.call(&call).await.map(drop)
    }
}
