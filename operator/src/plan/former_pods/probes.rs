//! The probes of data stores as they were before what hangs was told from what listens.

use serde_json::{Value, json};

use crate::{
    kubernetes::{
        names::{ELASTICSEARCH, KAFKA, MONGODB, POSTGRES},
        probe::tcp_probe,
    },
    model::object::to_value,
};

const STARTUP: &str = "startupProbe";
const READINESS: &str = "readinessProbe";
const LIVENESS: &str = "livenessProbe";

/// Gives a container the probes that it had formerly.
pub(super) fn former(container: &mut Value) {
    let name = container["name"].as_str().unwrap_or_default().to_owned();
    let Some(container) = container.as_object_mut() else {
        return;
    };
    if let Some(liveness) = container.get_mut(LIVENESS).and_then(Value::as_object_mut) {
        liveness.remove("terminationGracePeriodSeconds");
    }
    if [KAFKA, POSTGRES, MONGODB].contains(&name.as_str()) {
        container.remove(STARTUP);
    }
    let (seconds, failures) = match name.as_str() {
        KAFKA => (10, 12),
        POSTGRES | MONGODB => (10, 30),
        ELASTICSEARCH => (10, 6),
        _ => return,
    };
    let liveness = to_value(&tcp_probe(&name, seconds, failures));
    container.insert(LIVENESS.to_owned(), liveness);
    if name == POSTGRES {
        container.insert(READINESS.to_owned(), of_the_lock_file());
    }
}

fn of_the_lock_file() -> Value {
    json!({
        "exec": { "command": ["grep", "-q", "^ready", "/var/lib/postgresql/data/pgdata/postmaster.pid"] },
        "periodSeconds": 3, "timeoutSeconds": 3, "failureThreshold": 2,
    })
}
