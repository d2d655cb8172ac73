//! The client of the delivery service.

use super::service_client::{Call, ServiceClient};
use crate::application::work::{Delivery, DeliveryCommand, DeliveryService, ServiceError};
use async_trait::async_trait;
use fdp_contracts::{DeliveryState, OrderId};
use fdp_http::Caller;
use reqwest::Method;
use serde_json::{Value, json};

/// A client of the delivery service.
#[derive(Debug, Clone)]
pub struct DeliveryClient(ServiceClient);

impl DeliveryClient {
    /// A client of the delivery service at `base`, say `http://delivery:8084`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        ServiceClient::new(base).map(Self)
    }
}

#[async_trait]
impl DeliveryService for DeliveryClient {
    async fn deliveries(
        &self,
        caller: &Caller,
        state: DeliveryState,
        limit: u32,
    ) -> Result<Vec<Delivery>, ServiceError> {
        let path = format!("/deliveries?limit={limit}&state={}", state.name());
        self.0.read(&Call::get("listing deliveries", caller, path)).await
    }

    async fn command(
        &self,
        caller: &Caller,
        order_id: OrderId,
        command: &DeliveryCommand,
    ) -> Result<(), ServiceError> {
        let path = format!("/deliveries/{order_id}/{}", command.name());
        let body: Option<Value> = match command {
            // Without a rider in it: whoever asks.
            DeliveryCommand::Assign => Some(json!({})),
            DeliveryCommand::GiveBack { reason } => Some(json!({ "reason": reason })),
            DeliveryCommand::Start | DeliveryCommand::Deliver => None,
        };
        let call = Call::send("changing a delivery", caller, Method::POST, path, body);
        self.0.call(&call).await.map(drop)
    }
}
