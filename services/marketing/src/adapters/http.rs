//! Recommendations over HTTP.

use crate::application::Recommendations;
use crate::domain::Recommendation;
use axum::Router;
use axum::extract::State;
use fdp_http::{Caller, Json, Problem, Query, openapi};
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DEFAULT_LIMIT: usize = 5;
const LARGEST_LIMIT: usize = 100;

/// The service's routes.
pub fn routes(recommendations: Recommendations) -> Router {
    openapi::serve(&openapi(), own_routes().with_state(recommendations).into())
}

/// The OpenAPI document of the routes.
pub fn openapi() -> OpenApi {
    openapi::document(
        "marketing",
        "Recommendations, from what others ordered.",
        own_routes(),
    )
}

fn own_routes() -> OpenApiRouter<Recommendations> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Something to order next.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecommendationBody {
    /// What it is called.
    product_name: String,
    /// The stocked product; none for a dish.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    product_id: Option<String>,
    /// The higher, the better.
    score: u64,
    /// Why.
    reason: ReasonBody,
}

/// The same words in both languages.
#[derive(Serialize, ToSchema)]
struct ReasonBody {
    /// 한국어.
    ko: String,
    /// English.
    en: String,
}

impl From<Recommendation> for RecommendationBody {
    fn from(recommendation: Recommendation) -> Self {
        Self {
            product_name: recommendation.item.product_name,
            product_id: recommendation.item.product_id,
            score: recommendation.score,
            reason: ReasonBody {
                ko: recommendation.reason_ko,
                en: recommendation.reason_en,
            },
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Filter {
    /// For this customer; for anybody, if left out.
    customer_id: Option<String>,
    /// At most so many; 5 if left out, never more than 100.
    limit: Option<usize>,
}

/// Recommends what to order next.
#[utoipa::path(get, path = "/recommendations", params(Filter), responses(
    (status = 200, description = "The best first.", body = Vec<RecommendationBody>),
))]
async fn list(
    State(recommendations): State<Recommendations>,
    caller: Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<RecommendationBody>>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let customer_id = caller.whose(filter.customer_id)?;
    let recommended = recommendations.recommend(customer_id.as_deref(), limit).await?;
    Ok(Json(
        recommended.into_iter().map(RecommendationBody::from).collect(),
    ))
}
