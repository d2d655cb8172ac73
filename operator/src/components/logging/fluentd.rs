//! Fluentd on every node, which sends the logs of the containers to Elasticsearch.

use k8s_openapi::api::{
    apps::v1::{DaemonSet, DaemonSetSpec},
    core::v1::{
        Container, ContainerPort, HostPathVolumeSource, PodSecurityContext, PodSpec, SeccompProfile, Volume,
    },
};
use serde_json::json;

use crate::{
    components::logging::{
        access::{self, CERTIFICATES, elasticsearch_server},
        passwords::FLUENTD_PASSWORD,
        pipeline,
    },
    kubernetes::{
        config_map::config_map,
        health::{self, Evidence},
        metadata::{metadata, pods_of},
        names::{Component, ELASTICSEARCH, FLUENTD},
        pod, pod_template, probe, service_accounts,
    },
    model::{
        health::Health,
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Logging, Validated, canonical::hash},
};

/// The port for the state of Fluentd's plugins.
const MONITOR: &str = "monitor";
const MONITOR_PORT: i32 = 24220;

/// Every object of Fluentd, if it runs.
pub(super) fn objects(platform: &Validated, settings: &Logging, observed: &Observed) -> Vec<Planned> {
    let Some(image) = image(platform, settings, observed) else {
        return Vec::new();
    };
    let config = config_map(
        platform,
        FLUENTD,
        Component::Logging,
        [("fluent.conf", pipeline::configuration(platform, settings))],
    );
    let inputs = hash(&json!([config.data, observed.credentials.fluentd]));
    vec![
        service_accounts::account(platform, FLUENTD, Component::Logging),
        Planned::new(Wave::Configuration, &config),
        Planned::new(Wave::Services, &daemon_set(platform, settings, image, inputs)),
    ]
}

/// The image: the operator's, or for one release that of the platform if it runs already.
fn image<'a>(platform: &Validated, settings: &'a Logging, observed: &Observed) -> Option<&'a str> {
    let refused = settings.refused_fluentd_image.as_deref();
    let goes_on = refused.filter(|image| runs(platform, image, observed));
    goes_on.or(settings.fluentd_image.as_deref())
}

fn runs(platform: &Validated, image: &str, observed: &Observed) -> bool {
    let set = observed.children.typed::<DaemonSet>(&platform.child(FLUENTD));
    let pod = set.and_then(|set| set.spec?.template.spec);
    pod.is_some_and(|pod| {
        pod.containers
            .iter()
            .any(|known| known.image.as_deref() == Some(image))
    })
}

/// What to change before the next release, if the platform names an image that only the operator's settings may name.
pub(super) fn notice(platform: &Validated, settings: &Logging, observed: &Observed) -> Option<String> {
    let refused = settings.refused_fluentd_image.as_deref()?;
    let cure = format!(
        "Fluentd runs as root with the nodes' log files, so its image comes from the operator's settings: start the operator with \
         FDP_FLUENTD_IMAGE={refused}, or take spec.logging.fluentd.image out of platform {}",
        platform.name
    );
    Some(if runs(platform, refused, observed) {
        format!("Fluentd runs on with image {refused}, which the next release does not use; {cure}")
    } else {
        format!("image {refused} is not used; {cure}")
    })
}

/// The health of Fluentd; `None` if it does not run.
pub(super) fn health(platform: &Validated, settings: &Logging, observed: &Observed) -> Option<Health> {
    settings.fluentd_image.as_ref()?;
    let name = platform.child(FLUENTD);
    let set = observed.children.typed::<DaemonSet>(&name);
    let evidence = Evidence::of(observed, FLUENTD);
    let health = health::daemon_set(&name, set.as_ref(), &evidence);
    let Some(set) = set.filter(|_| !health.is_ready() && evidence.pods.is_empty()) else {
        return Some(health);
    };
    let (uid, status) = (set.metadata.uid, set.status.unwrap_or_default());
    let desired = status.desired_number_scheduled;
    if desired == 0 || status.current_number_scheduled > 0 || evidence.refused(uid.as_deref()).is_some() {
        return Some(health);
    }
    // As long as nobody has told why there are no pods, this is nearly always the reason.
    let namespace = &platform.namespace;
    Some(Health::Waiting(format!(
        "DaemonSet {name}: none of {desired} pods is let into namespace {namespace}, because Fluentd reads the \
         files of the node: label the namespace pod-security.kubernetes.io/enforce=privileged, or set \
         logging.fluentd.enabled: false and collect logs by other means"
    )))
}

