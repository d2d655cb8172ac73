//! The steps of `make up`, from an empty machine to a delivered order, with progress messages.

use crate::failure::Result;
use crate::kubectl::Kubectl;
use crate::options::Where;
use crate::shop::{Shop, TO_THE_DOOR};
use crate::target::{self, Target};
use crate::{install, mesh, software};
use fdp_cluster::{Lifetime, Progress};
use fdp_images::ImageSet;
use serde_json::json;
use std::time::{Duration, Instant};

/// A platform that is Ready.
pub struct Platform {
    pub target: Target,
    pub kubectl: Kubectl,
    /// `.status.url`.
    pub address: String,
    /// The time from creating the platform's resource until it was Ready.
    pub until_ready: Duration,
    /// The tag of the operator's and the services' images.
    pub tag: String,
}

/// Starts the cluster, the operator and the example platform, and waits until it is Ready.
///
/// # Errors
/// When a step fails.
pub fn bring_up(place: &Where, name: &str, lifetime: Lifetime, progress: &dyn Progress) -> Result<Platform> {
    let (target, images) = cluster_and_images(place, name, lifetime, progress)?;
    progress.stage("Bringing the images to the nodes");
    target.deliver(&images, progress)?;
    let kubectl = target.kubectl();
    progress.stage("Installing the operator");
    install::operator(&kubectl, target.image_prefix(), &images.tag)?;
    let example = if matches!(place, Where::Own { istio: true, .. }) {
        "local-mesh"
    } else {
        "local"
    };
    progress.stage(&format!("Starting the platform (examples/{example}.yaml)"));
    let applied = Instant::now();
    install::example(&kubectl, example)?;
    let address =
        install::wait_until_ready(&kubectl, install::PLATFORM_READY, &mut |why| progress.detail(why))?;
    let until_ready = applied.elapsed();
    progress.detail(&format!(
        "Ready {:.1} s after it was applied",
        until_ready.as_secs_f64()
    ));
    Ok(Platform {
        target,
        kubectl,
        address,
        until_ready,
        tag: images.tag,
    })
}

fn cluster_and_images(
    place: &Where,
    name: &str,
    lifetime: Lifetime,
    progress: &dyn Progress,
) -> Result<(Target, ImageSet)> {
    progress.stage("Starting the compiler");
    target::preflight(place, name)?;
    if matches!(place, Where::Own { .. }) {
        fdp_cluster::agent::program()?;
    }
    // Runs in the background while Kubernetes is compiled and started.
    let compilation = software::compile(progress)?;
    let target = match place {
        Where::Own {
            api_port,
            nodes,
            istio,
        } => {
            let options = target::own_options(name, *api_port, *nodes, lifetime);
            let cluster = fdp_cluster::up(&options, progress)?;
            let kubeconfig = cluster.kubeconfig();
            let target = Target::Own(cluster);
            if *istio {
                progress.stage("Building and installing Istio (minutes the first time, then kept)");
                mesh::install(&target, &kubeconfig, &mesh::images()?, false, progress)?;
            }
            target
        }
        Where::Current { images } => Target::Current {
            images: images.clone(),
        },
    };
    progress.stage("Building the operator and the services (minutes the first time, then kept)");
    let programs = compilation.wait(progress)?;
    progress.stage("Packing images");
    let images = software::pack(&programs, software::LOCAL_PREFIX, progress)?;
    Ok((target, images))
}

/// Places an order as a customer would, and follows it until it is delivered.
///
/// # Errors
/// When the order is rejected, or not delivered in time.
pub fn first_order(shop: &Shop, progress: &dyn Progress) -> Result<String> {
    progress.stage("Placing an order");
    shop.stock_up(1001, "TV", 100)?;
    let body = json!({"productId": "1001", "productName": "TV", "qty": "5", "customerId": "100"});
    let order = shop.order(&body)?;
    progress.detail(&format!("order {order} is placed and paid"));
    shop.wait_for_state(&order, "Delivered", TO_THE_DOOR, &mut |state| {
        progress.detail(state);
    })?;
    shop.wait_for_stock(1001, 95, Duration::from_secs(10))?;
    Ok(order)
}
