//! The HTTP side of a service: operational routes, connections, callers, problems and its `OpenAPI` document.

pub mod caller;
mod composed_uri;
mod connections;
pub mod content_negotiation;
pub mod events;
mod extract;
mod from_object;
pub mod guest;
pub mod idempotency;
pub mod openapi;
mod outward;
mod problem;
pub mod problem_page;
mod routes;
mod serve;
pub mod text;
mod whole_body;

pub use caller::Caller;
pub use extract::{Json, JsonObject, Path, Query};
pub use from_object::FromObject;
pub use outward::is_safe_address;
pub use problem::Problem;
pub use serve::{Serve, ServeError};
