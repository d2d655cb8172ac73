//! A specification that was checked and completed with every default; later code meets no other.

use std::{collections::BTreeSet, fmt};

use fdp_crds::{
    Auth, Autoscaling, DEFAULT_STORAGE_SIZE, DeletionPolicy, EnvVar, Exposure, FoodDeliveryPlatform, Gateway,
    Image, MongodbProvider, PullPolicy, Quantity, RateLimit, Resources, ServiceSpec, Services, Storage,
};

use super::{catalog::Service, quantity, variables};
use crate::settings::Settings;

/// Image of the managed broker, below the platform's registry.
const KAFKA_IMAGE: &str = "kafka:4.3.1";
/// Image of the managed database server, below the platform's registry.
const POSTGRES_IMAGE: &str = "postgres:15";

/// A platform whose specification makes sense, with every default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
    pub name: String,
    pub namespace: String,
    /// The resource's uid; `None` when there is no cluster.
    pub uid: Option<String>,
    pub registry: String,
    pub tag: String,
    pub pull_policy: PullPolicy,
    pub pull_secrets: Vec<String>,
    /// The services that are switched on.
    pub services: Vec<ServiceSettings>,
    pub exposure: Exposure,
    pub node_port: Option<i32>,
    pub hosts: Vec<String>,
    pub auth: Auth,
    pub rate_limit: RateLimit,
    /// Whether a proxy in front of the gateway says where requests come from; `None` leaves it to the gateway.
    pub trust_forwarded: Option<bool>,
    /// The Secret with the keys of the Kakao app, if messages go out through one.
    pub kakao_secret: Option<String>,
    /// The Secret with the URL of the MongoDB that orders are kept in, if they are.
    pub mongodb_secret: Option<String>,
    pub kafka: DataStore,
    pub postgres: DataStore,
    pub store_acts: bool,
    pub rider_acts: bool,
    pub suspend: bool,
    pub deletion_policy: DeletionPolicy,
}

/// One service that is switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSettings {
    pub service: Service,
    pub scaling: Scaling,
    pub requests: Amounts,
    pub limits: Amounts,
    pub env: Vec<EnvVar>,
}

/// Who decides the number of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// The operator keeps this number.
    Fixed(i32),
    /// An autoscaler moves between these numbers, aiming at a CPU use in percent of the request.
    Automatic { min: i32, max: i32, cpu_percent: i32 },
}

/// CPU and memory, each if it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub cpu: Option<String>,
    pub memory: Option<String>,
}

/// A data store with a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataStore {
    pub image: String,
    pub size: String,
    pub storage_class: Option<String>,
}

/// A specification that the schema let through and that still makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSpec(pub Vec<String>);

impl fmt::Display for InvalidSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidSpec {}

impl Validated {
    /// Checks a platform and fills in what it leaves open.
    ///
    /// The error names every field that makes no sense, not only the first.
    pub fn new(platform: &FoodDeliveryPlatform, settings: &Settings) -> Result<Self, InvalidSpec> {
        let spec = platform.spec.clone();
        let image: Image = spec.image.unwrap_or_default();
        let gateway: Gateway = spec.gateway.unwrap_or_default();
        let demo = spec.demo.unwrap_or_default();
        let kafka = spec.kafka.unwrap_or_default();
        let postgres = spec.postgres.unwrap_or_default();
        let registry = image.registry.unwrap_or_else(|| settings.image_registry.clone());
        let named = |name: &str| format!("{registry}/{name}");

        let mut problems = Vec::new();
        let services = service_settings(&spec.services.unwrap_or_default(), &mut problems);
        if !problems.is_empty() {
            return Err(InvalidSpec(problems));
        }
        Ok(Self {
            name: platform.metadata.name.clone().unwrap_or_default(),
            namespace: platform
                .metadata
                .namespace
                .clone()
                .unwrap_or_else(|| "default".to_owned()),
            uid: platform.metadata.uid.clone(),
            tag: image.tag.unwrap_or_else(|| settings.image_tag.clone()),
            pull_policy: image.pull_policy.unwrap_or_default(),
            pull_secrets: image.pull_secrets.into_iter().map(|secret| secret.name).collect(),
            services,
            exposure: gateway.exposure.unwrap_or_default(),
            node_port: gateway.node_port,
            hosts: gateway.hosts,
            auth: gateway.auth.unwrap_or_default(),
            rate_limit: gateway.rate_limit.unwrap_or_default(),
            trust_forwarded: gateway.trust_forwarded,
            kakao_secret: spec
                .notifications
                .and_then(|notifications| notifications.kakao)
                .map(|kakao| kakao.secret_ref.name),
            mongodb_secret: spec
                .mongodb
                .filter(|mongodb| mongodb.provider == Some(MongodbProvider::External))
                .and_then(|mongodb| mongodb.secret_ref)
                .map(|secret| secret.name),
            kafka: data_store(kafka.image.unwrap_or_else(|| named(KAFKA_IMAGE)), kafka.storage),
            postgres: data_store(
                postgres.image.unwrap_or_else(|| named(POSTGRES_IMAGE)),
                postgres.storage,
            ),
            registry,
            store_acts: demo.store.unwrap_or(false),
            rider_acts: demo.rider.unwrap_or(false),
            suspend: spec.suspend.unwrap_or(false),
            deletion_policy: spec.deletion_policy.unwrap_or_default(),
        })
    }

