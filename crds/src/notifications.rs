//! Messages to customers, beyond the platform's own pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules;

/// Messages to customers, beyond the platform's own pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notifications {
    /// `KakaoTalk`. Without it messages stay in a local outbox, where `GET /notifications` shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kakao: Option<Kakao>,
}

/// Messages through Kakao's message API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kakao {
    /// The Secret with the app's keys.
    pub secret_ref: KakaoSecret,
}

/// A Secret in the platform's namespace with the keys `restApiKey` and `refreshToken`, and `clientSecret` if the app
/// has one. Pods read it when they start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KakaoSecret {
    /// The Secret's name.
    #[schemars(length(min = 1, max = 253), extend("x-kubernetes-validations" = rules::secret_name()))]
    pub name: String,
}
