//! Bearer tokens for the API server of an EKS cluster: a presigned `GetCallerIdentity` request to STS. The API server
//! sends the request to learn the identity of the bearer.
//!
//! The format is that of `aws eks get-token`, <https://docs.aws.amazon.com/eks/latest/userguide/cluster-auth.html>.

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_sdk_eks::config::{Credentials, ProvideCredentials as _};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings, sign},
    sign::v4::{SigningParams, signing_params},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Request;

use crate::aws::partition::Partition;

/// How long EKS accepts a token after it was signed, whatever the expiry of the request.
pub const TOKEN_LIFETIME: Duration = Duration::from_mins(15);
/// How long STS accepts the request, as in `aws eks get-token`.
const SIGNATURE_LIFETIME: Duration = Duration::from_mins(1);
const PREFIX: &str = "k8s-aws-v1.";
/// The header that binds a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(
        "get a token for EKS cluster {cluster}: there are no credentials; give the operator's service account a role, or \
         its pods AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoProvider { cluster: String },
    #[error("get credentials for EKS cluster {cluster}")]
    Credentials {
        cluster: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("sign a token for EKS cluster {cluster}")]
    Parameters {
        cluster: String,
        #[source]
        source: signing_params::BuildError,
    },
    #[error("sign a token for EKS cluster {cluster}")]
    Sign {
        cluster: String,
        #[source]
        source: SigningError,
    },
    #[error("ask STS who goes to EKS cluster {cluster}")]
    Address {
        cluster: String,
        #[source]
        source: http::Error,
    },
}

/// A token for the API server of that cluster, signed at `now`; it is valid for [`TOKEN_LIFETIME`].
///
/// # Errors
/// When there are no credentials, or signing fails.
pub async fn token(
    config: &SdkConfig,
    region: &str,
    cluster: &str,
    now: SystemTime,
) -> Result<String, TokenError> {
    let provider = config
        .credentials_provider()
        .ok_or_else(|| TokenError::NoProvider {
            cluster: cluster.to_owned(),
        })?;
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|source| TokenError::Credentials {
            cluster: cluster.to_owned(),
            source: source.into(),
        })?;
    let address = address(config.endpoint_url(), region);
    signed(credentials, &address, region, cluster, now)
}

/// The endpoint of STS in that region, unless another one is configured.
fn address(endpoint: Option<&str>, region: &str) -> String {
    if let Some(endpoint) = endpoint {
        return endpoint.trim_end_matches('/').to_owned();
    }
    Partition::of(region).sts(region)
}

fn signed(
    credentials: Credentials,
    address: &str,
    region: &str,
    cluster: &str,
    now: SystemTime,
) -> Result<String, TokenError> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(SIGNATURE_LIFETIME);
    let identity = credentials.into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|source| TokenError::Parameters {
            cluster: cluster.to_owned(),
            source,
        })?
        .into();
    let request_url = format!("{address}/?Action=GetCallerIdentity&Version=2011-06-15");
    let headers = [(CLUSTER_HEADER, cluster)].into_iter();
    let signable = SignableRequest::new("GET", request_url.clone(), headers, SignableBody::Bytes(b""));
    let (instructions, _) = signable
        .and_then(|signable| sign(signable, &parameters))
        .map_err(|source| TokenError::Sign {
            cluster: cluster.to_owned(),
            source,
        })?
        .into_parts();
    let mut request = Request::get(request_url)
        .body(())
        .map_err(|source| TokenError::Address {
            cluster: cluster.to_owned(),
            source,
        })?;
    instructions.apply_to_request_http1x(&mut request);
    let encoded = URL_SAFE_NO_PAD.encode(request.uri().to_string());
    Ok(format!("{PREFIX}{encoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request_url(credentials: Credentials, cluster: &str) -> String {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let address = address(None, "eu-central-1");
        let token = signed(credentials, &address, "eu-central-1", cluster, now).unwrap();
        let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
    }

    fn credentials(secret: &str, session: Option<&str>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", secret, session.map(str::to_owned), None, "test")
    }

    #[test]
    fn a_token_is_a_presigned_request_to_sts_of_the_region() {
        let request_url = request_url(credentials("secret", None), "food-shop");
        assert!(
            request_url.starts_with(
                "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&"
            ),
            "{request_url}"
        );
        for part in [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Feu-central-1%2Fsts%2Faws4_request",
            "X-Amz-Date=20231114T221320Z",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
        ] {
            assert!(request_url.contains(part), "{part} in {request_url}");
        }
    }

    // The signatures that botocore 1.x creates for the same input; `aws eks get-token` signs with it.
    #[test]
    fn the_signature_is_that_of_the_aws_command_line() {
        let lasting = request_url(credentials("secret", None), "food-shop");
        let signature = "88c6288cb3d04cf3d06baeec33ba3993229930313d46220092c882cf92fbf651";
        assert!(
            lasting.contains(&format!("X-Amz-Signature={signature}")),
            "{lasting}"
        );
        let passing = request_url(credentials("secret", Some("to/ken+=")), "food-shop");
        let signature = "4cec285900ac6cf6302a3121a1cccec0775def10a6ce4c478a06d614c12696a2";
        assert!(
            passing.contains("X-Amz-Security-Token=to%2Fken%2B%3D"),
            "{passing}"
        );
        assert!(
            passing.contains(&format!("X-Amz-Signature={signature}")),
            "{passing}"
        );
    }

    #[test]
    fn a_token_is_valid_for_one_cluster_only() {
        let of = |cluster| request_url(credentials("secret", None), cluster);
        assert_ne!(of("food-shop"), of("food-store"));
    }

    #[test]
    fn sts_is_that_of_the_partition_unless_another_one_is_configured() {
        assert_eq!(
            address(None, "cn-north-1"),
            "https://sts.cn-north-1.amazonaws.com.cn"
        );
        assert_eq!(
            address(Some("http://127.0.0.1:4566/"), "eu-central-1"),
            "http://127.0.0.1:4566"
        );
    }
}
