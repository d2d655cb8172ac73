//! Builders for pods: restricted security, volumes, environment variables and resources.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Capabilities, ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, EnvVar,
        EnvVarSource, KeyToPath, LocalObjectReference, ObjectFieldSelector, PodSecurityContext,
        ResourceRequirements, SeccompProfile, SecretKeySelector, SecretVolumeSource, SecurityContext,
        TopologySpreadConstraint, Volume, VolumeMount,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::LabelSelector},
};

use crate::spec::{Amounts, Validated};

/// The user of our own images.
pub const SERVICE_USER: i64 = 65532;

/// The pod-level settings of the restricted pod security standard.
pub fn pod_security(user: i64) -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(user),
        run_as_group: Some(user),
        fs_group: Some(user),
        // Otherwise the kubelet would change the ownership of every file of the volume at each start.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A container of that image with the settings that every container has.
pub fn container(platform: &Validated, name: &str, image: &str, container: Container) -> Container {
    restrict(Container {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        image_pull_policy: Some(platform.pull_policy.as_str().to_owned()),
        ..container
    })
}

/// Adds the settings that every container has: no privileges, a read-only root file system, and a /tmp.
pub(super) fn restrict(mut container: Container) -> Container {
    container.security_context = Some(SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            ..Default::default()
        }),
        ..Default::default()
    });
    container
        .volume_mounts
        .get_or_insert_default()
        .push(mount("tmp", "/tmp"));
    container
}

/// The volume behind the /tmp of [`restrict`].
pub fn tmp() -> Volume {
    scratch("tmp")
}

/// A volume that lives as long as the pod.
pub fn scratch(name: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Default::default()
    }
}

/// A volume with all keys of a `ConfigMap` as files.
pub fn config_volume(name: &str, config_map: String) -> Volume {
    Volume {
        name: name.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: config_map,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A volume with one key of a Secret, as a file of that name.
pub fn secret_volume(name: &str, secret: String, key: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret),
            items: Some(vec![item(key)]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Spreads the pods with these labels over the nodes.
pub fn spread_over_nodes(selector: BTreeMap<String, String>) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: "kubernetes.io/hostname".to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector {
            match_labels: Some(selector),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Where a volume appears in a container.
pub fn mount(volume: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: volume.to_owned(),
        mount_path: path.to_owned(),
        ..Default::default()
    }
}

/// The same, read-only.
pub fn read_only_mount(volume: &str, path: &str) -> VolumeMount {
    VolumeMount {
        read_only: Some(true),
        ..mount(volume, path)
    }
}

/// One key of a Secret or `ConfigMap` as a file of the same name.
pub fn item(key: &str) -> KeyToPath {
    KeyToPath {
        key: key.to_owned(),
        path: key.to_owned(),
        mode: None,
    }
}

/// A container's port.
pub fn port(name: &str, port: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: i32::from(port),
        protocol: Some("TCP".to_owned()),
        ..Default::default()
    }
}

/// An environment variable with a plain value.
pub fn env(name: &str, value: impl Into<String>) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value.into()),
        ..Default::default()
    }
}

/// An environment variable with the value of a key of a Secret.
pub fn env_from_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.to_owned(),
                key: key.to_owned(),
                optional: None,
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The same, but the variable is not set if the Secret has no such key.
pub fn env_from_optional_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    let mut variable = env_from_secret(name, secret, key);
    if let Some(key) = variable
        .value_from
        .as_mut()
        .and_then(|from| from.secret_key_ref.as_mut())
    {
        key.optional = Some(true);
    }
    variable
}

/// An environment variable with the value of a field of the pod.
pub fn env_from_field(name: &str, field_path: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                api_version: Some("v1".to_owned()),
                field_path: field_path.to_owned(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The resource requests and limits of a container.
pub fn resources(requests: &Amounts, limits: &Amounts) -> ResourceRequirements {
    let list = |amounts: &Amounts| {
        let list: BTreeMap<_, _> = [("cpu", &amounts.cpu), ("memory", &amounts.memory)]
            .into_iter()
            .filter_map(|(name, amount)| Some((name.to_owned(), Quantity(amount.clone()?))))
            .collect();
        (!list.is_empty()).then_some(list)
    };
    ResourceRequirements {
        requests: list(requests),
        limits: list(limits),
        ..Default::default()
    }
}

/// Requests of CPU and memory, and a limit of memory.
pub fn fixed_resources(cpu: &str, memory: &str, memory_limit: &str) -> ResourceRequirements {
    resources(&amounts(Some(cpu), memory), &amounts(None, memory_limit))
}

/// Amounts of CPU and memory.
pub fn amounts(cpu: Option<&str>, memory: &str) -> Amounts {
    Amounts {
        cpu: cpu.map(str::to_owned),
        memory: Some(memory.to_owned()),
    }
}

/// The Secrets that nodes use to pull the platform's images.
pub fn pull_secrets(platform: &Validated) -> Option<Vec<LocalObjectReference>> {
    let secrets: Vec<_> = platform
        .pull_secrets
        .iter()
        .map(|name| LocalObjectReference { name: name.clone() })
        .collect();
    (!secrets.is_empty()).then_some(secrets)
}
