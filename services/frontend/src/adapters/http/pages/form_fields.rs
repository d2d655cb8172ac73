//! The fields of a form, whose errors are problems.

use axum::Form;
use axum::extract::{FromRequest, Request};
use fdp_http::Problem;

/// The names and values of a form, as sent.
#[derive(Debug)]
pub(super) struct FormFields(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for FormFields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Form::from_request(request, state).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(Problem::new(
                rejection.status(),
                "bad-request",
                rejection.body_text(),
            )),
        }
    }
}
