//! The requests of a user, each with a trace of its own by which it can be found.

use crate::client::Body;
use fdp_contracts::OrderId;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Builder;
use hyper::http::{Error, Method};
use rand::RngExt as _;
use rand::rngs::StdRng;

/// The item that everybody orders, which is a dish: it is never out of stock.
const ITEM: &str = "통닭";

/// The trace of a request (<https://www.w3.org/TR/trace-context/>). It is recorded, since a refused order has to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trace {
    pub(super) id: u128,
    span: u64,
}

impl Trace {
    pub(super) fn start(random: &mut StdRng) -> Self {
        Self {
            id: random.random::<u128>().max(1),
            span: random.random::<u64>().max(1),
        }
    }

    fn header(self) -> String {
        format!("00-{:032x}-{:016x}-01", self.id, self.span)
    }
}

/// The body of a customer's orders, which are all the same.
pub(super) fn order_body(customer: &str) -> Bytes {
    let body = serde_json::json!({"item": ITEM, "storeId": 1, "customerId": customer});
    Bytes::from(body.to_string())
}

pub(super) fn place(body: Bytes, key: u128, trace: Trace) -> Result<Request<Body>, Error> {
    request(Method::POST, "/orders", trace)
        .header(CONTENT_TYPE, "application/json")
        .header("idempotency-key", format!("{key:032x}"))
        .body(Full::new(body))
}

pub(super) fn look(order: OrderId, trace: Trace) -> Result<Request<Body>, Error> {
    request(Method::GET, &format!("/orders/{order}"), trace).body(Body::default())
}

pub(super) fn cancel(order: OrderId, trace: Trace) -> Result<Request<Body>, Error> {
    request(Method::DELETE, &format!("/orders/{order}"), trace).body(Body::default())
}

fn request(method: Method, path: &str, trace: Trace) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("traceparent", trace.header())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use serde_json::{Value, json};

    #[test]
    fn an_order_has_its_customer_its_key_and_its_trace() {
        let trace = Trace::start(&mut StdRng::seed_from_u64(1));
        let request = place(order_body("drill-3"), 0xab, trace).unwrap();
        assert_eq!(request.headers()["idempotency-key"], format!("{:0>32}", "ab"));
        let header = request.headers()["traceparent"].to_str().unwrap();
        let parts: Vec<&str> = header.split('-').collect();
        assert_eq!(parts[1], format!("{:032x}", trace.id));
        assert_eq!([parts[0].len(), parts[2].len(), parts[3].len()], [2, 16, 2]);
        // Read, since the order of its fields depends on what else is compiled beside this crate.
        assert_eq!(
            serde_json::from_slice::<Value>(&order_body("drill-3")).unwrap(),
            json!({"item": "통닭", "storeId": 1, "customerId": "drill-3"})
        );
    }
}
