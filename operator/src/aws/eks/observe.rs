//! Reads the actual state of a cluster.

use std::collections::HashMap;

use aws_sdk_eks::{
    primitives::DateTime,
    types::{
        AddonHealth, AddonStatus, Cluster, ClusterHealth, ClusterStatus, Nodegroup, NodegroupHealth,
        NodegroupStatus,
    },
};
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;

use crate::aws::{
    call,
    connections::Clients,
    eks::{
        actual::{Actual, ActualAddOn, ActualCluster, ActualNodeGroup, ActualRole},
        desired::{Desired, Size, Version},
        role::Role,
        trust,
    },
    error::AwsError,
    owner::Owner,
    state::State,
};

/// A part of the URL of every EKS issuer.
const ISSUERS: &str = "oidc.eks.";

/// Reads the actual state of the desired cluster; skips resources that cannot exist yet.
pub(super) async fn observe(clients: &Clients, owner: &Owner, desired: &Desired) -> Result<Actual, AwsError> {
    let mut actual = roles_and_cluster(clients, owner, &desired.name).await?;
    let Some(cluster) = actual.cluster.as_ref().filter(|cluster| cluster.ours) else {
        return Ok(actual);
    };
    if cluster.state != State::Active {
        return Ok(actual);
    }
    if let Some(issuer) = &cluster.issuer {
        // The ARN of an identity provider ends with its issuer.
        let suffix = format!("/{}", issuer.trim_start_matches("https://"));
        actual.identity_providers = identity_providers(clients).await?;
        actual.identity_providers.retain(|arn| arn.ends_with(&suffix));
    }
    actual.node_groups = node_groups(clients, owner, &desired.name).await?;
    if desired.makes_volumes() {
        actual.volumes_role = role(clients, owner, &Role::Volumes.name(&desired.name)).await?;
    }
    for name in &desired.add_ons {
        actual.add_ons.extend(add_on(clients, &desired.name, name).await?);
    }
    Ok(actual)
}

/// The resources to delete of the platform's cluster of that name, including identity providers whose cluster is
/// already deleted.
pub(super) async fn for_deletion(clients: &Clients, owner: &Owner, name: &str) -> Result<Actual, AwsError> {
    let mut actual = roles_and_cluster(clients, owner, name).await?;
    actual.volumes_role = role(clients, owner, &Role::Volumes.name(name)).await?;
    if actual.cluster.as_ref().is_some_and(|cluster| cluster.ours) {
        actual.node_groups = node_groups(clients, owner, name).await?;
    } else {
        for arn in identity_providers(clients).await? {
            if arn.contains(ISSUERS) && is_our_identity_provider(clients, owner, &arn).await? {
                actual.identity_providers.push(arn);
            }
        }
    }
    Ok(actual)
}

async fn roles_and_cluster(clients: &Clients, owner: &Owner, name: &str) -> Result<Actual, AwsError> {
    Ok(Actual {
        cluster_role: role(clients, owner, &Role::Cluster.name(name)).await?,
        nodes_role: role(clients, owner, &Role::Nodes.name(name)).await?,
        cluster: cluster(clients, owner, name).await?,
        ..Actual::default()
    })
}

async fn role(clients: &Clients, owner: &Owner, name: &str) -> Result<Option<ActualRole>, AwsError> {
    let operation = format!("read IAM role {name}");
    let role = call::get(&operation, clients.iam.get_role().role_name(name).send()).await?;
    let Some(role) = role.and_then(|answer| answer.role) else {
        return Ok(None);
    };
    let ours = owner.owns(role.tags().iter().map(|tag| (tag.key(), tag.value())));
    let policies = if ours {
        let list = clients.iam.list_attached_role_policies().role_name(name);
        call::get(operation, list.send()).await?
    } else {
        None
    };
    Ok(Some(ActualRole {
        arn: role.arn().to_owned(),
        id: role.role_id().to_owned(),
        ours,
        policies: policies
            .iter()
            .flat_map(ListAttachedRolePoliciesOutput::attached_policies)
            .filter_map(|policy| policy.policy_arn().map(str::to_owned))
            .collect(),
        trust: role.assume_role_policy_document().and_then(trust::read),
    }))
}

pub(super) async fn cluster(
    clients: &Clients,
    owner: &Owner,
    name: &str,
) -> Result<Option<ActualCluster>, AwsError> {
    let describe = clients.eks.describe_cluster().name(name);
    let answer = call::get(format!("read EKS cluster {name}"), describe.send()).await?;
    Ok(answer
        .and_then(|answer| answer.cluster)
        .map(|cluster| ActualCluster {
            ours: is_ours(owner, cluster.tags()),
            created_at: timestamp(cluster.created_at()),
            state: state_of_cluster(&cluster),
            version: Version::read(cluster.version().unwrap_or_default()),
            subnets: cluster
                .resources_vpc_config()
                .map(|network| network.subnet_ids().to_vec())
                .unwrap_or_default(),
            endpoint: cluster.endpoint().map(str::to_owned),
            certificate_authority: cluster
                .certificate_authority()
                .and_then(|authority| authority.data())
                .map(str::to_owned),
            issuer: cluster
                .identity()
                .and_then(|identity| identity.oidc()?.issuer())
                .map(str::to_owned),
        }))
}

fn state_of_cluster(cluster: &Cluster) -> State {
    match cluster.status() {
        Some(ClusterStatus::Active) => State::Active,
        Some(ClusterStatus::Failed) => {
            let issues = cluster.health().map(ClusterHealth::issues).unwrap_or_default();
            let why = causes(issues.iter().map(|issue| {
                let code = issue.code().map_or("unknown", |code| code.as_str());
                (code, issue.message())
            }));
            State::Failed(format!(
                "AWS could not make it: {why}; delete it to have it made anew"
            ))
        }
        other => busy(other.map(ClusterStatus::as_str)),
    }
}

