//! The part of the specification that is about single services.

#![expect(
    unreachable_pub,
    reason = "KubeSchema derives a copy of the type inside a function"
)]

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Probes, Quantity, rules};

/// Settings per service. What is unset gets a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Services {
    /// The one way in: routes every request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<ServiceSpec>,
    /// Takes orders. Scales from 1 to 10 at 15 % CPU unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<ServiceSpec>,
    /// Takes payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<ServiceSpec>,
    /// The store's kitchen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<ServiceSpec>,
    /// The riders' deliveries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<ServiceSpec>,
    /// Products and stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<ServiceSpec>,
    /// Notifications to customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<ServiceSpec>,
    /// Recommendations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing: Option<ServiceSpec>,
    /// The pages, and the view of orders behind them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontend: Option<ServiceSpec>,
}

/// Settings of one service.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("!(has(self.replicas) && has(self.autoscaling))")
        .message("give either replicas or autoscaling, not both: the autoscaler decides the number of replicas")
)]
pub struct ServiceSpec {
    /// Whether the service runs at all (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Image with registry and tag, if it is not `<image.registry>/<service>:<image.tag>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), extend("x-kubernetes-validations" = rules::image()))]
    pub image: Option<String>,

    /// A fixed number of replicas. Switches autoscaling off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub replicas: Option<i32>,

    /// Lets the number of replicas follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<Autoscaling>,

    /// CPU and memory of each replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,

    /// How its pods are asked whether they are well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probes>,

    /// A second version that gets a share of the requests, with mesh.provider Istio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,

    /// Further environment variables. Those that the operator sets itself cannot be replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub env: Vec<EnvVar>,
}

/// A second version that gets a share of the requests. It reads events like any other replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Canary {
    /// Tag of its image.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_][-.A-Za-z0-9_]*$"))]
    pub tag: String,

    /// Its share of the requests, in percent.
    #[schemars(range(min = 0, max = 100))]
    pub weight: i32,
}

/// Lets the number of replicas follow the load.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("(has(self.min) ? self.min : 1) <= (has(self.max) ? self.max : 10)")
        .message("autoscaling.min (default 1) must not be greater than autoscaling.max (default 10)")
)]
pub struct Autoscaling {
    /// Fewest replicas (default: 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub min: Option<i32>,

    /// Most replicas (default: 10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max: Option<i32>,

    /// CPU use to aim at, in percent of what the replicas request (default: 15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub cpu_percent: Option<i32>,
}

/// CPU and memory of each replica.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resources {
    /// What is set aside on the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<ResourceList>,

    /// What is never exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ResourceList>,
}

/// An amount of CPU and memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceList {
    /// CPU in cores, such as `200m` or `1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,

    /// Memory, such as `128Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvVar {
    /// The variable's name.
    #[schemars(length(min = 1, max = 100), regex(pattern = r"^[A-Z_][A-Z0-9_]*$"))]
    pub name: String,

    /// Its value.
    #[schemars(length(max = 4096))]
    pub value: String,
}