    /// The name of a child object.
    pub fn child(&self, part: &str) -> String {
        super::names::child(&self.name, part)
    }

    /// The image of one of our own programs.
    pub fn image(&self, program: &str) -> String {
        format!("{}/{program}:{}", self.registry, self.tag)
    }
}

fn data_store(image: String, storage: Option<Storage>) -> DataStore {
    let storage = storage.unwrap_or_default();
    DataStore {
        image,
        size: storage.size.unwrap_or_else(|| DEFAULT_STORAGE_SIZE.to_owned()),
        storage_class: storage.storage_class,
    }
}

fn service_settings(services: &Services, problems: &mut Vec<String>) -> Vec<ServiceSettings> {
    Service::ALL
        .into_iter()
        .filter_map(|service| {
            let spec = service.settings(services).cloned().unwrap_or_default();
            if spec.enabled == Some(false) {
                return None;
            }
            let field = format!("services.{}", service.name());
            let (requests, limits) = resources(service, spec.resources.clone(), &field, problems);
            Some(ServiceSettings {
                service,
                scaling: scaling(service, &spec),
                requests,
                limits,
                env: environment(service, spec.env, &field, problems),
            })
        })
        .collect()
}

fn scaling(service: Service, spec: &ServiceSpec) -> Scaling {
    match (spec.replicas, &spec.autoscaling) {
        (Some(replicas), _) => Scaling::Fixed(replicas),
        (None, Some(autoscaling)) => automatic(autoscaling),
        // Orders are where the load arrives first.
        (None, None) if service == Service::Order => automatic(&Autoscaling::default()),
        (None, None) => Scaling::Fixed(1),
    }
}

fn automatic(autoscaling: &Autoscaling) -> Scaling {
    Scaling::Automatic {
        min: autoscaling.min.unwrap_or(1),
        max: autoscaling.max.unwrap_or(10),
        cpu_percent: autoscaling.cpu_percent.unwrap_or(15),
    }
}

/// Completes the amounts. A limit that nobody set gives way to a larger request.
fn resources(
    service: Service,
    resources: Option<Resources>,
    field: &str,
    problems: &mut Vec<String>,
) -> (Amounts, Amounts) {
    let resources = resources.unwrap_or_default();
    let requests = resources.requests.unwrap_or_default();
    let limits = resources.limits.unwrap_or_default();
    let orders = service == Service::Order;
    let mut settle = |what: &str,
                      request: Option<Quantity>,
                      limit: Option<Quantity>,
                      default_request: &str,
                      default_limit: Option<&str>| {
        let (request_given, limit_given) = (request.is_some(), limit.is_some());
        let mut request = request.map_or_else(|| default_request.to_owned(), |Quantity(text)| text);
        let mut limit = limit
            .map(|Quantity(text)| text)
            .or_else(|| default_limit.map(str::to_owned));
        if let Some(limit) = limit.as_mut().filter(|limit| exceeds(&request, limit)) {
            match (request_given, limit_given) {
                (_, false) => limit.clone_from(&request),
                (false, true) => request.clone_from(limit),
                (true, true) => problems.push(format!(
                    "{field}.resources: the {what} request {request} exceeds the limit {limit}"
                )),
            }
        }
        (Some(request), limit)
    };
    let (cpu_request, cpu_limit) = settle(
        "cpu",
        requests.cpu,
        limits.cpu,
        if orders { "200m" } else { "10m" },
        orders.then_some("500m"),
    );
    let (memory_request, memory_limit) =
        settle("memory", requests.memory, limits.memory, "24Mi", Some("128Mi"));
    (
        Amounts {
            cpu: cpu_request,
            memory: memory_request,
        },
        Amounts {
            cpu: cpu_limit,
            memory: memory_limit,
        },
    )
}

