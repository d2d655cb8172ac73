//! Makes the calls that change a cluster and what belongs to it.

use aws_sdk_eks::types::{
    AuthenticationMode, CreateAccessConfigRequest, NodegroupScalingConfig, ResolveConflicts, VpcConfigRequest,
};
use aws_sdk_iam::types::Tag;

use crate::aws::{
    call,
    connections::Clients,
    eks::{
        role::Role,
        step::{Removal, Step},
        wanted::{NodeGroup, Size, Version},
    },
    owner::{self, Owner},
    problem::{Kind, Problem},
};

/// Whom an identity provider vouches to.
const AUDIENCE: &str = "sts.amazonaws.com";

/// A call about a cluster, not made yet.
///
/// Asked twice for the same thing, AWS does it once: names are unique, and for a change that was asked for and whose answer
/// was lost, the token tells.
pub(super) struct Call<'a> {
    pub owner: &'a Owner,
    /// The cluster's name.
    pub cluster: &'a str,
    pub token: String,
    pub doing: String,
}

impl Call<'_> {
    /// Makes it.
    pub(super) async fn make(self, clients: &Clients, step: &Step) -> Result<(), Problem> {
        match step {
            Step::CreateRole(role) => self.create_role(clients, *role).await,
            Step::AttachPolicy { role, policy } => {
                let attach = clients
                    .iam
                    .attach_role_policy()
                    .role_name(role.name(self.cluster))
                    .policy_arn(*policy);
                call::done(self.doing, attach.send()).await
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
                call::done(self.doing, update.send()).await
            }
            Step::CreateIdentityProvider { issuer } => self.create_identity_provider(clients, issuer).await,
            Step::CreateNodes {
                group,
                version,
                subnets,
                role_arn,
            } => {
                self.create_nodes(clients, group, *version, subnets, role_arn)
                    .await
            }
            Step::ResizeNodes { group, to } => {
                let update = clients
                    .eks
                    .update_nodegroup_config()
                    .cluster_name(self.cluster)
                    .nodegroup_name(group)
                    .scaling_config(scaling(*to))
                    .client_request_token(self.token);
                call::done(self.doing, update.send()).await
            }
            Step::UpgradeNodes { group, to } => {
                let update = clients
                    .eks
                    .update_nodegroup_version()
                    .cluster_name(self.cluster)
                    .nodegroup_name(group)
                    .version(to.to_string())
                    .client_request_token(self.token);
                call::done(self.doing, update.send()).await
            }
            Step::CreateAddOn(name) => {
                // A cluster comes with its own of the usual ones, which the add-on takes over.
                let create = clients
                    .eks
                    .create_addon()
                    .cluster_name(self.cluster)
                    .addon_name(name)
                    .resolve_conflicts(ResolveConflicts::Overwrite)
                    .tags(owner::TAG, self.owner.value())
                    .client_request_token(self.token);
                call::made(self.doing, create.send()).await
            }
            Step::Remove(removal) => self.remove(clients, removal).await,
        }
    }

    async fn remove(self, clients: &Clients, removal: &Removal) -> Result<(), Problem> {
        let Clients { eks, iam, .. } = clients;
        match removal {
            Removal::Nodes(group) => {
                let delete = eks
                    .delete_nodegroup()
                    .cluster_name(self.cluster)
                    .nodegroup_name(group);
                call::gone(self.doing, delete.send()).await
            }
            Removal::Cluster => {
                let delete = eks.delete_cluster().name(self.cluster);
                call::gone(self.doing, delete.send()).await
            }
            Removal::IdentityProvider(arn) => {
                let delete = iam
                    .delete_open_id_connect_provider()
                    .open_id_connect_provider_arn(arn);
                call::gone(self.doing, delete.send()).await
            }
            Removal::Policy(role, policy) => {
                let detach = iam
                    .detach_role_policy()
                    .role_name(role.name(self.cluster))
                    .policy_arn(policy);
                call::gone(self.doing, detach.send()).await
            }
            Removal::Role(role) => {
                let delete = iam.delete_role().role_name(role.name(self.cluster));
                call::gone(self.doing, delete.send()).await
            }
        }
    }

    async fn create_role(self, clients: &Clients, role: Role) -> Result<(), Problem> {
        let create = clients
            .iam
            .create_role()
            .role_name(role.name(self.cluster))
            .assume_role_policy_document(role.trust().to_string())
            .tags(self.tag()?);
        call::made(self.doing, create.send()).await
    }

    async fn create_identity_provider(self, clients: &Clients, issuer: &str) -> Result<(), Problem> {
        let create = clients
            .iam
            .create_open_id_connect_provider()
            .url(issuer)
            .client_id_list(AUDIENCE)
            .tags(self.tag()?);
        call::made(self.doing, create.send()).await
    }

    async fn create_cluster(
        self,
        clients: &Clients,
        version: Version,
        subnets: &[String],
        role_arn: &str,
    ) -> Result<(), Problem> {
        let network = VpcConfigRequest::builder().set_subnet_ids(Some(subnets.to_vec()));
        // Whoever makes the cluster gets in, and can be given company, or a successor, by access entries.
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
        let made = call::made(self.doing, create.send()).await;
        made.map_err(once_the_role_is_known)
    }

    async fn create_nodes(
        self,
        clients: &Clients,
        group: &NodeGroup,
        version: Version,
        subnets: &[String],
        role_arn: &str,
    ) -> Result<(), Problem> {
        let create = clients
            .eks
            .create_nodegroup()
            .cluster_name(self.cluster)
            .nodegroup_name(&group.name)
            .version(version.to_string())
            .set_instance_types(Some(group.instance_types.clone()))
            .set_subnets(Some(subnets.to_vec()))
            .scaling_config(scaling(group.scaling.at_first()))
            .node_role(role_arn)
            .tags(owner::TAG, self.owner.value())
            .client_request_token(self.token);
        let made = call::made(self.doing, create.send()).await;
        made.map_err(once_the_role_is_known)
    }

    /// The tag that comes with each thing, so that one cannot be there without the other.
    fn tag(&self) -> Result<Tag, Problem> {
        let tag = Tag::builder().key(owner::TAG).value(self.owner.value()).build();
        tag.map_err(|error| Problem {
            doing: self.doing.clone(),
            kind: Kind::Refused,
            detail: error.to_string(),
        })
    }
}

/// What IAM was told, the rest of AWS knows seconds later, and until then it refuses a role that is as it should be.
fn once_the_role_is_known(problem: Problem) -> Problem {
    let about_the_role = problem.kind == Kind::Refused && problem.detail.to_lowercase().contains("role");
    Problem {
        kind: if about_the_role { Kind::Busy } else { problem.kind },
        ..problem
    }
}

fn scaling(size: Size) -> NodegroupScalingConfig {
    NodegroupScalingConfig::builder()
        .desired_size(size.desired)
        .min_size(size.min)
        .max_size(size.max)
        .build()
}
