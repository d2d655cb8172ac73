//! What a call to AWS comes to: an answer, nothing there, or a problem.
//!
//! A call's future is several kilobytes, hence the boxes.

use std::{error::Error, fmt};

use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};

use crate::aws::problem::Problem;

/// The codes that say that something is not there.
const ABSENT: [&str; 4] = [
    "ResourceNotFoundException",
    "NoSuchEntity",
    "RepositoryNotFoundException",
    "LifecyclePolicyNotFoundException",
];
/// The codes that say that something of that name is there already.
const PRESENT: [&str; 4] = [
    "ResourceInUseException",
    "ResourceAlreadyExistsException",
    "EntityAlreadyExists",
    "RepositoryAlreadyExistsException",
];

/// The answer of a call.
pub(super) async fn answer<O, E, R>(
    doing: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<O, Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    Box::pin(call).await.map_err(|error| Problem::of(doing, &error))
}

/// The answer of a call that asks for something; `None` if that is not there.
pub(super) async fn found<O, E, R>(
    doing: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<Option<O>, Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    unless(&ABSENT, doing, call).await
}

/// A call whose answer says nothing that the next look does not see.
pub(super) async fn done<O, E, R>(
    doing: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<(), Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    answer(doing, call).await.map(drop)
}

/// A call that makes something of that name. If it is there already, somebody was quicker, or an answer was lost; the next
/// look tells whose it is.
pub(super) async fn made<O, E, R>(
    doing: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<(), Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    unless(&PRESENT, doing, call).await.map(drop)
}

/// A call that takes something away, which may be away already.
pub(super) async fn gone<O, E, R>(
    doing: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<(), Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    found(doing, call).await.map(drop)
}

/// The answer of a call; `None` if it is refused with one of these codes.
async fn unless<O, E, R>(
    codes: &[&str],
    doing: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<Option<O>, Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    match Box::pin(call).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_one_of(&error, codes) => Ok(None),
        Err(error) => Err(Problem::of(doing, &error)),
    }
}

fn is_one_of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, codes: &[&str]) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .is_some_and(|code| codes.contains(&code))
}
