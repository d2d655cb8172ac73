//! The configuration of notifications to customers.

use fdp_catalogue::variables;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{kubernetes::pod, spec::Validated};

/// The variables that pass the keys of the Kakao app to customer; empty if notifications are not sent to Kakao.
pub fn environment(platform: &Validated) -> Vec<EnvVar> {
    let Some(secret) = &platform.kakao_secret else {
        return Vec::new();
    };
    let variable = |name, key| pod::env_from_secret(name, secret, key);
    let mut client_secret = variable(variables::KAKAO_CLIENT_SECRET, "clientSecret");
    // An app has a client secret only if its owner enabled it.
    if let Some(key) = client_secret
        .value_from
        .as_mut()
        .and_then(|source| source.secret_key_ref.as_mut())
    {
        key.optional = Some(true);
    }
    vec![
        variable(variables::KAKAO_REST_API_KEY, "restApiKey"),
        variable(variables::KAKAO_REFRESH_TOKEN, "refreshToken"),
        client_secret,
    ]
}
