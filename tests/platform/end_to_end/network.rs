//! Tests network policies with a real implementation: which connections are allowed, and what fails when a rule is
//! missing.

use crate::World;
use crate::specification::change;
use fdp_cluster::BUSYBOX;
use fdp_local::failure::Result as LocalResult;
use fdp_local::install::{self, NAMESPACE, OPERATOR_NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

const ENFORCED: Duration = Duration::from_mins(1);
const RESTARTED: Duration = Duration::from_mins(4);
/// How many orders at a time, how often in a row. One that is refused takes as long as its customer would wait.
const AT_A_TIME: usize = 4;
const IN_A_ROW: u32 = 5;
/// The operator's policy.
const OPERATOR: &str = "fdp-operator";

pub(crate) fn a_foreign_pod_is_refused_by_everything_but_the_gateway(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let foreigner = Foreigner::enter(kubectl, "foreigner")?;
    let ours = format!("--selector=fooddelivery.dev/platform={PLATFORM}");
    let mut targets = BTreeSet::new();
    let mut gateway = BTreeSet::new();
    for pod in items(kubectl, &["get", "pods", "--namespace", NAMESPACE, &ours])? {
        let address = text(&pod["status"]["podIP"]);
        for port in ports(&pod["spec"]["containers"][0]["ports"], "containerPort") {
            note(&pod, &address, port, &mut targets, &mut gateway);
        }
    }
    for service in items(kubectl, &["get", "services", "--namespace", NAMESPACE, &ours])? {
        let address = text(&service["spec"]["clusterIP"]);
        for port in ports(&service["spec"]["ports"], "port").filter(|_| address != "None") {
            note(&service, &address, port, &mut targets, &mut gateway);
        }
    }
    let parts = ["pay", "order", "kafka", "postgres"];
    if targets.len() < 2 * parts.len() || gateway.len() < 2 {
        return Err(format!("too little was tried to prove anything: {targets:?}, {gateway:?}").into());
    }
    let reached = foreigner.reaches(&targets)?;
    println!(
        "a foreign pod tried {} addresses and reached {reached:?}",
        targets.len()
    );
    if reached != gateway {
        return Err(format!("a foreign pod should reach {gateway:?}, and it reaches {reached:?}").into());
    }
    Ok(())
}

/// Records an address to try, and whether it is the open address of the gateway.
fn note(
    object: &Value,
    address: &str,
    port: u64,
    targets: &mut BTreeSet<String>,
    gateway: &mut BTreeSet<String>,
) {
    let target = format!("{address} {port}");
    if object["metadata"]["labels"]["app.kubernetes.io/name"] == "gateway" && port == 8080 {
        gateway.insert(target.clone());
    }
    targets.insert(target);
}

/// The installed policy allows everybody to request the pages; a policy with sources (`ingressFrom` of the chart)
/// allows only those.
pub(crate) fn the_operators_page_answers_only_whom_its_policy_names(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let (guest, stranger) = (
        Foreigner::enter(kubectl, "guest")?,
        Foreigner::enter(kubectl, "stranger")?,
    );
    let mut page = BTreeSet::new();
    for pod in items(kubectl, &["get", "pods", "--namespace", OPERATOR_NAMESPACE])? {
        for port in ports(&pod["spec"]["containers"][0]["ports"], "containerPort") {
            page.insert(format!("{} {port}", text(&pod["status"]["podIP"])));
        }
    }
    for who in [&guest, &stranger] {
        let reached = who.reaches(&page)?;
        if page.is_empty() || reached != page {
            return Err(format!("everybody may ask {page:?}, and {} reaches {reached:?}", who.name).into());
        }
    }
    let from = json!([{ "namespaceSelector": {}, "podSelector": { "matchLabels": { "app": "guest" } } }]);
    let installed = kubectl.json(&[
        "get",
        "networkpolicy",
        OPERATOR,
        "--namespace",
        OPERATOR_NAMESPACE,
    ])?;
    let mut narrowed = installed.clone();
    narrowed["spec"]["ingress"][0]["from"] = from;
    apply_policy(kubectl, &narrowed)?;
    let refused = wait::until("a stranger to be refused by the operator", ENFORCED, || {
        let reached = stranger.reaches(&page).map_err(|failure| failure.to_string())?;
        if reached.is_empty() {
            Ok(())
        } else {
            Err(format!("{reached:?}"))
        }
    });
    let welcome = guest.reaches(&page);
    apply_policy(kubectl, &installed)?;
    refused?;
    let welcome = welcome?;
    if welcome != page {
        return Err(format!("the guest should reach {page:?}, and reaches {welcome:?}").into());
    }
    Ok(())
}

/// A rule that orders need, and the parts that have to reconnect for its absence to take effect.
struct Rule {
    policy: &'static str,
    path: &'static str,
    restarts: &'static str,
}

const NEEDED: [Rule; 2] = [
    // From order.
    Rule {
        policy: "pay",
        path: "/spec/ingress/0",
        restarts: "pay",
    },
    // To the pods of the DNS server, whose port is not 53.
    Rule {
        policy: "default-deny",
        path: "/spec/egress/0",
        restarts: "order",
    },
];

pub(crate) fn without_a_rule_that_is_needed_orders_fail_until_it_is_back(
    world: &World,
) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    for Rule {
        policy,
        path,
        restarts,
    } in NEEDED
    {
        // Otherwise the operator would restore the rule at once.
        suspend(kubectl, true)?;
        let policy = format!("{PLATFORM}-{policy}");
        let missing = patch(
            kubectl,
            NAMESPACE,
            &policy,
            &json!([{ "op": "remove", "path": path }]),
        )
        .and_then(|()| restart(kubectl, restarts))
        .and_then(|()| wait_until_refused(world, &format!("{path} of {policy}")));
        suspend(kubectl, false)?;
        missing?;
        wait::until(
            &format!("orders to work with {path} of {policy} again"),
            RESTARTED,
            || order(world).map_err(|failure| failure.to_string()),
        )?;
        install::wait_until_ready(kubectl, RESTARTED, &mut |_| {})?;
    }
    Ok(())
}

