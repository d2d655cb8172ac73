//! What Argo CD needs in the cluster, and our Application, both applied as users do.

use fdp_local::failure::Result;
use fdp_local::install::wait_until_served;
use fdp_local::kubectl::Kubectl;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::fs;

/// The namespace of Argo CD's settings and Applications.
pub(super) const NAMESPACE: &str = "argocd";
/// The Application of the tested environment.
pub(super) const APPLICATION: &str = "platform-staging";
/// The tested environment.
pub(super) const ENVIRONMENT: &str = "staging";
/// The name of the Application in the manifest.
const PUBLISHED: &str = "platform-production";
/// The finalizer that deletes the Application's objects with it.
const CASCADE: &str = "resources-finalizer.argocd.argoproj.io";

/// Installs Argo CD's kinds and settings, and the health check of platforms with the command in `docs/install.md`.
pub(super) fn install(kubectl: &Kubectl) -> std::result::Result<(), Failed> {
    kubectl.run(&["create", "namespace", NAMESPACE])?;
    let manifests = fdp_programs::argo_cd::manifests()?.display().to_string();
    kubectl.run(&in_argo_cd(&["apply", "--server-side", "--filename", &manifests]))?;
    let patch = fdp_checkout::root().join("manifests/argocd/argocd-cm-patch.yaml");
    let patch = patch.display().to_string();
    kubectl.run(&in_argo_cd(&[
        "patch",
        "configmap",
        "argocd-cm",
        "--patch-file",
        &patch,
    ]))?;
    // Normally Argo CD's web server sets these two when it starts, but it does not run here.
    let key = json!({"stringData": {"server.secretkey": "nobody signs in here"}}).to_string();
    kubectl.run(&in_argo_cd(&[
        "patch",
        "secret",
        "argocd-secret",
        "--type=merge",
        "--patch",
        &key,
    ]))?;
    for kind in ["applications", "appprojects"] {
        wait_until_served(kubectl, &format!("{kind}.argoproj.io"))?;
    }
    apply(
        kubectl,
        &json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
            "metadata": {"name": "default", "namespace": NAMESPACE},
            "spec": {
                "sourceRepos": ["*"],
                "destinations": [{"namespace": "*", "server": "*"}],
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
            },
        }),
    )?;
    Ok(())
}

/// Applies the Application of `manifests/argocd/application.yaml`, with only the environment and the repository
/// changed.
pub(super) fn apply_application(kubectl: &Kubectl, repository: &str) -> std::result::Result<(), Failed> {
    let file = fdp_checkout::root().join("manifests/argocd/application.yaml");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&fs::read_to_string(&file)?)?;
    let mut application = documents
        .into_iter()
        .find(|document| document["metadata"]["name"] == PUBLISHED)
        .ok_or_else(|| format!("{} has no {PUBLISHED}", file.display()))?;
    application["metadata"]["name"] = json!(APPLICATION);
    application["spec"]["destination"]["namespace"] = json!(namespace());
    application["spec"]["source"]["repoURL"] = json!(repository);
    application["spec"]["source"]["path"] = json!(format!("environments/{ENVIRONMENT}"));
    apply(kubectl, &application)?;
    Ok(())
}

/// Deletes the Application and the objects that it created.
pub(super) fn delete_application(kubectl: &Kubectl) -> Result<()> {
    let cascade = json!({"metadata": {"finalizers": [CASCADE]}}).to_string();
    kubectl.run(&in_argo_cd(&[
        "patch",
        "application",
        APPLICATION,
        "--type=merge",
        "--patch",
        &cascade,
    ]))?;
    kubectl
        .run(&in_argo_cd(&[
            "delete",
            "application",
            APPLICATION,
            "--wait=false",
        ]))
        .map(drop)
}

/// The namespace of the environment.
pub(super) fn namespace() -> String {
    format!("food-delivery-{ENVIRONMENT}")
}

fn in_argo_cd<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--namespace", NAMESPACE]].concat()
}

fn apply(kubectl: &Kubectl, object: &Value) -> Result<()> {
    kubectl
        .run_with_input(
            &["apply", "--server-side", "--filename", "-"],
            &object.to_string(),
        )
        .map(drop)
}
