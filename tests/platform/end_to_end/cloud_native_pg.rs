//! The real CloudNativePG takes the platform's database over, loses its primary, and gives the database back.

use crate::customers::{Customers, all_delivered};
use crate::specification::change;
use crate::{World, evidence};
use fdp_cluster::Terminal;
use fdp_images::{Image, ImageSet};
use fdp_local::install::{self, NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use fdp_programs::cloud_native_pg;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const INSTALLED: Duration = Duration::from_mins(3);
const MOVED: Duration = Duration::from_mins(5);
const FAILED_OVER: Duration = Duration::from_mins(2);
const DELIVERED: Duration = Duration::from_mins(3);
/// How many orders are on their way when the database moves.
const UNDER_WAY: usize = 1_000;
/// How many more show that orders are taken again.
const MORE: usize = 100;
const INSTANCES: u32 = 2;
const SYSTEM: &str = "cnpg-system";
const CLUSTER: &str = "shop-postgres";

/// Managed to CloudNativePG, a switchover, a failover, and back to Managed, with a thousand orders on their way and while
/// customers order: no order is lost, and never have pods of the platform two databases.
pub(crate) fn a_database_moves_to_cloud_native_pg_fails_over_and_moves_back(
    world: &World,
) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let server = install(world)?;
    let customers = Customers::start(&world.shop);
    let watch = Watch::begin(kubectl);
    let moved = moves(world, &customers, &server);
    let both = watch.end();
    let (accepted, refused) = customers.stop()?;
    let first = refused.first().map(|refused| refused.why.as_str());
    println!(
        "{} orders accepted, {} refused, the first: {}",
        accepted.len(),
        refused.len(),
        first.unwrap_or("none")
    );
    moved.inspect_err(|_| {
        tell(kubectl);
        // Other tests want their orders delivered.
        if let Err(failure) = store_acts(kubectl, true) {
            println!("the store does not act again: {failure:?}");
        }
    })?;
    if let Some(both) = both {
        return Err(format!("pods of the platform had two databases: {both}").into());
    }
    if let Err((order, failure)) = all_delivered(&world.shop, &accepted, DELIVERED) {
        evidence::tell_about(world, &order);
        return Err(failure.into());
    }
    remove(kubectl)
}

fn moves(world: &World, customers: &Customers, server: &str) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let waiting = orders_wait(world, customers)?;
    let there = json!({"provider": "CloudNativePG", "instances": INSTANCES, "image": server});
    move_to(kubectl, customers, "CloudNativePG", &there)?;

    let first = primary(kubectl)?;
    let standby = format!("{CLUSTER}-{}", if first.ends_with("-1") { 2 } else { 1 });
    measured(customers, "a switchover", || switch_over(kubectl, &standby))?;
    // A standby that does not follow yet could not have what was committed last.
    is_whole(kubectl)?;
    measured(customers, "a failover", || {
        let delete = ["delete", "pod", &standby, "--namespace", NAMESPACE];
        kubectl.run(&[&delete[..], &["--grace-period=0", "--force", "--wait=false"]].concat())?;
        becomes_primary(kubectl, &first)
    })?;

    let back = json!({"provider": "Managed", "instances": null, "image": null});
    move_to(kubectl, customers, "Managed", &back)?;
    all_on_their_way(world, &waiting)?;
    store_acts(kubectl, true)
}

/// Lets orders come in while nobody cooks, so that all of them are on their way until the store acts again.
fn orders_wait(world: &World, customers: &Customers) -> Result<Vec<String>, Failed> {
    store_acts(&world.platform.kubectl, false)?;
    let before = customers.accepted();
    customers.wait_for_more(UNDER_WAY, FAILED_OVER)?;
    let waiting = customers.orders().split_off(before);
    all_on_their_way(world, &waiting)?;
    Ok(waiting)
}

/// None of these orders is lost, delivered or cancelled.
fn all_on_their_way(world: &World, orders: &[String]) -> Result<(), Failed> {
    for order in orders {
        let known = world.shop.get(&format!("/orders/{order}"))?.expect(200)?;
        if known["state"] == "Delivered" || known["state"] == "Cancelled" {
            return Err(format!("the order is not on its way: {known}").into());
        }
    }
    println!("{} orders are on their way", orders.len());
    Ok(())
}

/// Whether the store's owner, whom the platform plays, accepts and cooks.
fn store_acts(kubectl: &Kubectl, acts: bool) -> Result<(), Failed> {
    change(kubectl, &json!({ "demo": { "store": acts } }))?;
    install::wait_until_ready(kubectl, MOVED, &mut |_| {})?;
    Ok(())
}

