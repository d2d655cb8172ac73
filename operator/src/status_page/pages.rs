//! Handlers of the pages, rendered from the cache.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use fdp_crds::FoodDeliveryPlatform;
use futures::FutureExt;
use k8s_openapi::jiff::Timestamp;
use kube::runtime::reflector::{ObjectRef, Store};

use crate::{
    status_page::{Dashboard, assets},
    view::{Overview, PlatformView},
};

/// The version of the operator, shown at the foot of each page.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    /// `None` until the platforms were listed for the first time.
    overview: Option<Overview>,
    written: Timestamp,
}

#[derive(Template)]
#[template(path = "platform.html")]
struct PlatformPage {
    platform: PlatformView,
    written: Timestamp,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    heading: &'static str,
    explanation: String,
    written: Timestamp,
}

/// The page with all platforms.
pub(super) async fn list(State(dashboard): State<Dashboard>) -> Response {
    let now = now();
    let overview = is_loaded(&dashboard.platforms)
        .then(|| Overview::of(dashboard.platforms.state().iter().map(AsRef::as_ref), now));
    page(
        StatusCode::OK,
        &ListPage {
            overview,
            written: now,
        },
    )
}

/// The page of one platform.
pub(super) async fn platform(
    State(dashboard): State<Dashboard>,
    Path((namespace, name)): Path<(String, String)>,
) -> Response {
    let now = now();
    let key = ObjectRef::<FoodDeliveryPlatform>::new(&name).within(&namespace);
    match dashboard.platforms.get(&key) {
        Some(platform) => {
            let drills = (dashboard.drills)(&namespace, &name);
            let platform =
                PlatformView::of(&platform, now).with_drills(drills.iter().map(AsRef::as_ref), now);
            page(
                StatusCode::OK,
                &PlatformPage {
                    platform,
                    written: now,
                },
            )
        }
        None if is_loaded(&dashboard.platforms) => page(
            StatusCode::NOT_FOUND,
            &ProblemPage {
                heading: "No such platform",
                explanation: format!("There is no platform {name} in the namespace {namespace}."),
                written: now,
            },
        ),
        None => page(
            StatusCode::SERVICE_UNAVAILABLE,
            &ProblemPage {
                heading: "Still starting",
                explanation: "The operator has not listed the platforms yet.".to_owned(),
                written: now,
            },
        ),
    }
}

/// The page for every unknown address.
pub(super) async fn no_such_page() -> Response {
    page(
        StatusCode::NOT_FOUND,
        &ProblemPage {
            heading: "No such page",
            explanation: "Nothing is kept at this address.".to_owned(),
            written: now(),
        },
    )
}

/// The current time in whole seconds, which is precise enough for people.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Whether the platforms were listed at least once: before that, an empty cache does not mean that there are none.
fn is_loaded(platforms: &Store<FoodDeliveryPlatform>) -> bool {
    matches!(platforms.wait_until_ready().now_or_never(), Some(Ok(())))
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "write a page of the dashboard");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the page could not be written\n",
            )
                .into_response()
        }
    }
}
