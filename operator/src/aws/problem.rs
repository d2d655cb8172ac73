//! What went wrong at AWS, and what to do about it.

use std::{error::Error, fmt};

use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};

use crate::{connect::chain, model::health::Health};

/// What went wrong at AWS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {kind}: {detail}{}", cure(*kind))]
pub struct Problem {
    /// What was being done to which thing, such as `create ECR repository shop/order`.
    pub doing: String,
    pub kind: Kind,
    /// What AWS said.
    pub detail: String,
}

/// Sorts of problems, by who can do something about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Too many calls; passes by itself.
    Throttled,
    /// Nobody answers, or AWS has a fault; passes by itself.
    Unavailable,
    /// There are no credentials, or they are not valid any more.
    Credentials,
    /// The credentials do not allow it.
    AccessDenied,
    /// The account may not have more of it.
    Quota,
    /// AWS is at work on it, or on something that hangs on it; passes by itself.
    Busy,
    /// CodeBuild is not let in where the sources are.
    SourceCredential,
    /// AWS does not take what it was asked for.
    Refused,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Throttled => "AWS asks for fewer calls",
            Self::Unavailable => "AWS does not answer",
            Self::Credentials => "no valid credentials",
            Self::AccessDenied => "not allowed",
            Self::Quota => "a quota is used up",
            Self::Busy => "AWS is not ready for it",
            Self::SourceCredential => "CodeBuild is not let into the Git repository",
            Self::Refused => "refused",
        })
    }
}

fn cure(kind: Kind) -> &'static str {
    match kind {
        Kind::Throttled | Kind::Unavailable | Kind::Busy => "; it is tried again",
        Kind::Credentials => {
            "; give the operator's service account a role, or its pods AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        Kind::AccessDenied => "; allow it in the policy of the operator's role",
        Kind::Quota => "; have the quota raised, or delete what nobody needs",
        Kind::SourceCredential => {
            "; give CodeBuild a token that may read the repository and its webhooks (aws codebuild import-source-credentials, in this region), or set cloud.aws.codeBuild.webhook to false"
        }
        Kind::Refused => "; change spec.cloud.aws",
    }
}

impl Problem {
    /// Sorts the answer to a call.
    pub fn of<E, R>(doing: impl Into<String>, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: fmt::Debug + 'static,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or("unknown error");
                let message = answer.err().message().unwrap_or("without a reason");
                (kind_of(code), format!("{code}: {message}"))
            }
            other => {
                let causes = chain(other);
                // That there are no credentials shows only when a call is to be signed, as one failure to send of many.
                let kind = if causes.to_lowercase().contains("credential") {
                    Kind::Credentials
                } else {
                    Kind::Unavailable
                };
                (kind, causes)
            }
        };
        Self {
            doing: doing.into(),
            kind,
            detail,
        }
    }

    /// Whether the next call would meet it as well.
    pub fn concerns_every_call(&self) -> bool {
        !matches!(self.kind, Kind::Refused | Kind::Busy)
    }

    /// What it means for the platform: some problems pass, others wait for somebody.
    pub fn health(&self) -> Health {
        match self.kind {
            Kind::Throttled | Kind::Unavailable | Kind::Busy => Health::Waiting(self.to_string()),
            _ => Health::Failed(self.to_string()),
        }
    }
}

/// The codes that all services of AWS share, <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html>,
/// and those that IAM, EKS and CodeBuild have for the same.
fn kind_of(code: &str) -> Kind {
    match code {
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
            Kind::Throttled
        }
        "ServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "ServiceFailure"
        | "InternalFailure" => Kind::Unavailable,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "RequestExpired" => Kind::Credentials,
        "AccessDenied" | "AccessDeniedException" | "NotAuthorized" | "OptInRequired" => Kind::AccessDenied,
        "LimitExceeded"
        | "LimitExceededException"
        | "ServiceQuotaExceededException"
        | "ResourceLimitExceededException"
        | "AccountLimitExceededException" => Kind::Quota,
        "ResourceInUseException" | "DeleteConflict" | "ConcurrentModification" => Kind::Busy,
        "OAuthProviderException" => Kind::SourceCredential,
        _ => Kind::Refused,
    }
}