fn exceeds(request: &str, limit: &str) -> bool {
    matches!((quantity::milli(request), quantity::milli(limit)), (Some(request), Some(limit)) if request > limit)
}

/// Variables that only the operator sets.
fn reserved(service: Service) -> BTreeSet<String> {
    variables::names(service)
        .into_iter()
        // The level of detail in logs is the one default that people may replace.
        .filter(|name| name != "LOG_LEVEL")
        .collect()
}

fn environment(service: Service, env: Vec<EnvVar>, field: &str, problems: &mut Vec<String>) -> Vec<EnvVar> {
    let reserved = reserved(service);
    for variable in env.iter().filter(|variable| reserved.contains(&variable.name)) {
        problems.push(format!(
            "{field}.env: {} is set by the operator and cannot be replaced",
            variable.name
        ));
    }
    env
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn validate(spec: &serde_json::Value) -> Result<Validated, InvalidSpec> {
        let platform = FoodDeliveryPlatform {
            metadata: kube::core::ObjectMeta {
                name: Some("shop".to_owned()),
                ..Default::default()
            },
            spec: serde_json::from_value(spec.clone()).unwrap(),
            status: None,
        };
        Validated::new(&platform, &Settings::default())
    }

    fn settings(validated: &Validated, service: Service) -> &ServiceSettings {
        validated
            .services
            .iter()
            .find(|settings| settings.service == service)
            .unwrap()
    }

    #[test]
    fn an_empty_specification_runs_every_service_once_and_scales_orders() {
        let validated = validate(&json!({})).unwrap();
        assert_eq!(validated.services.len(), 9);
        for settings in &validated.services {
            let expected = match settings.service {
                Service::Order => Scaling::Automatic {
                    min: 1,
                    max: 10,
                    cpu_percent: 15,
                },
                _ => Scaling::Fixed(1),
            };
            assert_eq!(settings.scaling, expected, "{}", settings.service.name());
        }
        assert_eq!(validated.deletion_policy, DeletionPolicy::Retain);
    }

    #[test]
    fn a_fixed_number_of_replicas_switches_autoscaling_off() {
        let validated = validate(&json!({ "services": { "order": { "replicas": 3 } } })).unwrap();
        assert_eq!(settings(&validated, Service::Order).scaling, Scaling::Fixed(3));
    }

    #[test]
    fn a_service_that_is_switched_off_is_not_there() {
        let validated = validate(&json!({ "services": { "marketing": { "enabled": false } } })).unwrap();
        assert!(
            validated
                .services
                .iter()
                .all(|settings| settings.service != Service::Marketing)
        );
    }

    #[test]
    fn a_default_limit_gives_way_to_a_larger_request() {
        let validated =
            validate(&json!({ "services": { "pay": { "resources": { "requests": { "memory": "1Gi" } } } } }))
                .unwrap();
        assert_eq!(
            settings(&validated, Service::Pay).limits.memory.as_deref(),
            Some("1Gi")
        );
    }

    #[test]
    fn a_default_request_gives_way_to_a_smaller_limit() {
        let validated =
            validate(&json!({ "services": { "order": { "resources": { "limits": { "cpu": "100m" } } } } }))
                .unwrap();
        assert_eq!(
            settings(&validated, Service::Order).requests.cpu.as_deref(),
            Some("100m")
        );
    }

    #[test]
    fn every_senseless_field_is_named() {
        let InvalidSpec(problems) = validate(&json!({ "services": {
            "pay": { "resources": { "requests": { "cpu": 2 }, "limits": { "cpu": "1500m" } } },
            "order": { "env": [{ "name": "PAY_URL", "value": "http://elsewhere" }] },
        } }))
        .unwrap_err();
        assert_eq!(
            problems,
            [
                "services.order.env: PAY_URL is set by the operator and cannot be replaced",
                "services.pay.resources: the cpu request 2 exceeds the limit 1500m",
            ]
        );
    }
}
