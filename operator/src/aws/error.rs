//! Errors of calls to AWS, and how the operator reacts to them.

use std::{error::Error, fmt};

use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};

use crate::{connect::chain, model::health::Health};

/// A failed call to AWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {kind}: {detail}{}", remedy(*kind))]
pub struct AwsError {
    /// The call and its resource, such as `create ECR repository shop/order`.
    pub operation: String,
    pub kind: ErrorKind,
    /// The message of AWS.
    pub detail: String,
}

/// Kinds of errors, by who can fix them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Too many calls; temporary.
    Throttled,
    /// No response, or an internal error of AWS; temporary.
    Unavailable,
    /// There are no credentials, or they are invalid.
    Credentials,
    /// The credentials lack a permission.
    AccessDenied,
    /// A quota of the account is reached.
    Quota,
    /// The resource or one that depends on it is being changed; temporary.
    Busy,
    /// CodeBuild has no access to the Git repository.
    SourceCredential,
    /// AWS rejects the request.
    Rejected,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Throttled => "AWS asks for fewer calls",
            Self::Unavailable => "AWS does not answer",
            Self::Credentials => "no valid credentials",
            Self::AccessDenied => "not allowed",
            Self::Quota => "a quota is used up",
            Self::Busy => "AWS is not ready for it",
            Self::SourceCredential => "CodeBuild is not let into the Git repository",
            Self::Rejected => "refused",
        })
    }
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Busy => "; it is tried again",
        ErrorKind::Credentials => {
            "; give the operator's service account a role, or its pods AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        ErrorKind::AccessDenied => "; allow it in the policy of the operator's role",
        ErrorKind::Quota => "; have the quota raised, or delete what nobody needs",
        ErrorKind::SourceCredential => {
            "; give CodeBuild a token that may read the repository and its webhooks (aws codebuild import-source-credentials, in this region), or set cloud.aws.codeBuild.webhook to false"
        }
        ErrorKind::Rejected => "; change spec.cloud.aws",
    }
}

impl AwsError {
    /// The error of a call, classified by its code.
    pub fn of<E, R>(operation: impl Into<String>, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: fmt::Debug + 'static,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(response) => {
                let code = response.err().code().unwrap_or("unknown error");
                let message = response.err().message().unwrap_or("without a reason");
                (kind_of(code), format!("{code}: {message}"))
            }
            other => {
                let causes = chain(other);
                // Missing credentials are detected only when a call is signed, as one of many causes of a failed
                // request.
                let kind = if causes.to_lowercase().contains("credential") {
                    ErrorKind::Credentials
                } else {
                    ErrorKind::Unavailable
                };
                (kind, causes)
            }
        };
        Self {
            operation: operation.into(),
            kind,
            detail,
        }
    }

    /// Whether the next call would fail with the same error.
    pub fn affects_every_call(&self) -> bool {
        !matches!(self.kind, ErrorKind::Rejected | ErrorKind::Busy)
    }

    /// The effect on the platform's health: some errors are temporary, others need a person.
    pub fn health(&self) -> Health {
        match self.kind {
            ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Busy => {
                Health::Waiting(self.to_string())
            }
            _ => Health::Failed(self.to_string()),
        }
    }
}

/// The codes that all AWS services share,
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html>, and the codes of IAM, EKS and
/// CodeBuild with the same meaning.
fn kind_of(code: &str) -> ErrorKind {
    match code {
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
            ErrorKind::Throttled
        }
        "ServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "ServiceFailure"
        | "InternalFailure" => ErrorKind::Unavailable,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "RequestExpired" => ErrorKind::Credentials,
        "AccessDenied" | "AccessDeniedException" | "NotAuthorized" | "OptInRequired" => {
            ErrorKind::AccessDenied
        }
        "LimitExceeded"
        | "LimitExceededException"
        | "ServiceQuotaExceededException"
        | "ResourceLimitExceededException"
        | "AccountLimitExceededException" => ErrorKind::Quota,
        "ResourceInUseException" | "DeleteConflict" | "ConcurrentModification" => ErrorKind::Busy,
        "OAuthProviderException" => ErrorKind::SourceCredential,
        _ => ErrorKind::Rejected,
    }
}
