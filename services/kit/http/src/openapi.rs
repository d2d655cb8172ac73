//! The `OpenAPI` 3.1 document of a service: what each route declares, plus the responses that all routes have in
//! common.

use crate::problem::Problem;
use axum::Router;
use axum::routing::get;
use http::header::RETRY_AFTER;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    ComponentsBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{ContentBuilder, Info, OpenApi, Ref, RefOr};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

/// Where each service serves its document.
pub const PATH: &str = "/openapi.json";

const PROBLEM_JSON: &str = "application/problem+json";

/// The document of the service `name`, with its `description` and the annotated routes of `router`.
///
/// Adds the problems that every route can answer with, and the schema of each problem that is declared without one.
pub fn document<S: Clone + Send + Sync + 'static>(
    name: &str,
    description: &str,
    router: OpenApiRouter<S>,
) -> OpenApi {
    let mut document = router.into_openapi();
    document.info = Info::new(name, env!("CARGO_PKG_VERSION"));
    document.info.description = Some(description.to_owned());
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        operation.tags = Some(vec![name.to_owned()]);
        // Unique also in the document that merges all services.
        operation.operation_id = operation.operation_id.take().map(|id| format!("{name}_{id}"));
        complete(operation);
    }
    let components = document
        .components
        .get_or_insert_with(|| ComponentsBuilder::new().build());
    components
        .schemas
        .insert(Problem::name().into_owned(), Problem::schema());
    document
}

/// Adds the route [`PATH`], which serves `document`, to `routes`.
pub fn serve(document: &OpenApi, routes: Router) -> Router {
    let body = serde_json::json!(document).to_string();
    let answer = move || async move { ([(http::header::CONTENT_TYPE, "application/json")], body) };
    routes.route(PATH, get(answer))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

/// Adds the responses that this crate sends around an operation's own code, unless the operation declares them.
fn complete(operation: &mut Operation) {
    let mut common = vec![
        ("403", "This is somebody else's."),
        (
            "500",
            "Our own fault; the trace id of the answer helps us find it.",
        ),
        (
            "503",
            "Not now: the service, or what it depends on, is not ready.",
        ),
    ];
    if operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) {
        common.push(("400", "A parameter cannot be read, or makes no sense."));
    }
    if operation.request_body.is_some() {
        common.extend([
            ("400", "The body or a parameter cannot be read."),
            ("413", "The body is too large."),
            ("415", "The body does not come as `application/json`."),
            ("422", "The body is JSON, but not what is asked for."),
        ]);
    }
    operation.parameters.iter_mut().flatten().for_each(never_null);
    let responses = &mut operation.responses.responses;
    for (status, words) in common {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(Response::new(words)));
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            as_problem(status, response);
        }
    }
}

/// Makes a parameter non-nullable (`Option` would allow null), and removes number formats narrower than its type.
fn never_null(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else { return };
    match &mut parameter.schema {
        Some(RefOr::T(Schema::Object(object))) => {
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|kind| *kind != Type::Null);
                if let [only] = types.as_slice() {
                    object.schema_type = SchemaType::Type(only.clone());
                }
            }
            if object.format.as_ref().is_some_and(is_of_signed_numbers) {
                object.format = None;
            }
        }
        Some(RefOr::T(Schema::OneOf(one_of))) => {
            let is_null = |schema: &RefOr<Schema>| matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == Type::Null.into());
            one_of.items.retain(|item| !is_null(item));
        }
        _ => {}
    }
}

/// These formats hold half the range of our numbers, which are unsigned.
fn is_of_signed_numbers(format: &SchemaFormat) -> bool {
    matches!(
        format,
        SchemaFormat::KnownFormat(KnownFormat::Int32 | KnownFormat::Int64)
    )
}

fn as_problem(status: &str, response: &mut Response) {
    let own = std::mem::take(response);
    let mut problem = ResponseBuilder::from(own);
    let schema = Ref::from_schema_name(Problem::name());
    problem = problem.content(PROBLEM_JSON, ContentBuilder::new().schema(Some(schema)).build());
    if status == "503" {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds after which to try again."));
        problem = problem.header(RETRY_AFTER.as_str(), header.build());
    }
    *response = problem.build();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use utoipa_axum::routes;

    /// Looks at one thing.
    #[utoipa::path(get, path = "/things/{id}", params(("id" = u32, Path), ("limit" = Option<u32>, Query)), responses(
        (status = 200, body = String), (status = 404, description = "There is no such thing.")
    ))]
    async fn thing() {}

    /// Makes a thing.
    #[utoipa::path(post, path = "/things", request_body = String, responses((status = 201, body = String)))]
    async fn make() {}

    fn things() -> Value {
        let router = OpenApiRouter::<()>::default()
            .routes(routes!(thing))
            .routes(routes!(make));
        json!(document("things", "All things.", router))
    }

    fn statuses(operation: &Value) -> Vec<&String> {
        operation["responses"].as_object().unwrap().keys().collect()
    }

    #[test]
    fn every_operation_declares_the_common_responses() {
        let document = things();
        let look = &document["paths"]["/things/{id}"]["get"];
        assert_eq!(statuses(look), ["200", "400", "403", "404", "500", "503"]);
        let make = &document["paths"]["/things"]["post"];
        assert_eq!(
            statuses(make),
            ["201", "400", "403", "413", "415", "422", "500", "503"]
        );
    }

    #[test]
    fn a_parameter_that_may_be_left_out_is_never_null() {
        let document = things();
        let limit = &document["paths"]["/things/{id}"]["get"]["parameters"][1];
        assert_eq!(limit["schema"]["type"], "integer");
        assert_eq!(limit["required"], false);
    }

    #[test]
    fn every_problem_has_the_form_of_one() {
        let document = things();
        let missing = &document["paths"]["/things/{id}"]["get"]["responses"]["404"];
        assert_eq!(missing["description"], "There is no such thing.");
        let schema = &missing["content"][PROBLEM_JSON]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Problem");
        assert!(document["components"]["schemas"]["Problem"].is_object());
    }
}
