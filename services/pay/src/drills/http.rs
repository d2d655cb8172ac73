//! Drills over HTTP, for operators inside the cluster: the gateway has no route to them.
//!
//! A drill applies to the replica that received the request, until it is ended or the replica restarts.

use crate::drills::fault_injection::Drills;
use crate::drills::settings::Drill;
use axum::extract::State;
use fdp_http::{Caller, Json, Problem};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of drills.
pub(crate) fn routes() -> OpenApiRouter<Drills> {
    OpenApiRouter::default().routes(routes!(show, set, end))
}

/// Tells what is drilled.
#[utoipa::path(get, path = "/drills", operation_id = "drill_show", responses((status = 200, description = "The drill.", body = Drill)))]
async fn show(State(drills): State<Drills>) -> Json<Drill> {
    Json(drills.current())
}

/// Makes payments slow or fail on purpose, until it ends.
#[utoipa::path(put, path = "/drills", operation_id = "drill_set", request_body(content = Drill, example = json!(
    {"delayMs": {"min": 400, "max": 620}, "delayAt": "before", "failureRate": 0.05, "mode": "lostAnswer"})),
    responses((status = 200, description = "The drill from now on.", body = Drill)))]
async fn set(
    State(drills): State<Drills>,
    caller: Caller,
    Json(drill): Json<Drill>,
) -> Result<Json<Drill>, Problem> {
    only_operators(&caller)?;
    let drill = drill
        .validated()
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    drills.set(drill);
    Ok(Json(drill))
}

/// Ends the drill.
#[utoipa::path(delete, path = "/drills", operation_id = "drill_end", responses((status = 204, description = "There is none now.")))]
async fn end(State(drills): State<Drills>, caller: Caller) -> Result<StatusCode, Problem> {
    only_operators(&caller)?;
    drills.set(Drill::default());
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
