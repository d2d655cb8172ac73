//! Sign-in at the gateway, and how often one client may ask.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who vouches for the people who use the platform.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!has(self.provider) || self.provider != 'OIDC' || (has(self.issuer) && has(self.audience))")
        .message("gateway.auth.provider: OIDC needs gateway.auth.issuer and gateway.auth.audience"),
    validation = Rule::new("!has(self.provider) || self.provider != 'Demo' || (has(self.allowDemo) && self.allowDemo)")
        .message("gateway.auth.provider: Demo lets everybody do everything; if that is meant, set gateway.auth.allowDemo: true as well"),
    validation = Rule::new("(has(self.provider) && self.provider == 'OIDC') || !(has(self.issuer) || has(self.audience) || has(self.rolesClaim))")
        .message("gateway.auth.issuer, audience and rolesClaim need gateway.auth.provider: OIDC")
)]
pub struct Auth {
    /// None (default): nobody signs in and everybody acts as admin. OIDC: tokens of an `OpenID` Connect issuer.
    /// Demo: four personas for one's own machine, whose tokens anyone may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<AuthProvider>,

    /// The issuer, exactly as its tokens name it; its keys are found at `/.well-known/openid-configuration` below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 500), regex(pattern = r"^https?://[^\s?#]+$"))]
    pub issuer: Option<String>,

    /// What the claim `aud` of a token has to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub audience: Option<String>,

    /// The claim with the roles customer, owner, rider and admin, with dots between nested ones; unset, it is the
    /// first there is of `realm_access.roles`, `roles` and `groups`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub roles_claim: Option<String>,

    /// Confirms that provider Demo is meant (default: false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_demo: Option<bool>,
}

/// Who vouches for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthProvider {
    #[default]
    None,
    Demo,
    #[serde(rename = "OIDC")]
    Oidc,
}

impl AuthProvider {
    /// Its name, as the gateway reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Demo => "Demo",
            Self::Oidc => "OIDC",
        }
    }
}

/// How often one client may ask: each subject that is signed in, and each address of the others. Each replica of the
/// gateway counts for itself, so that a client may ask them all together that much more often.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!has(self.burst) || has(self.requestsPerSecond)")
        .message("gateway.rateLimit.burst needs gateway.rateLimit.requestsPerSecond")
)]
pub struct RateLimit {
    /// On average; 0 is no limit (default: 50 with provider OIDC, else no limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub requests_per_second: Option<i32>,

    /// At once, after a while of silence (default: twice as many).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub burst: Option<i32>,
}
