//! Faults in the sidecars of pods, in front of the program. Callers cannot tell them from faults of the program itself.

use fdp_local::failure::Result;
use fdp_local::install::NAMESPACE;
use fdp_local::kubectl::Kubectl;
use serde_json::{Value, json};

/// The answer to a first try of a POST request is replaced after the program has done what was asked for.
const ANSWER_IS_LOST: &str = r#"
function envoy_on_request(handle)
  local headers = handle:headers()
  local is_lost = headers:get(":method") == "POST" and headers:get("x-envoy-attempt-count") == "1"
  handle:streamInfo():dynamicMetadata():set("test", "is_lost", is_lost)
end
function envoy_on_response(handle)
  local noted = handle:streamInfo():dynamicMetadata():get("test")
  if noted and noted["is_lost"] then
    handle:headers():replace(":status", "503")
  end
end
"#;

/// Sidecars with a fault, until this is dropped.
pub(crate) struct Fault<'a> {
    kubectl: &'a Kubectl,
    name: &'static str,
}

impl<'a> Fault<'a> {
    /// Every request gets this status.
    pub(crate) fn status(
        kubectl: &'a Kubectl,
        name: &'static str,
        pods: &Value,
        port: u16,
        status: u16,
    ) -> Result<Self> {
        Self::filter(
            kubectl,
            name,
            pods,
            port,
            &faults(&json!({ "abort": abort(status) })),
        )
    }

    /// The first try of every request gets this status, and the program never hears of it.
    pub(crate) fn first_try(
        kubectl: &'a Kubectl,
        name: &'static str,
        pods: &Value,
        port: u16,
        status: u16,
    ) -> Result<Self> {
        let first = json!([{ "name": "x-envoy-attempt-count", "string_match": { "exact": "1" } }]);
        let filter = faults(&json!({ "abort": abort(status), "headers": first }));
        Self::filter(kubectl, name, pods, port, &filter)
    }

    /// Every request waits for that many seconds.
    pub(crate) fn delay(
        kubectl: &'a Kubectl,
        name: &'static str,
        pods: &Value,
        port: u16,
        seconds: u32,
    ) -> Result<Self> {
        let delay = json!({ "fixed_delay": format!("{seconds}s"), "percentage": { "numerator": 100 } });
        Self::filter(kubectl, name, pods, port, &faults(&json!({ "delay": delay })))
    }

    /// The first try of a POST request is done, and its answer is lost.
    pub(crate) fn lost_answer(
        kubectl: &'a Kubectl,
        name: &'static str,
        pods: &Value,
        port: u16,
    ) -> Result<Self> {
        let filter = json!({
            "name": "envoy.filters.http.lua",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "default_source_code": { "inline_string": ANSWER_IS_LOST },
            },
        });
        Self::filter(kubectl, name, pods, port, &filter)
    }

    fn filter(
        kubectl: &'a Kubectl,
        name: &'static str,
        pods: &Value,
        port: u16,
        filter: &Value,
    ) -> Result<Self> {
        let object = json!({
            "apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
            "metadata": { "name": name, "namespace": NAMESPACE },
            "spec": {
                "workloadSelector": { "labels": pods },
                "configPatches": [{
                    "applyTo": "HTTP_FILTER",
                    "match": {
                        "context": "SIDECAR_INBOUND",
                        "listener": {
                            "portNumber": port,
                            "filterChain": { "filter": { "name": "envoy.filters.network.http_connection_manager" } },
                        },
                    },
                    "patch": { "operation": "INSERT_FIRST", "value": filter },
                }],
            },
        });
        kubectl.run_with_input(&["apply", "--filename=-"], &object.to_string())?;
        Ok(Self { kubectl, name })
    }

    /// Ends it, and says so if that fails.
    pub(crate) fn end(self) -> Result<()> {
        self.delete()
    }

    fn delete(&self) -> Result<()> {
        let delete = [
            "delete",
            "envoyfilter",
            self.name,
            "--namespace",
            NAMESPACE,
            "--ignore-not-found",
        ];
        self.kubectl.run(&delete).map(drop)
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        let _ = self.delete();
    }
}

/// Envoy's filter for faults.
fn faults(settings: &Value) -> Value {
    let mut config =
        json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault" });
    for (name, value) in settings.as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
    json!({ "name": "envoy.filters.http.fault", "typed_config": config })
}

/// The labels of the pods of a part.
pub(crate) fn pods_of(part: &str) -> Value {
    json!({ "app.kubernetes.io/name": part })
}

/// Every request gets this status.
fn abort(status: u16) -> Value {
    json!({ "http_status": status, "percentage": { "numerator": 100 } })
}
