//! Decides, without any input or output, which objects a platform is made of and how it is doing.

pub mod anchor;
pub mod cloud;
pub mod conditions;
pub mod network;
pub mod passwords;
pub mod rollout;

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    autoscaling::v2::HorizontalPodAutoscaler,
    batch::v1::Job,
    core::v1::{ConfigMap, Secret, Service as KubeService, ServiceAccount},
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    ResourceExt as _,
    core::{ApiResource, DynamicObject},
};

use crate::{
    components::{extensions, kafka, logging, mesh, mongodb, monitoring, postgres, services, setup},
    kubernetes::{names, seal::seal, service_accounts},
    model::{
        apis::Family,
        assessment::Assessment,
        object::{ObjectKey, Planned},
        observed::Observed,
    },
    spec::{self, Validated},
};

/// What a platform should be made of, and how it is doing.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every object, in the order in which to apply them.
    pub objects: Vec<Planned>,
    /// Parts whose objects stay although they are not planned any more, because what takes their place is not there yet.
    pub keeps: Vec<&'static str>,
    /// How the platform is doing, as far as it was observed.
    pub assessment: Assessment,
}

impl Plan {
    /// Whether an object is part of the plan.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.objects.iter().any(|planned| planned.key() == *key)
    }

    /// Whether an object that is not planned stays all the same.
    pub fn keeps(&self, object: &DynamicObject) -> bool {
        let part = object.labels().get(names::NAME_LABEL);
        part.is_some_and(|part| self.keeps.iter().any(|kept| kept == part))
    }
}

/// Every kind of Kubernetes' own that a platform can be made of; other programs' are in [`Family::kinds`].
pub fn owned_kinds() -> Vec<ApiResource> {
    vec![
        ApiResource::erase::<ConfigMap>(&()),
        ApiResource::erase::<Secret>(&()),
        ApiResource::erase::<ServiceAccount>(&()),
        ApiResource::erase::<Role>(&()),
        ApiResource::erase::<RoleBinding>(&()),
        ApiResource::erase::<KubeService>(&()),
        ApiResource::erase::<StatefulSet>(&()),
        ApiResource::erase::<DaemonSet>(&()),
        ApiResource::erase::<Deployment>(&()),
        ApiResource::erase::<Job>(&()),
        ApiResource::erase::<HorizontalPodAutoscaler>(&()),
        ApiResource::erase::<PodDisruptionBudget>(&()),
        ApiResource::erase::<NetworkPolicy>(&()),
    ]
}

/// Plans a whole platform.
pub fn plan(platform: &Validated, observed: &Observed) -> Plan {
    let credentials = &observed.credentials;
    let mut objects = Vec::new();
    objects.extend(postgres::secrets::secrets(platform, credentials));
    objects.extend(service_accounts::accounts(platform));
    objects.extend(network::policies(platform));
    objects.extend(kafka::objects(platform, observed));
    objects.extend(postgres::objects(platform, observed));
    objects.extend(mongodb::objects(platform, observed));
    objects.push(setup::job(platform, credentials));
    for settings in &platform.services {
        objects.extend(services::objects(platform, settings, observed));
    }
    objects.extend(extensions::objects(platform, observed));
    objects.extend(mesh::objects(platform, observed));
    objects.extend(logging::objects(platform, observed));
    objects.extend(monitoring::objects(platform, observed));
    objects.sort_by_key(|planned| planned.wave);
    let objects = objects
        .into_iter()
        .map(|planned| {
            seal(
                mesh::keep_out(planned),
                &platform.namespace,
                platform.owner.as_ref(),
            )
        })
        .collect();
    Plan {
        objects,
        keeps: keeps(platform, observed),
        assessment: conditions::assess(platform, observed),
    }
}

/// What a provider that the cluster does not have would replace is kept until it comes: data are in there.
fn keeps(platform: &Validated, observed: &Observed) -> Vec<&'static str> {
    let eck = |logging: &spec::Logging| logging.runner == spec::LoggingRunner::Eck;
    let prometheus_operator = |monitoring: &spec::Monitoring| {
        matches!(
            monitoring.runner,
            spec::MonitoringRunner::PrometheusOperator { .. }
        )
    };
    let replaced: [(Family, bool, &[&'static str]); 4] = [
        (
            Family::Strimzi,
            matches!(platform.kafka, spec::Kafka::Strimzi { .. }),
            &[names::KAFKA],
        ),
        (
            Family::CloudNativePg,
            matches!(platform.postgres, spec::Postgres::CloudNativePg { .. }),
            &[names::POSTGRES],
        ),
        (
            Family::Eck,
            platform.logging.as_ref().is_some_and(eck),
            &[names::ELASTICSEARCH, names::KIBANA],
        ),
        (
            Family::PrometheusOperator,
            platform.monitoring.as_ref().is_some_and(prometheus_operator),
            &[names::PROMETHEUS, names::GRAFANA],
        ),
    ];
    replaced
        .into_iter()
        .filter(|(family, asked, _)| *asked && !observed.apis.have(*family))
        .flat_map(|(.., parts)| parts.iter().copied())
        .collect()
}