/// Changes the provider, confirms the change when it is asked for, and waits until nothing of it is left to do.
fn move_to(kubectl: &Kubectl, customers: &Customers, provider: &str, postgres: &Value) -> Result<(), Failed> {
    let begun = Instant::now();
    change(kubectl, &json!({ "postgres": postgres }))?;
    wait::until("the change to ask for its second word", MOVED, || {
        let condition = condition(kubectl, "DatabaseReady")?;
        let asks = condition["reason"] == "StoreChangeUnconfirmed";
        if asks { Ok(()) } else { Err(condition.to_string()) }
    })?;
    let prepared = begun.elapsed();
    let word = format!("fooddelivery.dev/change-store=postgres={provider}:copy");
    kubectl.run(&[
        "annotate",
        "--overwrite",
        "fdp",
        PLATFORM,
        "--namespace",
        NAMESPACE,
        &word,
    ])?;
    let (before, confirmed) = (customers.accepted(), Instant::now());
    wait::until("the new database to serve alone", MOVED, || {
        let platform = platform(kubectl)?;
        let store = &platform["status"]["stores"]["postgres"];
        let alone = store["provider"] == provider && store["former"].is_null();
        if alone {
            Ok(())
        } else {
            Err(platform["status"].to_string())
        }
    })?;
    install::wait_until_ready(kubectl, MOVED, &mut |_| {})?;
    println!(
        "to {provider}: prepared after {:.1} s, serves alone {:.1} s after the second word; {} orders accepted meanwhile, none \
         for {:.1} s at most",
        prepared.as_secs_f64(),
        confirmed.elapsed().as_secs_f64(),
        customers.accepted() - before,
        customers.longest_silence(confirmed).as_secs_f64(),
    );
    customers.wait_for_more(MORE, FAILED_OVER)
}

