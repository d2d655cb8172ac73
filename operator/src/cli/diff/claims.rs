//! Reads which hosts other platforms have at the ingress gateway that a platform uses.

use fdp_crds::{FoodDeliveryPlatform, foreign::istio::Gateway};
use futures::future::try_join_all;
use kube::{
    Api, Client, ResourceExt as _,
    api::ListParams,
    core::{ApiResource, DynamicObject},
};

use crate::{
    cli::diff::live::get,
    components::mesh,
    connect::{ClusterError, is_not_found},
    model::host_claim::HostClaim,
    spec::Validated,
};

/// The claims of others, or why whoever asks must not know them.
pub(super) async fn of_others(
    client: &Client,
    platform: &Validated,
) -> Result<Result<Vec<HostClaim>, String>, ClusterError> {
    if platform.mesh.is_none() {
        return Ok(Ok(Vec::new()));
    }
    let kind = ApiResource::erase::<FoodDeliveryPlatform>(&());
    let api = Api::<DynamicObject>::all_with(client.clone(), &kind);
    let others = match api.list(&ListParams::default()).await {
        Ok(list) => list.items,
        Err(kube::Error::Api(status)) if status.code == 403 => return Ok(Err(status.message.clone())),
        Err(error) if is_not_found(&error) => Vec::new(),
        Err(error) => return Err(ClusterError::new("list the platforms of all namespaces", &error)),
    };
    let claims = others.into_iter().filter_map(|other| {
        // One that this version cannot read claims nothing.
        let other: FoodDeliveryPlatform = other.try_parse().ok()?;
        let claim = mesh::claim(&other).filter(|claim| mesh::concerns(claim, platform))?;
        Some((other, claim))
    });
    let claims = claims.map(async |(other, claim)| with_held(client, &other, claim).await);
    Ok(Ok(try_join_all(claims).await?))
}

async fn with_held(
    client: &Client,
    other: &FoodDeliveryPlatform,
    mut claim: HostClaim,
) -> Result<HostClaim, ClusterError> {
    let kind = ApiResource::erase::<Gateway>(&());
    let namespace = other.namespace().unwrap_or_default();
    let gateway = match get(client, &namespace, &kind, &mesh::gateway_name(&other.name_any())).await {
        Err(ClusterError::Forbidden { .. }) => None,
        found => found?,
    };
    claim.held = mesh::held(&claim, gateway.as_ref());
    Ok(claim)
}
