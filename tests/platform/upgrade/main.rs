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
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The name of the cluster.
const CLUSTER: &str = "upgrade";
/// How long a release may take from its operator to its services.
const ROLLED_OUT: Duration = Duration::from_mins(5);
const DELIVERED: Duration = Duration::from_mins(3);
/// How many orders are accepted between two changes.
const ORDERS: usize = 200;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![Trial::test(
        "a_release_is_upgraded_and_put_back_while_every_order_succeeds",
        a_release_is_upgraded_and_put_back_while_every_order_succeeds,
    )];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A checkout whose programs are built.
struct Release {
    program: PathBuf,
    target: Option<PathBuf>,
}

impl Release {
    fn last() -> Result<Self, Failed> {
        let checkout = std::env::var_os("FDP_LAST_RELEASE")
            .ok_or("FDP_LAST_RELEASE names no checkout: run `make upgrade-test`")?;
        let target = Path::new(&checkout).join("target");
        Ok(Self {
            program: target.join("debug/fdp-local"),
            target: Some(target),
        })
    }

    fn this() -> Self {
        Self {
            program: fdp_checkout::programs().join("fdp-local"),
            target: None,
        }
    }
}

fn a_release_is_upgraded_and_put_back_while_every_order_succeeds() -> Result<(), Failed> {
    let options = target::own_options(CLUSTER, 0, 1, Lifetime::WithParent);
    let target = Target::Own(fdp_cluster::up(&options, &Terminal::new())?);
    let result = upgraded_and_put_back(&target);
    drop(target);
    fdp_cluster::down(CLUSTER)?;
    result
}

fn upgraded_and_put_back(target: &Target) -> Result<(), Failed> {
    let kubectl = target.kubectl();
    let cluster = CurrentCluster::new(CLUSTER, &kubectl, target.kubeconfig())?;
    let (last, this) = (Release::last()?, Release::this());
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
    let customers = Customers::start(&shop);
    let changed = [("the upgrade", &this), ("the way back", &last)]
        .into_iter()
        .try_for_each(|(what, release)| -> Result<(), Failed> {
            more_orders(&customers)?;
            let (before, begun) = (customers.accepted(), Instant::now());
            up(release)?;
            println!(
                "{what}: {:.1} s, {} orders accepted meanwhile, none for {:.1} s at most",
                begun.elapsed().as_secs_f64(),
                customers.accepted() - before,
                customers.longest_silence(begun).as_secs_f64()
            );
            more_orders(&customers)
        });
    let (accepted, refused) = customers.stop()?;
    println!("{} orders accepted, {} refused", accepted.len(), refused.len());
    changed?;
    all_delivered(&shop, &accepted, DELIVERED).map_err(|(_, failure)| failure)?;
    match refused.first() {
        None => Ok(()),
        Some(first) => Err(format!("{} orders refused, the first: {}", refused.len(), first.why).into()),
    }
}

fn more_orders(customers: &Customers) -> Result<(), Failed> {
    let before = customers.accepted();
    wait::until(&format!("{ORDERS} more orders"), ROLLED_OUT, || {
        let now = customers.accepted() - before;
        if now >= ORDERS {
            Ok(())
        } else {
            Err(now.to_string())
        }
    })?;
    Ok(())
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