fn measured(
    customers: &Customers,
    what: &str,
    happen: impl FnOnce() -> Result<(), Failed>,
) -> Result<(), Failed> {
    let begun = Instant::now();
    happen()?;
    let happened = begun.elapsed();
    let before = customers.accepted();
    wait::until("an order after it", FAILED_OVER, || {
        if customers.accepted() > before {
            Ok(())
        } else {
            Err("none".to_owned())
        }
    })?;
    println!(
        "{what}: another primary after {:.1} s, an order accepted after {:.1} s",
        happened.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    customers.wait_for_more(MORE, FAILED_OVER)
}

/// What CloudNativePG's plugin for kubectl does at `promote`.
fn switch_over(kubectl: &Kubectl, to: &str) -> Result<(), Failed> {
    let target = json!({"status": {
        "targetPrimary": to,
        "phase": "Switchover in progress",
        "phaseReason": format!("Switching over to {to}"),
    }});
    kubectl.run(&[
        "patch",
        "cluster.postgresql.cnpg.io",
        CLUSTER,
        "--namespace",
        NAMESPACE,
        "--subresource=status",
        "--type=merge",
        "--patch",
        &target.to_string(),
    ])?;
    becomes_primary(kubectl, to)
}

fn becomes_primary(kubectl: &Kubectl, pod: &str) -> Result<(), Failed> {
    wait::until(&format!("{pod} to be the primary"), FAILED_OVER, || {
        let cluster = cluster(kubectl)?;
        let primary = cluster["status"]["currentPrimary"] == pod;
        if primary {
            Ok(())
        } else {
            Err(cluster["status"].to_string())
        }
    })?;
    Ok(())
}

fn is_whole(kubectl: &Kubectl) -> Result<(), Failed> {
    wait::until("all servers to be there", FAILED_OVER, || {
        let status = &cluster(kubectl)?["status"];
        let whole = status["phase"] == "Cluster in healthy state" && status["readyInstances"] == INSTANCES;
        if whole { Ok(()) } else { Err(status.to_string()) }
    })?;
    Ok(())
}

fn primary(kubectl: &Kubectl) -> Result<String, Failed> {
    let cluster = cluster(kubectl)?;
    let primary = cluster["status"]["currentPrimary"].as_str();
    primary
        .map(str::to_owned)
        .ok_or_else(|| format!("no primary: {}", cluster["status"]).into())
}

fn cluster(kubectl: &Kubectl) -> Result<Value, String> {
    kubectl
        .json(&[
            "get",
            "cluster.postgresql.cnpg.io",
            CLUSTER,
            "--namespace",
            NAMESPACE,
        ])
        .map_err(|failure| failure.to_string())
}

fn platform(kubectl: &Kubectl) -> Result<Value, String> {
    install::platform(kubectl).map_err(|failure| failure.to_string())
}

fn condition(kubectl: &Kubectl, kind: &str) -> Result<Value, String> {
    let platform = platform(kubectl)?;
    let conditions = platform["status"]["conditions"].as_array();
    let found = conditions.and_then(|conditions| conditions.iter().find(|known| known["type"] == kind));
    Ok(found.cloned().unwrap_or_default())
}

/// Installs CloudNativePG as users do, with images made here; gives the name of the image with PostgreSQL.
fn install(world: &World) -> Result<String, Failed> {
    let kubectl = &world.platform.kubectl;
    let cache = fdp_checkout::cache();
    let program = fdp_programs::program("cloudnative-pg")?;
    let operator = fdp_images::cloud_native_pg::operator(&program, cloud_native_pg::VERSION, &cache)?;
    let server = fdp_images::cloud_native_pg::postgresql(&cache, &mut |_| {})?;
    deliver(world, &[operator.clone(), server.clone()])?;
    let manifest = std::fs::read_to_string(cloud_native_pg::manifest()?)?;
    let manifest = cloud_native_pg::with_image(&manifest, &operator.reference);
    kubectl.run_with_input(&["apply", "--server-side", "--filename", "-"], &manifest)?;
    let timeout = format!("--timeout={}s", INSTALLED.as_secs());
    let rolled_out = [
        "rollout",
        "status",
        "deployment/cnpg-controller-manager",
        "--namespace",
        SYSTEM,
    ];
    kubectl.run(&[&rolled_out[..], &[&timeout]].concat())?;
    Ok(server.reference)
}

fn deliver(world: &World, images: &[Image]) -> Result<(), Failed> {
    let set = ImageSet {
        tag: String::new(),
        images: images.to_vec(),
    };
    Ok(world.platform.target.deliver(&set, &Terminal::new())?)
}

/// Takes CloudNativePG out again, its kinds included.
fn remove(kubectl: &Kubectl) -> Result<(), Failed> {
    let manifest = cloud_native_pg::manifest()?.display().to_string();
    kubectl.run(&["delete", "--ignore-not-found", "--filename", &manifest])?;
    Ok(())
}

fn tell(kubectl: &Kubectl) {
    for what in [
        &["get", "pods", "--all-namespaces", "--output=wide"][..],
        &["get", "fdp", "--namespace", NAMESPACE, "--output=yaml"],
        &[
            "get",
            "cluster.postgresql.cnpg.io",
            "--namespace",
            NAMESPACE,
            "--output=yaml",
        ],
        &[
            "logs",
            "--namespace",
            SYSTEM,
            "deployment/cnpg-controller-manager",
            "--tail=30",
        ],
    ] {
        println!(
            "{}",
            kubectl.run(what).unwrap_or_else(|failure| failure.to_string())
        );
    }
}

/// Looks again and again which databases the pods of the services have.
struct Watch {
    ended: Arc<AtomicBool>,
    thread: thread::JoinHandle<Option<String>>,
}

impl Watch {
    fn begin(kubectl: &Kubectl) -> Self {
        let ended = Arc::<AtomicBool>::default();
        let thread = {
            let (kubectl, ended) = (kubectl.clone(), Arc::clone(&ended));
            thread::spawn(move || {
                let mut both = None;
                while !ended.load(Ordering::Relaxed) {
                    let databases = databases(&kubectl);
                    if databases.len() > 1 {
                        both.get_or_insert_with(|| format!("{databases:?}"));
                    }
                    // How often somebody looks, not a wait for anything.
                    thread::sleep(Duration::from_millis(300));
                }
                both
            })
        };
        Self { ended, thread }
    }

    /// The databases that were seen beside each other, if ever.
    fn end(self) -> Option<String> {
        self.ended.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .unwrap_or_else(|_| Some("the watch panicked".to_owned()))
    }
}

/// The hosts of the databases that living containers of services were started with.
fn databases(kubectl: &Kubectl) -> BTreeSet<String> {
    let ours = format!("fooddelivery.dev/platform={PLATFORM},app.kubernetes.io/name!=setup");
    let listed = kubectl.json(&["get", "pods", "--namespace", NAMESPACE, "--selector", &ours]);
    let pods = listed.unwrap_or_default()["items"].as_array().cloned();
    pods.unwrap_or_default()
        .iter()
        .filter(|pod| is_alive(pod))
        .flat_map(hosts)
        .collect()
}

fn is_alive(pod: &Value) -> bool {
    let containers = pod["status"]["containerStatuses"].as_array();
    containers.is_some_and(|containers| {
        containers
            .iter()
            .any(|container| container["state"]["running"].is_object())
    })
}

fn hosts(pod: &Value) -> Vec<String> {
    let variables = pod["spec"]["containers"][0]["env"].as_array();
    variables
        .into_iter()
        .flatten()
        .filter(|variable| variable["name"] == "DATABASE_HOST")
        .filter_map(|variable| variable["value"].as_str().map(str::to_owned))
        .collect()
}
