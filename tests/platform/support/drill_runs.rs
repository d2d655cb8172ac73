//! Runs the drills of `examples/drills` for a shorter time than users do.

use fdp_local::kubectl::Kubectl;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::process::Command;

/// The example of that name, with shorter times.
pub(crate) fn short(
    kubectl: &Kubectl,
    name: &str,
    shorten: impl FnOnce(&mut Value),
) -> Result<Value, Failed> {
    let file = fdp_checkout::root().join(format!("examples/drills/{name}.yaml"));
    let file = file.display().to_string();
    let read = ["create", "--dry-run=client", "--output=json", "--filename", &file];
    let mut drill: Value = serde_json::from_str(&kubectl.run(&read)?)?;
    let spec = &mut drill["spec"];
    spec["steadySeconds"] = json!(5);
    spec["recoverySeconds"] = json!(10);
    shorten(spec);
    Ok(drill)
}

/// What `fdp drill run` says, with further arguments, and its exit code.
pub(crate) fn run(kubectl: &Kubectl, drill: &Value, further: &[&str]) -> Result<(i32, String), Failed> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), drill.to_string())?;
    let mut command = Command::new(fdp_checkout::programs().join("fdp"));
    if let Some(kubeconfig) = kubectl.kubeconfig() {
        command.env("KUBECONFIG", kubeconfig);
    }
    let output = command
        .args(["drill", "run", "--timeout", "300", "--file"])
        .arg(file.path())
        .args(further)
        .env("NO_COLOR", "1")
        .output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok((
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}
