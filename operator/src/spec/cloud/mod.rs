//! What a platform has at AWS, with every default filled in.

mod codebuild;

use fdp_crds::{
    Aws as AwsSpec, DeletionPolicy, Ecr as EcrSpec, Eks as EksSpec, FoodDeliveryPlatform,
    NodeGroup as NodeGroupSpec,
};

pub use codebuild::{CodeBuild, Variable};

use crate::spec::fitting::fitting;

const KEEP_IMAGES: i32 = 30;
/// The longest name that EKS gives a cluster.
const CLUSTER_NAME: usize = 100;
const NODE_GROUP: &str = "standard-workers";
const INSTANCE_TYPE: &str = "t3.medium";
const MIN_NODES: i32 = 1;
const MAX_NODES: i32 = 3;
const ADD_ONS: [&str; 3] = ["vpc-cni", "coredns", "kube-proxy"];

/// What a platform has at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aws {
    pub region: String,
    pub ecr: Option<Ecr>,
    pub eks: Option<Eks>,
    pub code_build: Option<CodeBuild>,
    pub deletion_policy: DeletionPolicy,
}

/// Repositories for images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecr {
    pub prefix: String,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
    pub keep_images: i32,
}

impl Ecr {
    /// The name of a service's repository.
    pub fn repository(&self, service: &str) -> String {
        format!("{}/{service}", self.prefix)
    }
}

/// A cluster with its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eks {
    pub name: String,
    pub version: String,
    pub subnets: Vec<String>,
    pub node_group: NodeGroup,
    pub add_ons: Vec<String>,
}

/// A group of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeGroup {
    pub name: String,
    pub instance_types: Vec<String>,
    /// How many nodes there should be, if that is not left to others.
    pub desired: Option<i32>,
    pub min: i32,
    pub max: i32,
}

/// What a platform has at AWS, if anything; this part of a specification makes sense without the others.
pub fn aws(platform: &FoodDeliveryPlatform) -> Option<Aws> {
    let AwsSpec {
        region,
        ecr,
        eks,
        code_build,
        deletion_policy,
    } = platform.spec.cloud.clone()?.aws?;
    let name = platform.metadata.name.as_deref().unwrap_or_default();
    let namespace = platform.metadata.namespace.as_deref().unwrap_or("default");
    let ecr = ecr.map(|ecr| repositories(ecr, name));
    let eks = eks.map(|eks| cluster(eks, namespace, name));
    Some(Aws {
        region,
        code_build: code_build.map(|spec| CodeBuild::new(spec, namespace, name, ecr.as_ref(), eks.as_ref())),
        ecr,
        eks,
        deletion_policy: deletion_policy.unwrap_or_default(),
    })
}

fn repositories(spec: EcrSpec, platform: &str) -> Ecr {
    Ecr {
        prefix: spec.prefix.unwrap_or_else(|| platform.to_owned()),
        scan_on_push: spec.scan_on_push.unwrap_or(true),
        immutable_tags: spec.immutable_tags.unwrap_or(true),
        keep_images: spec.keep_images.unwrap_or(KEEP_IMAGES),
    }
}

fn cluster(spec: EksSpec, namespace: &str, platform: &str) -> Eks {
    Eks {
        name: spec
            .name
            .unwrap_or_else(|| fitting(&format!("{namespace}-{platform}"), CLUSTER_NAME)),
        version: spec.version,
        subnets: spec.subnets,
        node_group: node_group(spec.node_group.unwrap_or_default()),
        add_ons: spec
            .add_ons
            .unwrap_or_else(|| ADD_ONS.map(str::to_owned).to_vec()),
    }
}

fn node_group(spec: NodeGroupSpec) -> NodeGroup {
    NodeGroup {
        name: spec.name.unwrap_or_else(|| NODE_GROUP.to_owned()),
        instance_types: if spec.instance_types.is_empty() {
            vec![INSTANCE_TYPE.to_owned()]
        } else {
            spec.instance_types
        },
        desired: spec.desired,
        min: spec.min.unwrap_or(MIN_NODES),
        max: spec.max.unwrap_or(MAX_NODES),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn eks(namespace: &str, name: &str, settings: &serde_json::Value) -> Eks {
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1",
            "kind": "FoodDeliveryPlatform",
            "metadata": { "name": name, "namespace": namespace },
            "spec": { "cloud": { "aws": { "region": "eu-central-1", "eks": settings } } },
        });
        aws(&serde_json::from_value(platform).unwrap())
            .unwrap()
            .eks
            .unwrap()
    }

    #[test]
    fn a_cluster_of_which_only_the_version_and_the_subnets_are_told_has_nodes_and_add_ons() {
        let least = json!({ "version": "1.34", "subnets": ["subnet-1", "subnet-2"] });
        assert_eq!(
            eks("food", "shop", &least),
            Eks {
                name: "food-shop".to_owned(),
                version: "1.34".to_owned(),
                subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
                node_group: NodeGroup {
                    name: "standard-workers".to_owned(),
                    instance_types: vec!["t3.medium".to_owned()],
                    desired: None,
                    min: 1,
                    max: 3,
                },
                add_ons: ["vpc-cni", "coredns", "kube-proxy"].map(str::to_owned).to_vec(),
            }
        );
    }

    #[test]
    fn an_empty_list_of_add_ons_is_no_add_on() {
        let none = json!({ "version": "1.34", "subnets": ["subnet-1", "subnet-2"], "addOns": [] });
        assert_eq!(eks("food", "shop", &none).add_ons, Vec::<String>::new());
    }

    #[test]
    fn clusters_of_long_names_have_names_that_eks_takes_and_that_differ() {
        let least = json!({ "version": "1.34", "subnets": ["subnet-1", "subnet-2"] });
        let (namespace, name) = ("n".repeat(63), "p".repeat(39));
        let one = eks(&namespace, &format!("{name}1"), &least).name;
        let another = eks(&namespace, &format!("{name}2"), &least).name;
        assert_eq!((one.len(), another.len()), (CLUSTER_NAME, CLUSTER_NAME));
        assert_ne!(one, another);
    }
}
