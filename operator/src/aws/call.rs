//! Sends calls to AWS and turns their errors into [`AwsError`].
//!
//! The call futures are boxed because each is several kilobytes large.

use std::{error::Error, fmt};

use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};

use crate::aws::error::AwsError;

/// The codes for a resource that does not exist.
const NOT_FOUND_CODES: [&str; 4] = [
    "ResourceNotFoundException",
    "NoSuchEntity",
    "RepositoryNotFoundException",
    "LifecyclePolicyNotFoundException",
];
/// The codes for a resource that exists already.
const ALREADY_EXISTS_CODES: [&str; 4] = [
    "ResourceInUseException",
    "ResourceAlreadyExistsException",
    "EntityAlreadyExists",
    "RepositoryAlreadyExistsException",
];

/// Sends a call and returns its output.
pub(super) async fn send<O, E, R>(
    operation: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<O, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    Box::pin(call)
        .await
        .map_err(|error| AwsError::of(operation, &error))
}

/// Sends a call that reads a resource; `None` if it does not exist.
pub(super) async fn get<O, E, R>(
    operation: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<Option<O>, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    send_unless(&NOT_FOUND_CODES, operation, call).await
}

/// Sends a call that changes a resource. The next reconciliation observes the result.
pub(super) async fn update<O, E, R>(
    operation: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<(), AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    send(operation, call).await.map(drop)
}

/// Sends a call that creates a resource. A resource that already exists is no error: somebody else, or a call whose
/// response was lost, may have created it. The next reconciliation observes its owner.
pub(super) async fn create<O, E, R>(
    operation: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<(), AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    send_unless(&ALREADY_EXISTS_CODES, operation, call)
        .await
        .map(drop)
}

/// Sends a call that deletes a resource. A resource that does not exist is no error.
pub(super) async fn delete<O, E, R>(
    operation: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<(), AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    get(operation, call).await.map(drop)
}

/// Sends a call; `None` if it fails with one of these codes.
async fn send_unless<O, E, R>(
    codes: &[&str],
    operation: impl Into<String>,
    call: impl Future<Output = Result<O, SdkError<E, R>>>,
) -> Result<Option<O>, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug + 'static,
{
    match Box::pin(call).await {
        Ok(output) => Ok(Some(output)),
        Err(error) if is_one_of(&error, codes) => Ok(None),
        Err(error) => Err(AwsError::of(operation, &error)),
    }
}

fn is_one_of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, codes: &[&str]) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .is_some_and(|code| codes.contains(&code))
}
