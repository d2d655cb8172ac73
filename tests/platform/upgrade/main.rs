//! The last release is upgraded to this one and goes back, on a real Kubernetes, while customers order.
//!
//! `make upgrade-test` builds the last release and names its checkout in `FDP_LAST_RELEASE`.

#[path = "../support/current_cluster.rs"]
mod current_cluster;
#[path = "../support/customers.rs"]
mod customers;

use current_cluster::CurrentCluster;
use customers::{Customers, all_delivered};
use fdp_catalogue::Service;
use fdp_cluster::{Lifetime, Terminal};
use fdp_local::install::{NAMESPACE, OPERATOR_NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::options::GATEWAY_PORT;
use fdp_local::shop::Shop;
use fdp_local::target::{self, Target};
use fdp_local::{install, wait};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The name of the cluster.
const CLUSTER: &str = "upgrade";
/// How long a release may take from its operator to its services.
const ROLLED_OUT: Duration = Duration::from_mins(5);
const DELIVERED: Duration = Duration::from_mins(3);
/// How many orders are accepted between two changes.
const ORDERS: usize = 200;

/// What the last release needs on this cluster.
const DNS: &str = include_str!("dns.yaml");
/// Stores that the operator does not run, and a platform that uses them.
const STORES: &str = include_str!("stores.yaml");

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = vec![
        Trial::test("an_upgrade_and_the_way_back_refuse_no_order", || {
            on_a_cluster(None)
        }),
        Trial::test(
            "an_upgrade_and_the_way_back_refuse_no_order_with_external_stores",
            || on_a_cluster(Some(STORES)),
        ),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A checkout whose programs are built.
struct Release {
    checkout: PathBuf,
    program: PathBuf,
    target: Option<PathBuf>,
}

impl Release {
    fn last() -> Result<Self, Failed> {
        let checkout: PathBuf = std::env::var_os("FDP_LAST_RELEASE")
            .ok_or("FDP_LAST_RELEASE names no checkout: run `make upgrade-test`")?
            .into();
        let target = checkout.join("target");
        Ok(Self {
            checkout,
            program: target.join("debug/fdp-local"),
            target: Some(target),
        })
    }

    fn this() -> Self {
        Self {
            checkout: fdp_checkout::root().to_owned(),
            program: fdp_checkout::programs().join("fdp-local"),
            target: None,
        }
    }
}

/// Upgrades and puts back on a cluster of its own, with a platform of these manifests if there are any.
fn on_a_cluster(platform: Option<&str>) -> Result<(), Failed> {
    let options = target::own_options(CLUSTER, 0, 1, Lifetime::WithParent);
    let target = Target::Own(fdp_cluster::up(&options, &Terminal::new())?);
    let result = upgraded_and_put_back(&target, platform).inspect_err(|_| tell(&target.kubectl()));
    drop(target);
    fdp_cluster::down(CLUSTER)?;
    result
}

fn upgraded_and_put_back(target: &Target, platform: Option<&str>) -> Result<(), Failed> {
    let kubectl = target.kubectl();
    let cluster = CurrentCluster::new(CLUSTER, &kubectl, target.kubeconfig())?;
    let (last, this) = (Release::last()?, Release::this());
    apply(&kubectl, DNS)?;
    if let Some(platform) = platform {
        let definition = last.checkout.join("crds/fooddeliveryplatforms.yaml");
        // As `make up` does, which must be able to change it.
        let definition = definition.display().to_string();
        kubectl.run(&["apply", "--server-side", "--filename", &definition])?;
        install::wait_until_served(&kubectl, "fooddeliveryplatforms.fooddelivery.dev")?;
        apply(&kubectl, platform)?;
    }
    let up = |release: &Release| -> Result<(), Failed> {
        cluster.run(&release.program, release.target.as_deref(), "up")?;
        wait::until(
            "every service to be of the operator's version",
            ROLLED_OUT,
            || of_one_version(&kubectl),
        )?;
        Ok(install::wait_until_ready(&kubectl, ROLLED_OUT, &mut |_| {}).map(drop)?)
    };
    up(&last)?;
    let shop = Shop::at(&format!("http://127.0.0.1:{GATEWAY_PORT}"));
    let (customers, opened) = (Customers::start(&shop), Instant::now());
    let changed = [("the upgrade", &this), ("the way back", &last)]
        .into_iter()
        .try_for_each(|(what, release)| -> Result<(), Failed> {
            customers.wait_for_more(ORDERS, ROLLED_OUT)?;
            let (before, begun) = (customers.accepted(), Instant::now());
            up(release)?;
            println!(
                "{what}: from {:.1} to {:.1} s, {} orders accepted meanwhile, none for {:.1} s at most",
                begun.duration_since(opened).as_secs_f64(),
                opened.elapsed().as_secs_f64(),
                customers.accepted() - before,
                customers.longest_silence(begun).as_secs_f64()
            );
            customers.wait_for_more(ORDERS, ROLLED_OUT)
        });
    let (accepted, refused) = customers.stop()?;
    println!("{} orders accepted, {} refused", accepted.len(), refused.len());
    for refused in &refused {
        let at = refused.at.duration_since(opened).as_secs_f64();
        println!("  refused at {at:.1} s: {}", refused.why);
    }
    changed?;
    all_delivered(&shop, &accepted, DELIVERED).map_err(|(_, failure)| failure)?;
    if refused.is_empty() {
        Ok(())
    } else {
        Err(format!("{} orders refused", refused.len()).into())
    }
}

/// Applies under a name of its own: what `make up` applies would take these fields away from the platform again.
fn apply(kubectl: &Kubectl, manifests: &str) -> Result<(), Failed> {
    let owner = "--field-manager=upgrade-test";
    let arguments = ["apply", "--server-side", owner, "--filename", "-"];
    Ok(kubectl.run_with_input(&arguments, manifests).map(drop)?)
}

/// Prints what is there, for whoever reads why the test failed.
fn tell(kubectl: &Kubectl) {
    let system = ["--namespace", OPERATOR_NAMESPACE];
    for what in [
        &["get", "pods", "--all-namespaces", "--output=wide"][..],
        &["get", "fdp", "--all-namespaces", "--output=yaml"],
        &[&["logs", "deployment/fdp-operator", "--tail=40"], &system[..]].concat(),
    ] {
        let told = kubectl.run(what);
        println!("{}", told.unwrap_or_else(|failure| failure.to_string()));
    }
}

/// Whether all services run, and nothing else than, the version of the operator.
fn of_one_version(kubectl: &Kubectl) -> Result<(), String> {
    let version = tag(&deployment(kubectl, "fdp-operator", OPERATOR_NAMESPACE)?);
    for service in Service::ALL {
        let name = format!("{PLATFORM}-{service}");
        let found = deployment(kubectl, &name, NAMESPACE)?;
        let status = &found["status"];
        let rolled_out = status["observedGeneration"] == found["metadata"]["generation"]
            && status["updatedReplicas"] == status["replicas"]
            && status["availableReplicas"] == status["replicas"];
        if tag(&found) != version || !rolled_out {
            return Err(format!("{name}: {} of {version}, {status}", tag(&found)));
        }
    }
    Ok(())
}

fn deployment(kubectl: &Kubectl, name: &str, namespace: &str) -> Result<Value, String> {
    kubectl
        .json(&["get", "deployment", name, "--namespace", namespace])
        .map_err(|failure| failure.to_string())
}

fn tag(deployment: &Value) -> String {
    let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str();
    let tag = image.and_then(|image| image.rsplit_once(':')).map(|(_, tag)| tag);
    tag.unwrap_or_default().to_owned()
}
