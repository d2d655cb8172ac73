//! What is measured of an operator: compared with kubectl, with many platforms, and with nothing to do.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{Api, ResourceExt as _, api::DeleteParams};

use super::world::{NAMESPACE, TIMEOUT, World};
use crate::machine::Memory;

const ROUNDS: usize = 5;
const PLATFORMS: usize = 200;
/// How often a Deployment is deleted and recreated.
const DELETIONS: usize = 100;
/// How long an operator with nothing to do is observed.
const QUIET: Duration = Duration::from_secs(15);

/// All figures of one operator. Times are in milliseconds where nothing else is said.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) objects: f64,
    /// From the resource to all of its objects.
    pub(super) made: f64,
    /// The same by `kubectl apply`.
    pub(super) kubectl: f64,
    pub(super) with_one: Memory,
    pub(super) many: Many,
    pub(super) with_many: Memory,
    /// Requests for a look that finds nothing to do.
    pub(super) calls: f64,
    /// How soon a deleted Deployment is back, for half of them and for 99 of 100.
    pub(super) back: [f64; 2],
}

/// Many platforms at once.
#[derive(Debug)]
pub(super) struct Many {
    /// Seconds until all were created.
    pub(super) created: f64,
    /// Seconds until all had their objects.
    pub(super) took: f64,
    pub(super) looks_per_second: f64,
}

impl Figures {
    /// Measures everything, which takes minutes.
    pub(super) async fn of(world: &World) -> Result<Self> {
        let (objects, made, kubectl) = against_kubectl(world).await?;
        let with_one = world.memory()?;
        let many = many(world, objects).await?;
        let with_many = world.memory()?;
        Ok(Self {
            objects: count(objects),
            made,
            kubectl,
            with_one,
            many,
            with_many,
            calls: nothing_to_do(world).await?,
            back: put_back(world).await?,
        })
    }
}

/// The number of objects of a platform, the time from the resource to all of them, and that of `kubectl apply` of the
/// same objects, alternately.
async fn against_kubectl(world: &World) -> Result<(usize, f64, f64)> {
    let objects = world.render("shop")?.matches("\nkind: ").count();
    let (mut ours, mut kubectls) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = format!("ours-{round}");
        let started = Instant::now();
        world.create(&name).await?;
        world.has_made(&name, objects).await?;
        ours.push(started.elapsed());

        let rendered = world.render(&format!("theirs-{round}"))?;
        let started = Instant::now();
        world.kubectl_apply(&rendered)?;
        kubectls.push(started.elapsed());
    }
    for round in 1..ROUNDS {
        world.delete(&format!("ours-{round}")).await?;
    }
    Ok((objects, at(&mut ours, 50), at(&mut kubectls, 50)))
}

/// Many platforms at once.
async fn many(world: &World, objects: usize) -> Result<Many> {
    let looks = world.looks().await?;
    let started = Instant::now();
    for number in 0..PLATFORMS - 1 {
        world.create(&format!("p{number}")).await?;
    }
    let created = started.elapsed().as_secs_f64();
    let last = format!("p{}", PLATFORMS - 2);
    world.has_made(&last, objects).await?;
    for number in 0..PLATFORMS - 1 {
        world.has_made(&format!("p{number}"), objects).await?;
    }
    let took = started.elapsed().as_secs_f64();
    let looks = world.looks().await? - looks;
    Ok(Many {
        created,
        took,
        looks_per_second: looks / took,
    })
}

/// The requests of an operator that has nothing to do, per look.
async fn nothing_to_do(world: &World) -> Result<f64> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let before = world.requests().await?;
        tokio::time::sleep(QUIET).await;
        let asked = world.requests().await? - before;
        if asked == 0.0 {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "the operator does not stop sending requests"
        );
    }
    // A change of a label on every platform causes one more reconcile of each.
    let looks = world.looks().await?;
    let before = world.requests().await?;
    for number in 0..PLATFORMS - 1 {
        world.label(&format!("p{number}")).await?;
    }
    while world.looks().await? < looks + count(PLATFORMS - 1) {
        ensure!(Instant::now() < deadline, "the operator did not reconcile");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok((world.requests().await? - before) / count(PLATFORMS - 1))
}

/// How soon a deleted Deployment is recreated.
async fn put_back(world: &World) -> Result<[f64; 2]> {
    let deployments = Api::<Deployment>::namespaced(world.client.clone(), NAMESPACE);
    let mut times = Vec::new();
    for number in 0..DELETIONS {
        let name = format!("p{number}-pay");
        let uid = deployments.get(&name).await?.uid();
        let started = Instant::now();
        deployments.delete(&name, &DeleteParams::background()).await?;
        while deployments
            .get_opt(&name)
            .await?
            .and_then(|there| there.uid())
            .is_none_or(|now| Some(now) == uid)
        {
            ensure!(started.elapsed() < TIMEOUT, "{name} did not come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(started.elapsed());
    }
    Ok([at(&mut times, 50), at(&mut times, 99)])
}

/// The time in milliseconds that so many percent of them do not exceed.
fn at(times: &mut [Duration], percent: usize) -> f64 {
    times.sort();
    let index = (times.len() * percent / 100).min(times.len() - 1);
    times[index].as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
fn count(number: usize) -> f64 {
    number as f64
}
