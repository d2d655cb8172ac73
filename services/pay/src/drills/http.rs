//! Drills over HTTP, for operators inside the cluster, on a port of their own.
//!
//! A drill applies to the replica that received the request, until its time is over, it is ended, or the replica restarts.

use crate::drills::fault_injection::Drills;
use crate::drills::request::DrillRequest;
use crate::drills::timetable::DrillStatus;
use axum::extract::State;
use fdp_http::{Caller, Json, Problem};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of drills.
pub(crate) fn routes() -> OpenApiRouter<Drills> {
    OpenApiRouter::default().routes(routes!(show, set, end))
}

/// Tells what is drilled, how long it still lasts, and how many payments it has affected.
#[utoipa::path(get, path = "/drills", operation_id = "drill_show", responses((status = 200, description = "The drill.", body = DrillStatus)))]
async fn show(State(drills): State<Drills>) -> Json<DrillStatus> {
    Json(drills.status())
}

/// Makes payments slow or fail on purpose, for a time.
#[utoipa::path(put, path = "/drills", operation_id = "drill_set", request_body(content = DrillRequest, example = json!(
    {"delayMs": {"min": 400, "max": 620}, "delayAt": "before", "failureRate": 0.05, "mode": "lostAnswer", "forSeconds": 60})),
    responses((status = 200, description = "The drill from now on.", body = DrillStatus)))]
async fn set(
    State(drills): State<Drills>,
    caller: Caller,
    Json(request): Json<DrillRequest>,
) -> Result<Json<DrillStatus>, Problem> {
    only_operators(&caller)?;
    let (drill, time) = request
        .validated()
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    drills.set(drill, time);
    Ok(Json(drills.status()))
}

/// Ends the drill: the replica is back to what it started with.
#[utoipa::path(delete, path = "/drills", operation_id = "drill_end", responses((status = 204, description = "No drill is set now.")))]
async fn end(State(drills): State<Drills>, caller: Caller) -> Result<StatusCode, Problem> {
    only_operators(&caller)?;
    drills.end();
    Ok(StatusCode::NO_CONTENT)
}

fn only_operators(caller: &Caller) -> Result<(), Problem> {
    if caller.is_unrestricted() {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        "drills are for operators",
    ))
}
