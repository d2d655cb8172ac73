//! Pods that are none of the platform, and ask its services all the same. The network's policies let them through, so that
//! only Istio is left to refuse them.

use fdp_cluster::BUSYBOX;
use fdp_local::failure::Result;
use fdp_local::install::{NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use serde_json::json;

/// How many seconds an answer may take.
const PATIENCE: u32 = 5;

/// A pod, which is deleted when this is dropped.
pub(crate) struct Guest<'a> {
    kubectl: &'a Kubectl,
    name: &'static str,
}

impl<'a> Guest<'a> {
    /// Starts a pod with that service account, with or without a sidecar, which the policies of the network take for one
    /// of the part `passes_for`.
    pub(crate) fn enter(
        kubectl: &'a Kubectl,
        name: &'static str,
        passes_for: &str,
        account: &str,
        has_sidecar: bool,
    ) -> Result<Self> {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "namespace": NAMESPACE, "labels": {
                "fooddelivery.dev/platform": PLATFORM,
                "app.kubernetes.io/instance": PLATFORM,
                "app.kubernetes.io/name": passes_for,
                "sidecar.istio.io/inject": has_sidecar.to_string(),
            } },
            "spec": {
                "serviceAccountName": account,
                "terminationGracePeriodSeconds": 0,
                "containers": [{
                    "name": "main", "image": BUSYBOX, "imagePullPolicy": "Never", "command": ["sleep", "infinity"],
                }],
            },
        });
        kubectl.run_with_input(&["apply", "--filename=-"], &pod.to_string())?;
        let guest = Self { kubectl, name };
        let pod = format!("pod/{name}");
        kubectl.run(&[
            "wait",
            "--namespace",
            NAMESPACE,
            "--for=condition=Ready",
            "--timeout=120s",
            &pod,
        ])?;
        Ok(guest)
    }

    /// What a service answers to a GET request, as it comes over the connection; nothing if that is refused or reset.
    pub(crate) fn asks(&self, service: &str, port: u16, path: &str) -> Result<String> {
        let host = format!("{PLATFORM}-{service}");
        // The end of its input would end the connection too early.
        let script = format!(
            "{{ printf 'GET {path} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1; }} \
             | nc -w {PATIENCE} {host} {port}; true"
        );
        let exec = [
            "exec",
            "--namespace",
            NAMESPACE,
            self.name,
            "--container=main",
            "--",
        ];
        self.kubectl.run(&[&exec[..], &["sh", "-c", &script]].concat())
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        let delete = [
            "delete",
            "pod",
            self.name,
            "--namespace",
            NAMESPACE,
            "--wait=false",
        ];
        let _ = self.kubectl.run(&delete);
    }
}
