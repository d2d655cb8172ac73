//! Jobs that configure servers, and their health.

use std::sync::Arc;

use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{ContainerStateTerminated, Pod, PodSpec, PodTemplateSpec},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::ResourceExt as _;

use crate::{
    kubernetes::{
        health::{self, Evidence},
        names::{self, Component},
        pod_template::labelled_template,
    },
    model::{health::Health, observed::Observed},
    spec::Validated,
};

/// How often a Job may fail before Kubernetes gives up. Its program waits for the servers itself, so that only crashes
/// count.
const RETRIES: i32 = 60;

/// The spec of a Job.
pub fn spec(mut template: PodTemplateSpec) -> JobSpec {
    if let Some(pod) = &mut template.spec {
        pod.restart_policy = Some("OnFailure".to_owned());
    }
    JobSpec {
        backoff_limit: Some(RETRIES),
        template,
        ..Default::default()
    }
}

/// The spec of a Job whose pods get no sidecar, because with one it would never complete. The label is part of the spec, so
/// that the hash of it in the Job's name includes it.
pub fn spec_without_sidecar(platform: &Validated, part: &str, component: Component, pod: PodSpec) -> JobSpec {
    let mut labels = names::labels(&platform.name, part, component);
    labels.insert(names::SIDECAR_LABEL.to_owned(), "false".to_owned());
    spec(labelled_template(platform, labels, None, pod))
}

/// The Job of a part. Its name changes when it has to run again.
pub fn job(platform: &Validated, part: &str, component: Component, name: String, spec: JobSpec) -> Job {
    Job {
        metadata: ObjectMeta {
            name: Some(name),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(spec),
        ..Default::default()
    }
}

/// The last line that each ended container of the Job of that name has left for whoever looks at it, with how it ended.
pub fn last_words<'o>(
    part: &str,
    name: &str,
    observed: &'o Observed,
) -> impl Iterator<Item = (&'o ContainerStateTerminated, &'o str)> {
    let ends = ends(part, name, observed);
    ends.filter_map(|end| Some((end, end.message.as_deref()?.trim().lines().last()?)))
}

/// How each container of the Job of that name has ended.
pub fn ends<'o>(
    part: &str,
    name: &str,
    observed: &'o Observed,
) -> impl Iterator<Item = &'o ContainerStateTerminated> {
    let containers = pods(part, name, observed)
        .filter_map(|pod| pod.status.as_ref())
        .flat_map(|status| status.container_statuses.iter().flatten());
    containers
        .flat_map(|container| [&container.state, &container.last_state])
        .filter_map(|state| state.as_ref()?.terminated.as_ref())
}

/// The pods of the Job of that name. Those of a former one have another name.
pub fn pods<'o>(part: &str, name: &str, observed: &'o Observed) -> impl Iterator<Item = &'o Arc<Pod>> {
    let pods = health::pods_of(&observed.pods, part);
    pods.into_iter().filter(move |pod| is_of_job(pod, name))
}

fn is_of_job(pod: &Pod, name: &str) -> bool {
    let job = pod.labels().get("batch.kubernetes.io/job-name");
    job.is_some_and(|job| job == name)
}

/// The health of the Job of that name.
pub fn health(part: &str, name: &str, observed: &Observed) -> Health {
    let job = observed.children.typed::<Job>(name);
    let mut evidence = Evidence::of(observed, part);
    // Pods of a former Job say nothing about this one.
    evidence.pods.retain(|pod| is_of_job(pod, name));
    health::job(name, job.as_ref(), &evidence)
}
