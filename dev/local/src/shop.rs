//! A client of the platform that only knows its address, as a customer does.

use crate::failure::{Failure, Result};
use crate::wait;
use serde_json::{Value, json};
use std::time::Duration;

/// The timeout for the delivery of an order.
pub const TO_THE_DOOR: Duration = Duration::from_mins(1);

/// The platform's gateway, as a client sees it.
#[derive(Debug, Clone)]
pub struct Shop {
    address: String,
    agent: ureq::Agent,
}

#[derive(Debug, Clone)]
pub struct Answer {
    method: &'static str,
    url: String,
    pub status: u16,
    /// After how many seconds the client may ask again, if the answer says so.
    pub retry_after: Option<u64>,
    /// The body; a text that is not JSON becomes a JSON string.
    pub body: Value,
}

impl Answer {
    /// The body, if the status is the expected one.
    ///
    /// # Errors
    /// When it is another.
    pub fn expect(self, status: u16) -> Result<Value> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(Failure::WrongAnswer {
            method: self.method,
            url: self.url,
            status: self.status,
            body: self.body.to_string(),
        })
    }
}

impl Shop {
    /// The shop at an address such as `http://127.0.0.1:30080`.
    pub fn at(address: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .new_agent();
        Self {
            address: address.trim_end_matches('/').to_owned(),
            agent,
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a GET request.
    ///
    /// # Errors
    /// When there is no response.
    pub fn get(&self, path: &str) -> Result<Answer> {
        let url = format!("{}{path}", self.address);
        let answered = self.agent.get(&url).call();
        read("GET", url, answered)
    }

    /// Sends a POST request with a JSON body.
    ///
    /// # Errors
    /// When there is no response.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let url = format!("{}{path}", self.address);
        let answered = self.agent.post(&url).send_json(body);
        read("POST", url, answered)
    }

    /// As [`Self::post`], for a request that may be repeated: `key` stands for it.
    ///
    /// # Errors
    /// When there is no response.
    pub fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Answer> {
        let url = format!("{}{path}", self.address);
        let request = self.agent.post(&url).header("idempotency-key", key);
        read("POST", url, request.send_json(body))
    }

    /// Sends a DELETE request.
    ///
    /// # Errors
    /// When there is no response.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        let url = format!("{}{path}", self.address);
        let answered = self.agent.delete(&url).call();
        read("DELETE", url, answered)
    }

    /// Registers a product with this stock; one that there is gets what it lacks.
    ///
    /// # Errors
    /// When the shop rejects it.
    pub fn stock_up(&self, product_id: u64, name: &str, stock: u64) -> Result<()> {
        let body = json!({"productId": product_id, "productName": name, "stock": stock});
        let answer = self.post("/inventories", &body)?;
        if answer.status != 409 {
            return answer.expect(201).map(drop);
        }
        let lacks = stock.saturating_sub(self.stock(product_id)?);
        if lacks == 0 {
            return Ok(());
        }
        let restock = format!("/inventories/{product_id}/restock");
        self.post(&restock, &json!({"qty": lacks}))?.expect(200).map(drop)
    }

    /// The stock of a product.
    ///
    /// # Errors
    /// When the product is unknown.
    pub fn stock(&self, product_id: u64) -> Result<u64> {
        let product = self.get(&format!("/inventories/{product_id}"))?.expect(200)?;
        Ok(product["stock"].as_u64().unwrap_or_default())
    }

    /// Places an order and returns its id.
    ///
    /// # Errors
    /// When the status is not 201.
    pub fn order(&self, body: &Value) -> Result<String> {
        let order = self.post("/orders", body)?.expect(201)?;
        Ok(order["orderId"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the order has `state`, and calls `seen` with each state on the way.
    ///
    /// # Errors
    /// When it does not reach the state within `limit`.
    pub fn wait_for_state(
        &self,
        order_id: &str,
        state: &str,
        limit: Duration,
        seen: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let mut before = String::new();
        wait::until(&format!("order {order_id} to be {state}"), limit, || {
            let order = self
                .get(&format!("/orders/{order_id}"))
                .and_then(|answer| answer.expect(200))
                .map_err(|failure| failure.to_string())?;
            let now = order["state"].as_str().unwrap_or_default();
            if now != before {
                seen(now);
                now.clone_into(&mut before);
            }
            if now == state {
                Ok(())
            } else {
                Err(order.to_string())
            }
        })
    }

    /// Waits until the order's payment has `state`.
    ///
    /// # Errors
    /// When it does not reach the state within `limit`.
    pub fn wait_for_payment(&self, order_id: &str, state: &str, limit: Duration) -> Result<()> {
        wait::until(
            &format!("the payment of order {order_id} to be {state}"),
            limit,
            || {
                let payments = self
                    .get(&format!("/payments?orderId={order_id}"))
                    .and_then(|answer| answer.expect(200))
                    .map_err(|failure| failure.to_string())?;
                let list = payments.as_array().map(Vec::as_slice).unwrap_or_default();
                if list.len() == 1 && list[0]["state"] == state {
                    Ok(())
                } else {
                    Err(payments.to_string())
                }
            },
        )
    }

    /// Waits until the stock of a product is `stock`.
    ///
    /// # Errors
    /// When it is not within `limit`.
    pub fn wait_for_stock(&self, product_id: u64, stock: u64, limit: Duration) -> Result<()> {
        wait::until(
            &format!("the stock of {product_id} to be {stock}"),
            limit,
            || match self.stock(product_id) {
                Ok(now) if now == stock => Ok(()),
                Ok(now) => Err(now.to_string()),
                Err(failure) => Err(failure.to_string()),
            },
        )
    }
}

fn read(
    method: &'static str,
    url: String,
    answered: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer> {
    let no_answer = |error: ureq::Error| Failure::NoAnswer {
        method,
        url: url.clone(),
        reason: error.to_string(),
    };
    let mut response = answered.map_err(no_answer)?;
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let text = response.body_mut().read_to_string().map_err(no_answer)?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Answer {
        method,
        status: response.status().as_u16(),
        retry_after,
        body,
        url,
    })
}
