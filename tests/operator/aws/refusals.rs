//! The ways in which AWS rejects a valid call, and what the operator has to report for each.

use fdp_operator::model::health::Health;

/// One kind of rejection, with the codes that services use for it.
pub(crate) struct Refusal {
    pub(crate) codebuild: &'static str,
    pub(crate) ecr: &'static str,
    pub(crate) eks: &'static str,
    pub(crate) iam: &'static str,
    /// Whether it is temporary.
    passes: bool,
    cure: &'static str,
}

pub(crate) const REFUSALS: [Refusal; 4] = [
    Refusal {
        codebuild: "ThrottlingException",
        ecr: "ThrottlingException",
        eks: "ThrottlingException",
        iam: "Throttling",
        passes: true,
        cure: "it is tried again",
    },
    Refusal {
        codebuild: "ExpiredTokenException",
        ecr: "ExpiredTokenException",
        eks: "ExpiredTokenException",
        iam: "ExpiredToken",
        passes: false,
        cure: "give the operator's service account a role",
    },
    Refusal {
        codebuild: "AccessDeniedException",
        ecr: "AccessDeniedException",
        eks: "AccessDeniedException",
        iam: "AccessDenied",
        passes: false,
        cure: "allow it in the policy of the operator's role",
    },
    Refusal {
        codebuild: "AccountLimitExceededException",
        ecr: "LimitExceededException",
        eks: "ResourceLimitExceededException",
        iam: "LimitExceeded",
        passes: false,
        cure: "have the quota raised",
    },
];

impl Refusal {
    /// Asserts that the operator reports which call was rejected, with which code, and what to do about it.
    #[track_caller]
    pub(crate) fn is_told(&self, code: &str, doing: &str, health: &Health) {
        assert_eq!(matches!(health, Health::Waiting(_)), self.passes, "{health:?}");
        let message = health.message().unwrap();
        assert!(message.starts_with(doing), "{message}");
        assert!(message.contains(code) && message.contains(self.cure), "{message}");
    }
}
