//! Recommendations over HTTP.

use crate::app::Recommendations;
use crate::domain::Recommendation;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use fdp_kit::http::Query;
use fdp_kit::{Json, Problem};
use serde::{Deserialize, Serialize};

const DEFAULT_LIMIT: usize = 5;
const LARGEST_LIMIT: usize = 100;

/// The service's routes.
pub fn routes(recommendations: Recommendations) -> Router {
    Router::new()
        .route("/recommendations", get(list))
        .with_state(recommendations)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecommendationBody {
    product_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    score: u64,
    reason: ReasonBody,
}

#[derive(Serialize)]
struct ReasonBody {
    ko: String,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    customer_id: Option<String>,
    limit: Option<usize>,
}

async fn list(
    State(recommendations): State<Recommendations>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<RecommendationBody>>, Problem> {
    let limit = filter.limit.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT);
    let advice = recommendations
        .recommend(filter.customer_id.as_deref(), limit)
        .await?;
    Ok(Json(advice.into_iter().map(RecommendationBody::from).collect()))
}
