//! Makes the calls that change a cluster and what belongs to it.

use aws_sdk_eks::types::{
    AuthenticationMode, CreateAccessConfigRequest, NodegroupScalingConfig, ResolveConflicts, VpcConfigRequest,
};
use aws_sdk_iam::types::Tag;
use serde_json::Value;

use crate::aws::{
    call,
    connections::Clients,
    eks::{
        ami::Ami,
        desired::{NodeGroup, Size, Version},
        role::Role,
        step::{NewAddOn, Removal, Step},
        trust::AUDIENCE,
    },
    error::{AwsError, ErrorKind},
    owner::{self, Owner},
};

/// The parameters that a call about a cluster needs in addition to its step.
///
/// Repeating a call has no second effect: names are unique, and changes carry an idempotency token.
pub(super) struct StepContext<'a> {
    pub owner: &'a Owner,
    /// The cluster's name.
    pub cluster: &'a str,
    pub token: String,
    pub operation: String,
}

impl StepContext<'_> {
    /// Makes the call of a step.
    pub(super) async fn apply(self, clients: &Clients, step: &Step) -> Result<(), AwsError> {
        match step {
            Step::CreateRole { role, trust } => self.create_role(clients, *role, trust).await,
            Step::Trust { role, trust } => {
                let update = clients
                    .iam
                    .update_assume_role_policy()
                    .role_name(role.name(self.cluster))
                    .policy_document(trust.to_string());
                call::update(self.operation, update.send()).await
            }
            Step::AttachPolicy { role, policy } => {
                let attach = clients
                    .iam
                    .attach_role_policy()
                    .role_name(role.name(self.cluster))
                    .policy_arn(policy);
                call::update(self.operation, attach.send()).await
            }
            Step::CreateCluster {
                version,
                subnets,
                role_arn,
            } => self.create_cluster(clients, *version, subnets, role_arn).await,
            Step::UpgradeCluster { to } => {
                let update = clients
                    .eks
                    .update_cluster_version()
                    .name(self.cluster)
                    .version(to.to_string())
                    .client_request_token(self.token);
                call::update(self.operation, update.send()).await
            }
            Step::CreateIdentityProvider { issuer } => self.create_identity_provider(clients, issuer).await,
            Step::CreateNodes {
                group,
                ami,
                version,
                subnets,
                role_arn,
            } => {
                let what = (group, *ami, *version);
                self.create_nodes(clients, what, subnets, role_arn).await
            }
            Step::ResizeNodes { group, to } => {
                let update = clients
                    .eks
                    .update_nodegroup_config()
                    .cluster_name(self.cluster)
                    .nodegroup_name(group)
                    .scaling_config(scaling(*to))
                    .client_request_token(self.token);
                call::update(self.operation, update.send()).await
            }
            Step::UpgradeNodes { group, to } => {
                let update = clients
                    .eks
                    .update_nodegroup_version()
                    .cluster_name(self.cluster)
                    .nodegroup_name(group)
                    .version(to.to_string())
                    .client_request_token(self.token);
                call::update(self.operation, update.send()).await
            }
            Step::CreateAddOn(add_on) => self.create_add_on(clients, add_on).await,
            Step::GiveRole { add_on, role_arn } => {
                let update = clients
                    .eks
                    .update_addon()
                    .cluster_name(self.cluster)
                    .addon_name(add_on)
                    .service_account_role_arn(role_arn)
                    // What people have set in the cluster themselves stays.
                    .resolve_conflicts(ResolveConflicts::Preserve)
                    .client_request_token(self.token);
                let updated = call::update(self.operation, update.send()).await;
                updated.map_err(retry_while_role_propagates)
            }
            Step::Remove(removal) => self.remove(clients, removal).await,
        }
    }

    async fn remove(self, clients: &Clients, removal: &Removal) -> Result<(), AwsError> {
        let Clients { eks, iam, .. } = clients;
        match removal {
            Removal::Nodes(group) => {
                let delete = eks
                    .delete_nodegroup()
                    .cluster_name(self.cluster)
                    .nodegroup_name(group);
                call::delete(self.operation, delete.send()).await
            }
            Removal::Cluster => {
                let delete = eks.delete_cluster().name(self.cluster);
                call::delete(self.operation, delete.send()).await
            }
            Removal::IdentityProvider(arn) => {
                let delete = iam
                    .delete_open_id_connect_provider()
                    .open_id_connect_provider_arn(arn);
                call::delete(self.operation, delete.send()).await
            }
            Removal::Policy(role, policy) => {
                let detach = iam
                    .detach_role_policy()
                    .role_name(role.name(self.cluster))
                    .policy_arn(policy);
                call::delete(self.operation, detach.send()).await
            }
            Removal::Role(role) => {
                let delete = iam.delete_role().role_name(role.name(self.cluster));
                call::delete(self.operation, delete.send()).await
            }
        }
    }

    async fn create_role(self, clients: &Clients, role: Role, trust: &Value) -> Result<(), AwsError> {
        let create = clients
            .iam
            .create_role()
            .role_name(role.name(self.cluster))
            .assume_role_policy_document(trust.to_string())
            .tags(self.tag()?);
        call::create(self.operation, create.send()).await
    }

    async fn create_identity_provider(self, clients: &Clients, issuer: &str) -> Result<(), AwsError> {
        let create = clients
            .iam
            .create_open_id_connect_provider()
            .url(issuer)
            .client_id_list(AUDIENCE)
            .tags(self.tag()?);
        call::create(self.operation, create.send()).await
    }

    async fn create_cluster(
        self,
        clients: &Clients,
        version: Version,
        subnets: &[String],
        role_arn: &str,
    ) -> Result<(), AwsError> {
        let network = VpcConfigRequest::builder().set_subnet_ids(Some(subnets.to_vec()));
        // The creator of the cluster is its administrator; access entries can add others.
        let access = CreateAccessConfigRequest::builder()
            .bootstrap_cluster_creator_admin_permissions(true)
            .authentication_mode(AuthenticationMode::ApiAndConfigMap);
        let create = clients
            .eks
            .create_cluster()
            .name(self.cluster)
            .version(version.to_string())
            .role_arn(role_arn)
            .resources_vpc_config(network.build())
            .access_config(access.build())
            .tags(owner::TAG, self.owner.value())
            .client_request_token(self.token);
        let made = call::create(self.operation, create.send()).await;
        made.map_err(retry_while_role_propagates)
    }

    async fn create_nodes(
        self,
        clients: &Clients,
        (group, ami, version): (&NodeGroup, Ami, Version),
        subnets: &[String],
        role_arn: &str,
    ) -> Result<(), AwsError> {
        let create = clients
            .eks
            .create_nodegroup()
            .cluster_name(self.cluster)
            .nodegroup_name(&group.name)
            .version(version.to_string())
            .ami_type(ami.name().into())
            .set_instance_types(Some(group.instance_types.clone()))
            .set_subnets(Some(subnets.to_vec()))
            .scaling_config(scaling(group.scaling.initial_size()))
            .node_role(role_arn)
            .tags(owner::TAG, self.owner.value())
            .client_request_token(self.token);
        let made = call::create(self.operation, create.send()).await;
        made.map_err(retry_while_role_propagates)
    }

    async fn create_add_on(self, clients: &Clients, add_on: &NewAddOn) -> Result<(), AwsError> {
        // A new cluster has its own copies of the usual add-ons, which this call replaces.
        let create = clients
            .eks
            .create_addon()
            .cluster_name(self.cluster)
            .addon_name(&add_on.name)
            .set_service_account_role_arn(add_on.role_arn.clone())
            .set_configuration_values(add_on.configuration.as_ref().map(Value::to_string))
            .resolve_conflicts(ResolveConflicts::Overwrite)
            .tags(owner::TAG, self.owner.value())
            .client_request_token(self.token);
        let made = call::create(self.operation, create.send()).await;
        made.map_err(retry_while_role_propagates)
    }

    /// The tag, which is set when a resource is created, so that no resource exists without the tag.
    fn tag(&self) -> Result<Tag, AwsError> {
        let tag = Tag::builder().key(owner::TAG).value(self.owner.value()).build();
        tag.map_err(|error| AwsError {
            operation: self.operation.clone(),
            kind: ErrorKind::Rejected,
            detail: error.to_string(),
        })
    }
}

/// IAM is eventually consistent: for some seconds after its creation, other services reject a valid role.
fn retry_while_role_propagates(error: AwsError) -> AwsError {
    let about_the_role = error.kind == ErrorKind::Rejected && error.detail.to_lowercase().contains("role");
    AwsError {
        kind: if about_the_role {
            ErrorKind::Busy
        } else {
            error.kind
        },
        ..error
    }
}

fn scaling(size: Size) -> NodegroupScalingConfig {
    NodegroupScalingConfig::builder()
        .desired_size(size.desired)
        .min_size(size.min)
        .max_size(size.max)
        .build()
}
