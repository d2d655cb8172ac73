//! Owners and riders in a browser, in front of a front end without a database.

use crate::services::Services;
use crate::support::workplace;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use fdp_http::Caller;
use fdp_http::caller::{CALLER, Person, Role};
use fdp_storage::live::Live;
use frontend::adapters::clients::OrderClient;
use frontend::adapters::http::{AppState, routes};
use frontend::adapters::storage::PgView;
use frontend::application::Storefront;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A front end and the services behind it.
pub(crate) struct Work {
    pub(crate) services: Services,
    routes: Router,
}

impl Work {
    pub(crate) async fn new() -> Self {
        let (services, address) = Services::start().await;
        let pool = fdp_test_database::migrated(&frontend::MIGRATIONS).await.unwrap();
        let storefront = Storefront {
            view: Arc::new(PgView(pool)),
            live: Live::new("order_view"),
            orders: Arc::new(OrderClient::new(&address).unwrap()),
            product_price: 10_000,
            stopping: CancellationToken::new(),
        };
        let state = AppState {
            workplace: workplace(&storefront.view, &address),
            storefront,
        };
        Self {
            services,
            routes: routes(state),
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.routes.clone().oneshot(request).await.unwrap()
    }

    /// The page at a path, in a language.
    pub(crate) async fn page(&self, who: &Caller, path: &str, language: &str) -> (StatusCode, String) {
        read(
            self.send(request(who, "GET", path, language).body(Body::empty()).unwrap())
                .await,
        )
        .await
    }

    /// The answer to a form.
    pub(crate) async fn submit(
        &self,
        who: &Caller,
        path: &str,
        form: &str,
        language: &str,
    ) -> (StatusCode, String) {
        let request = request(who, "POST", path, language)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        let response = self.send(request.unwrap()).await;
        match response.headers().get("location") {
            Some(location) => (response.status(), location.to_str().unwrap().to_owned()),
            None => read(response).await,
        }
    }
}

fn request(who: &Caller, method: &str, path: &str, language: &str) -> http::request::Builder {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("accept", "text/html")
        .header("accept-language", language);
    match who.header() {
        Some(caller) => request.header(CALLER, caller),
        None => request,
    }
}

async fn read(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Somebody who is signed in.
pub(crate) fn person(subject: &str, role: Role, stores: &[&str]) -> Caller {
    Caller::Person(Person {
        subject: subject.to_owned(),
        roles: [role].into(),
        stores: stores.iter().map(|store| (*store).to_owned()).collect(),
    })
}

/// The owner of store 1.
pub(crate) fn owner() -> Caller {
    person("park", Role::Owner, &["1"])
}

/// Store 1, as the store service tells it.
pub(crate) fn store() -> Value {
    json!({"storeId": "1", "name": "우리동네 통닭", "open": true, "openNow": true, "minimumOrder": 0, "deliveryFee": 0,
        "acceptWithinMinutes": 15, "pickUpWithinMinutes": 15})
}
