//! Runs a command as somebody would who copies it from a message into a shell.

use std::{
    io::Write as _,
    os::unix::fs::symlink,
    process::{Command, Output, Stdio},
};

use fdp_test_operator::{NAMESPACE, World};
use serde_json::Value;

/// What changes an object of somebody's is only tried: the API server does everything but store it.
const TRIED: [&str; 3] = [" patch ", " annotate ", " label "];
/// The name of the setup Job ends with a hash of passwords.
const SETUP_JOB: &str = "shop-setup-HASH";

/// A shell that finds kubectl and our program, and the cluster.
pub(crate) struct Shell<'a> {
    world: &'a World,
    programs: tempfile::TempDir,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let programs = tempfile::tempdir().unwrap();
        symlink(
            world.plane.kubectl().get_program(),
            programs.path().join("kubectl"),
        )
        .unwrap();
        symlink(fdp_checkout::programs().join("fdp"), programs.path().join("fdp")).unwrap();
        Self { world, programs }
    }

    /// Makes an object.
    pub(crate) async fn makes(&self, object: &Value) {
        let mut shell = self.shell("kubectl apply -f -");
        let input = object.to_string();
        let output = tokio::task::spawn_blocking(move || {
            let mut child = shell.stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        });
        ended_well(&output.await.unwrap()).unwrap();
    }

    /// Runs a command; what it says if it fails.
    pub(crate) async fn runs(&self, command: &str) -> Result<(), String> {
        let mut command = command.to_owned();
        if command.contains(SETUP_JOB) {
            let jobs = self
                .output(&format!("kubectl get jobs -n {NAMESPACE} -o name"))
                .await;
            let names = String::from_utf8(jobs.stdout).unwrap();
            let job = names.lines().find_map(|name| {
                name.strip_prefix("job.batch/")
                    .filter(|name| name.starts_with("shop-setup-"))
            });
            command = command.replace(SETUP_JOB, job.ok_or("there is no setup Job")?);
        }
        if TRIED.iter().any(|verb| command.contains(verb)) {
            command.push_str(" --dry-run=server");
        }
        ended_well(&self.output(&command).await)
    }

    async fn output(&self, command: &str) -> Output {
        let mut shell = self.shell(command);
        tokio::task::spawn_blocking(move || shell.output().unwrap())
            .await
            .unwrap()
    }

    fn shell(&self, command: &str) -> Command {
        let found_in = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell
            .args(["-e", "-o", "pipefail", "-c", command])
            .env("PATH", format!("{}:{found_in}", self.programs.path().display()))
            .env("KUBECONFIG", self.world.plane.kubeconfig())
            // Somebody who looks at what there is and changes nothing.
            .env("KUBE_EDITOR", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        shell
    }
}

fn ended_well(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
    Err(format!("{}: {}", output.status, said.join(" ").trim()))
}