async fn identity_providers(clients: &Clients) -> Result<Vec<String>, AwsError> {
    let list = clients.iam.list_open_id_connect_providers();
    let answer = call::send("list the identity providers of IAM", list.send()).await?;
    Ok(answer
        .open_id_connect_provider_list()
        .iter()
        .filter_map(|provider| provider.arn().map(str::to_owned))
        .collect())
}

async fn is_our_identity_provider(clients: &Clients, owner: &Owner, arn: &str) -> Result<bool, AwsError> {
    let get = clients
        .iam
        .get_open_id_connect_provider()
        .open_id_connect_provider_arn(arn);
    let provider = call::get(format!("read IAM identity provider {arn}"), get.send()).await?;
    Ok(provider
        .is_some_and(|provider| owner.owns(provider.tags().iter().map(|tag| (tag.key(), tag.value())))))
}

async fn node_groups(
    clients: &Clients,
    owner: &Owner,
    cluster: &str,
) -> Result<Vec<ActualNodeGroup>, AwsError> {
    let mut names = clients
        .eks
        .list_nodegroups()
        .cluster_name(cluster)
        .into_paginator()
        .items()
        .send();
    let mut actual = Vec::new();
    while let Some(name) = names.next().await {
        let name = name.map_err(|error| {
            AwsError::of(format!("list the EKS node groups of cluster {cluster}"), &error)
        })?;
        actual.extend(nodes(clients, owner, cluster, &name).await?);
    }
    Ok(actual)
}

async fn nodes(
    clients: &Clients,
    owner: &Owner,
    cluster: &str,
    name: &str,
) -> Result<Option<ActualNodeGroup>, AwsError> {
    let describe = clients
        .eks
        .describe_nodegroup()
        .cluster_name(cluster)
        .nodegroup_name(name);
    let operation = format!("read EKS node group {name} of cluster {cluster}");
    let answer = call::get(operation, describe.send()).await?;
    Ok(answer
        .and_then(|answer| answer.nodegroup)
        .map(|nodes| ActualNodeGroup {
            name: name.to_owned(),
            ours: is_ours(owner, nodes.tags()),
            modified_at: timestamp(nodes.modified_at()),
            state: state_of_nodes(&nodes),
            version: Version::read(nodes.version().unwrap_or_default()),
            instance_types: nodes.instance_types().to_vec(),
            size: nodes
                .scaling_config()
                .map(|size| Size {
                    desired: size.desired_size().unwrap_or_default(),
                    min: size.min_size().unwrap_or_default(),
                    max: size.max_size().unwrap_or_default(),
                })
                .unwrap_or_default(),
        }))
}

fn state_of_nodes(nodes: &Nodegroup) -> State {
    match nodes.status() {
        Some(NodegroupStatus::Active) => State::Active,
        Some(NodegroupStatus::CreateFailed | NodegroupStatus::DeleteFailed | NodegroupStatus::Degraded) => {
            let issues = nodes.health().map(NodegroupHealth::issues).unwrap_or_default();
            State::Failed(causes(issues.iter().map(|issue| {
                let code = issue.code().map_or("unknown", |code| code.as_str());
                (code, issue.message())
            })))
        }
        other => busy(other.map(NodegroupStatus::as_str)),
    }
}

async fn add_on(clients: &Clients, cluster: &str, name: &str) -> Result<Option<ActualAddOn>, AwsError> {
    let describe = clients
        .eks
        .describe_addon()
        .cluster_name(cluster)
        .addon_name(name);
    let operation = format!("read EKS add-on {name} of cluster {cluster}");
    let answer = call::get(operation, describe.send()).await?;
    Ok(answer.and_then(|answer| answer.addon).map(|add_on| ActualAddOn {
        name: name.to_owned(),
        degraded: matches!(
            add_on.status(),
            Some(AddonStatus::Degraded | AddonStatus::UpdateFailed)
        ),
        role_arn: add_on.service_account_role_arn().map(str::to_owned),
        modified_at: timestamp(add_on.modified_at()),
        state: match add_on.status() {
            Some(AddonStatus::Active) => State::Active,
            Some(AddonStatus::CreateFailed | AddonStatus::DeleteFailed | AddonStatus::UpdateFailed) => {
                State::Failed(causes_of_add_on(add_on.health()))
            }
            // The add-on recovers by itself when nodes are available.
            Some(AddonStatus::Degraded) => {
                State::Busy(format!("degraded, {}", causes_of_add_on(add_on.health())))
            }
            other => busy(other.map(AddonStatus::as_str)),
        },
    }))
}

fn causes_of_add_on(health: Option<&AddonHealth>) -> String {
    let issues = health.map(AddonHealth::issues).unwrap_or_default();
    causes(issues.iter().map(|issue| {
        let code = issue.code().map_or("unknown", |code| code.as_str());
        (code, issue.message())
    }))
}

/// The health issues that AWS reports, as one line.
fn causes<'a>(issues: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let causes: Vec<String> = issues
        .map(|(code, message)| format!("{code}: {}", message.unwrap_or("without a reason")))
        .collect();
    if causes.is_empty() {
        "AWS does not say why".to_owned()
    } else {
        causes.join(", ")
    }
}

fn busy(word: Option<&str>) -> State {
    State::Busy(word.unwrap_or("unknown").to_owned())
}

fn timestamp(time: Option<&DateTime>) -> String {
    time.map(ToString::to_string).unwrap_or_default()
}

fn is_ours(owner: &Owner, tags: Option<&HashMap<String, String>>) -> bool {
    let tags = tags.into_iter().flatten();
    owner.owns(tags.map(|(key, value)| (key.as_str(), value.as_str())))
}
