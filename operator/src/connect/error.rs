//! Errors of calls to a cluster, and how to react to them.

use std::error::Error;

use crate::connect::program;

/// A call to the cluster that failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "{doing}: the cluster does not know FoodDeliveryPlatforms; \
         install them: {} crds | kubectl apply --server-side -f -",
        program()
    )]
    NotInstalled { doing: String },
    #[error("{doing}: not allowed: {message}; ask those who run the cluster for that permission")]
    Forbidden { doing: String, message: String },
    #[error(
        "{doing}: the cluster does not accept your credentials: {message}; log in again, or choose another --context"
    )]
    Unauthorized { doing: String, message: String },
    #[error(
        "{doing}: the cluster does not answer: {cause}; is it running, and is its --context the right one?"
    )]
    Unreachable { doing: String, cause: String },
    #[error("{doing}: {message}")]
    Other { doing: String, message: String },
}

impl ClusterError {
    /// Classifies the `error` of an operation.
    pub fn new(doing: impl Into<String>, error: &kube::Error) -> Self {
        let doing = doing.into();
        match error {
            kube::Error::Api(status) => {
                let message = status.message.clone();
                match status.code {
                    401 => Self::Unauthorized { doing, message },
                    403 => Self::Forbidden { doing, message },
                    _ => Self::Other { doing, message },
                }
            }
            kube::Error::Auth(_) => Self::Unauthorized {
                doing,
                message: chain(error),
            },
            kube::Error::HyperError(source) => Self::Unreachable {
                doing,
                cause: chain(source),
            },
            kube::Error::Service(source) => Self::Unreachable {
                doing,
                cause: chain(source.as_ref()),
            },
            other => Self::Other {
                doing,
                message: chain(other),
            },
        }
    }

    /// Like [`ClusterError::new`], for a call about platforms in general: there, 404 means that the cluster does not
    /// serve their kind.
    pub fn about_platforms(doing: impl Into<String>, error: &kube::Error) -> Self {
        if is_not_found(error) {
            return Self::NotInstalled { doing: doing.into() };
        }
        Self::new(doing, error)
    }
}

/// Whether the requested resource does not exist.
///
/// `Status::is_not_found` does not detect the response for an unknown kind, which is plain text.
pub fn is_not_found(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}

/// An error with its causes, except causes that its message contains already.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn api(code: u16, message: &str) -> kube::Error {
        kube::Error::Api(Status::failure(message, "").with_code(code).boxed())
    }

    #[test]
    fn a_cluster_without_the_kind_gets_install_instructions() {
        let error = ClusterError::about_platforms("list platforms", &api(404, "404 page not found"));
        assert_eq!(
            error.to_string(),
            "list platforms: the cluster does not know FoodDeliveryPlatforms; \
             install them: fdp crds | kubectl apply --server-side -f -"
        );
    }

    #[test]
    fn a_forbidden_call_has_the_message_of_the_server() {
        let error = ClusterError::about_platforms("list platforms", &api(403, "ann cannot list them"));
        assert_eq!(
            error.to_string(),
            "list platforms: not allowed: ann cannot list them; ask those who run the cluster for that permission"
        );
    }

    #[test]
    fn an_unreachable_cluster_differs_from_an_unauthorized_call() {
        let unreachable = kube::Error::Service("connection refused".into());
        let error = ClusterError::new("list platforms", &unreachable);
        assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
        let unauthorized = ClusterError::new("list platforms", &api(401, "Unauthorized"));
        assert!(
            matches!(unauthorized, ClusterError::Unauthorized { .. }),
            "{unauthorized}"
        );
    }

    #[test]
    fn a_cause_in_the_errors_text_is_not_repeated() {
        let unreachable = kube::Error::Service("connection refused".into());
        assert_eq!(chain(&unreachable), "ServiceError: connection refused");
    }
}