/// Waits until several orders in sequence are rejected: a single one may be, while a pod is replaced.
fn wait_until_refused(world: &World, without: &str) -> LocalResult<()> {
    let mut refused = 0;
    let last = wait::until(
        &format!("orders to fail without {without}"),
        RESTARTED,
        || match order_at_once(world) {
            Ok(accepted) => {
                refused = 0;
                Err(format!("order {accepted} was accepted"))
            }
            Err(failure) => {
                refused += 1;
                if refused == IN_A_ROW {
                    Ok(failure)
                } else {
                    Err(failure.to_string())
                }
            }
        },
    )?;
    println!("without {without}: {last}");
    Ok(())
}

/// Several orders at the same time: one that was accepted, or why the last one was not.
fn order_at_once(world: &World) -> LocalResult<String> {
    thread::scope(|scope| {
        let more: Vec<_> = (1..AT_A_TIME).map(|_| scope.spawn(|| order(world))).collect();
        let mut answer = order(world);
        for one in more {
            match one.join() {
                Ok(accepted @ Ok(_)) => answer = accepted,
                Ok(Err(_)) => {}
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        answer
    })
}

fn order(world: &World) -> LocalResult<String> {
    world
        .shop
        .order(&json!({ "item": "통닭", "storeId": 1, "customerId": "wary" }))
}

/// Deletes the pods of a part, and so closes their connections.
fn restart(kubectl: &Kubectl, part: &str) -> LocalResult<()> {
    let selector = format!("--selector=app.kubernetes.io/name={part}");
    kubectl
        .run(&[
            "delete",
            "pods",
            "--namespace",
            NAMESPACE,
            &selector,
            "--wait",
            "--timeout=120s",
        ])
        .map(drop)
}

fn suspend(kubectl: &Kubectl, suspended: bool) -> LocalResult<()> {
    change(kubectl, &json!({ "suspend": suspended }))?;
    wait::until("the operator to see that", ENFORCED, || {
        let platform = install::platform(kubectl).map_err(|failure| failure.to_string())?;
        let (wanted, seen) = (
            &platform["metadata"]["generation"],
            &platform["status"]["observedGeneration"],
        );
        if wanted == seen {
            Ok(())
        } else {
            Err(format!("{seen} of {wanted}"))
        }
    })
}

/// Applies the operator's policy with the field manager of its installation, so that a later installation has no
/// conflict.
fn apply_policy(kubectl: &Kubectl, policy: &Value) -> LocalResult<()> {
    let policy = json!({
        "apiVersion": policy["apiVersion"], "kind": policy["kind"],
        "metadata": { "name": OPERATOR, "namespace": OPERATOR_NAMESPACE, "labels": policy["metadata"]["labels"] },
        "spec": policy["spec"],
    });
    kubectl
        .run_with_input(
            &["apply", "--server-side", "--force-conflicts", "--filename", "-"],
            &policy.to_string(),
        )
        .map(drop)
}

fn patch(kubectl: &Kubectl, namespace: &str, policy: &str, patch: &Value) -> LocalResult<()> {
    let patch = patch.to_string();
    kubectl
        .run(&[
            "patch",
            "networkpolicy",
            policy,
            "--namespace",
            namespace,
            "--type=json",
            "--patch",
            &patch,
        ])
        .map(drop)
}

/// A pod outside the platform, with a label `app`; it is deleted when this is dropped.
struct Foreigner<'a> {
    kubectl: &'a Kubectl,
    name: &'static str,
}

impl<'a> Foreigner<'a> {
    fn enter(kubectl: &'a Kubectl, name: &'static str) -> LocalResult<Self> {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": { "app": name } },
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{
                    "name": "main", "image": BUSYBOX, "imagePullPolicy": "Never", "command": ["sleep", "infinity"],
                }],
            },
        });
        kubectl.run_with_input(
            &["apply", "--namespace=default", "--filename=-"],
            &pod.to_string(),
        )?;
        let foreigner = Self { kubectl, name };
        let pod = format!("pod/{name}");
        kubectl.run(&[
            "wait",
            "--namespace=default",
            "--for=condition=Ready",
            "--timeout=120s",
            &pod,
        ])?;
        Ok(foreigner)
    }

    /// Those of the targets, `address port` each, that accept a connection from here.
    fn reaches(&self, targets: &BTreeSet<String>) -> LocalResult<BTreeSet<String>> {
        let tries: Vec<String> = targets
            .iter()
            .map(|target| format!("(nc -w 3 {target} </dev/null >/dev/null 2>&1 && echo {target}) &"))
            .collect();
        let script = format!("{}\nwait", tries.join("\n"));
        let said = self.kubectl.run(&[
            "exec",
            "--namespace=default",
            self.name,
            "--",
            "sh",
            "-c",
            &script,
        ])?;
        Ok(said.lines().map(str::to_owned).collect())
    }
}

impl Drop for Foreigner<'_> {
    fn drop(&mut self) {
        let _ = self
            .kubectl
            .run(&["delete", "pod", self.name, "--namespace=default", "--wait=false"]);
    }
}

fn items(kubectl: &Kubectl, arguments: &[&str]) -> Result<Vec<Value>, Failed> {
    let list = kubectl.json(arguments)?;
    Ok(list["items"].as_array().cloned().ok_or("no list")?)
}

fn ports(list: &Value, key: &'static str) -> impl Iterator<Item = u64> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(move |port| port[key].as_u64())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