fn daemon_set(platform: &Validated, settings: &Logging, image: &str, inputs: String) -> DaemonSet {
    let certificates = elasticsearch_server(platform, settings).certificates;
    let mut volumes = vec![
        pod::tmp(),
        pod::config_volume("config", platform.child(FLUENTD)),
        host_path("containers", "/var/log/containers", None),
        // The files in /var/log/containers are links to this directory.
        host_path("pods", "/var/log/pods", None),
        // The read positions and the undelivered lines: a new pod continues where the old one stopped.
        host_path(
            "state",
            &format!(
                "/var/lib/food-delivery-platform/{}/{}/fluentd",
                platform.namespace, platform.name
            ),
            Some("DirectoryOrCreate"),
        ),
    ];
    volumes.extend(
        certificates
            .as_deref()
            .map(|secret| access::certificates("elasticsearch", secret)),
    );
    DaemonSet {
        metadata: metadata(platform, FLUENTD, Component::Logging),
        spec: Some(DaemonSetSpec {
            selector: pods_of(platform, FLUENTD),
            template: pod_template::template(
                platform,
                FLUENTD,
                Component::Logging,
                Some(inputs),
                PodSpec {
                    containers: vec![container(platform, image, certificates.is_some())],
                    volumes: Some(volumes),
                    // Only root can read log files. The container has no other privilege of root: `pod::container`
                    // drops all capabilities. Even the baseline security standard forbids host path volumes, so the
                    // namespace has to allow privileged pods.
                    security_context: Some(PodSecurityContext {
                        run_as_user: Some(0),
                        run_as_group: Some(0),
                        seccomp_profile: Some(SeccompProfile {
                            type_: "RuntimeDefault".to_owned(),
                            ..Default::default()
                        }),
                        ..Default::default()
                    }),
                    service_account_name: Some(platform.child(FLUENTD)),
                    ..Default::default()
                },
            ),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn container(platform: &Validated, image: &str, trusts: bool) -> Container {
    let mut mounts = vec![
        pod::read_only_mount("config", "/fluentd/etc"),
        pod::read_only_mount("containers", "/var/log/containers"),
        pod::read_only_mount("pods", "/var/log/pods"),
        pod::mount("state", "/fluentd/state"),
    ];
    if trusts {
        mounts.push(pod::read_only_mount(
            "elasticsearch-certificates",
            &format!("{CERTIFICATES}/elasticsearch"),
        ));
    }
    pod::container(
        platform,
        FLUENTD,
        image,
        Container {
            ports: Some(vec![ContainerPort {
                name: Some(MONITOR.to_owned()),
                container_port: MONITOR_PORT,
                protocol: Some("TCP".to_owned()),
                ..Default::default()
            }]),
            env: Some(vec![pod::env_from_secret(
                "ELASTICSEARCH_PASSWORD",
                &platform.child(ELASTICSEARCH),
                FLUENTD_PASSWORD,
            )]),
            resources: Some(pod::fixed_resources("20m", "128Mi", "512Mi")),
            readiness_probe: Some(probe::http_probe(MONITOR, "/api/plugins.json", 10, 3)),
            liveness_probe: Some(probe::liveness(
                probe::GRACE_SECONDS,
                probe::http_probe(MONITOR, "/api/plugins.json", 30, 4),
            )),
            volume_mounts: Some(mounts),
            ..Default::default()
        },
    )
}

fn host_path(name: &str, path: &str, type_: Option<&str>) -> Volume {
    Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_: type_.map(str::to_owned),
        }),
        ..Default::default()
    }
}
