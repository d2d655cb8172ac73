//! A cluster with Istio, the operator, and a platform that Istio's gateway leads to.

use fdp_cluster::{ClusterOptions, Forward, Lifetime, Progress as _, Terminal};
use fdp_local::install::{self, NAMESPACE, OPERATOR_NAMESPACE};
use fdp_local::kubectl::Kubectl;
use fdp_local::mesh;
use fdp_local::shop::Shop;
use fdp_local::software::{self, LOCAL_PREFIX};
use fdp_local::target::Target;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::Value;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

/// The name of the cluster.
pub(crate) const CLUSTER: &str = "mesh";
const PLATFORM: &str = include_str!("platform.yaml");
const SETTLED: Duration = Duration::from_mins(2);

/// What every test gets.
pub(crate) struct World {
    pub(crate) kubectl: Kubectl,
    /// The shop behind Istio's ingress gateway.
    pub(crate) shop: Shop,
    /// The tag of the services' images.
    pub(crate) tag: String,
    _target: Target,
}

impl World {
    pub(crate) fn start() -> Result<Self, Failed> {
        let progress = Terminal::new();
        let compilation = software::compile(&progress)?;
        let istio = mesh::images()?;
        let cluster = fdp_cluster::up(&options(), &progress)?;
        let address = address(cluster.forwards());
        let kubeconfig = cluster.kubeconfig();
        let target = Target::Own(cluster);
        let programs = compilation.wait(&progress)?;
        progress.stage("Installing Istio, and packing images meanwhile");
        let (installed, packed) = thread::scope(|scope| {
            let installing = scope.spawn(|| mesh::install(&target, &kubeconfig, &istio, true, &progress));
            let packed = software::pack(&programs, LOCAL_PREFIX, &progress)
                .and_then(|images| target.deliver(&images, &progress).map(|()| images.tag));
            let installed = installing.join();
            (installed.unwrap_or_else(|panic| resume_unwind(panic)), packed)
        });
        installed?;
        let tag = packed?;
        let kubectl = target.kubectl();
        progress.stage("Installing the operator");
        install::operator(&kubectl, LOCAL_PREFIX, &tag)?;
        progress.stage("Starting the platform");
        kubectl.run_with_input(&["apply", "--server-side", "--filename", "-"], PLATFORM)?;
        let world = Self {
            kubectl,
            shop: Shop::at(&address),
            tag,
            _target: target,
        };
        let ready = install::wait_until_ready(&world.kubectl, install::PLATFORM_READY, &mut |why| {
            progress.detail(why);
        })
        .map_err(Failed::from)
        .and_then(|_| world.wait_until_strict());
        ready.inspect_err(|_| world.tell_what_is_there())?;
        Ok(world)
    }

    /// Waits until the platform is Ready as its specification has it now.
    pub(crate) fn settle(&self) -> Result<(), Failed> {
        install::wait_until_ready(&self.kubectl, SETTLED, &mut |_| {})?;
        Ok(())
    }

    /// Waits until only mutual TLS is taken.
    fn wait_until_strict(&self) -> Result<(), Failed> {
        wait::until("mutual TLS to be demanded", SETTLED, || {
            let found = self.get("peerauthentications.security.istio.io")?;
            let mode = |object: &Value| object["spec"]["mtls"]["mode"] == "STRICT";
            if !found.is_empty() && found.iter().all(mode) {
                Ok(())
            } else {
                Err(format!("{found:?}"))
            }
        })?;
        Ok(())
    }

    /// All objects of a kind in the platform's namespace.
    pub(crate) fn get(&self, kind: &str) -> Result<Vec<Value>, String> {
        self.get_those(kind, "")
    }

    /// The pods of a part of the platform that are not ending.
    pub(crate) fn pods(&self, part: &str) -> Result<Vec<Value>, String> {
        let mut pods = self.get_those("pods", &format!("app.kubernetes.io/name={part}"))?;
        pods.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        Ok(pods)
    }

    fn get_those(&self, kind: &str, selector: &str) -> Result<Vec<Value>, String> {
        let get = ["get", kind, "--namespace", NAMESPACE, "--selector", selector];
        let list = self.kubectl.json(&get).map_err(|failure| failure.to_string())?;
        list["items"]
            .as_array()
            .cloned()
            .ok_or_else(|| format!("no list of {kind}"))
    }

    /// Prints what a person would check first after a failure.
    pub(crate) fn tell_what_is_there(&self) {
        for arguments in [
            &["get", "pods", "--all-namespaces", "--output", "wide"][..],
            &["get", "fdp", "--namespace", NAMESPACE, "--output", "yaml"],
            &["get", "drills", "--namespace", NAMESPACE, "--output", "yaml"],
            &[
                "logs",
                "--namespace",
                OPERATOR_NAMESPACE,
                "deployment/fdp-operator",
                "--tail=40",
            ],
            &[
                "logs",
                "--namespace",
                "istio-system",
                "deployment/istiod",
                "--tail=40",
            ],
        ] {
            let told = self.kubectl.run(arguments);
            println!(
                "$ kubectl {}\n{}",
                arguments.join(" "),
                told.unwrap_or_else(|failure| failure.to_string())
            );
        }
    }
}

fn options() -> ClusterOptions {
    ClusterOptions {
        name: CLUSTER.to_owned(),
        nodes: 1,
        api_port: 0,
        forwards: vec![Forward {
            loopback_port: 0,
            node_port: mesh::INGRESS_PORT,
        }],
        lifetime: Lifetime::WithParent,
    }
}

fn address(forwards: &[Forward]) -> String {
    let port = forwards
        .first()
        .map_or(mesh::INGRESS_PORT, |forward| forward.loopback_port);
    format!("http://127.0.0.1:{port}")
}
