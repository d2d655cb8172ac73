//! Tests the operator together with the real Argo CD: commits are deployed, and Argo CD shows the health of the
//! platform.

mod programs;
mod repository;
mod seen;
mod settings;
mod stillness;

use crate::World;
use crate::tags::tag_images;
use fdp_local::install::PLATFORM;
use fdp_local::kubectl::Kubectl;
use fdp_local::software::LOCAL_PREFIX;
use fdp_local::target::Target;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::{Duration, Instant};

use programs::Programs;
use repository::Repository;
use seen::Seen;
use settings::namespace;

/// The timeout for a commit to be deployed completely.
const ROLLED_OUT: Duration = Duration::from_mins(5);
/// The timeout for Argo CD to show a failure.
const TOLD: Duration = Duration::from_mins(2);
const GONE: Duration = Duration::from_mins(2);
/// A tag that does not exist.
const MISSING: &str = "no-such-version";
/// The variable with the number of minutes for which the operator and Argo CD are observed together.
const MINUTES: &str = "FDP_ARGOCD_MINUTES";

/// From the first commit to the last, with the sample repository and our Application.
pub(crate) fn argo_cd_runs_a_platform_from_git(world: &World) -> Result<(), Failed> {
    let Target::Own(cluster) = &world.platform.target else {
        return Err("Argo CD runs in the network of a cluster of our own".into());
    };
    let kubectl = &world.platform.kubectl;
    let tag = &world.platform.tag;
    let next = format!("{tag}-next");
    tag_images(cluster, tag, &next)?;
    settings::install(kubectl)?;
    let mut delivery = Delivery {
        kubectl,
        repository: Repository::new(LOCAL_PREFIX, tag)?,
        programs: Programs::start(cluster)?,
    };
    settings::apply_application(kubectl, &delivery.repository.address())?;
    let steps = delivery.first_commit(tag).and_then(|()| {
        delivery.update(&next)?;
        delivery.a_version_that_is_not_there(&next)?;
        delivery.a_service_that_gives_up(&next)?;
        delivery.a_change_by_hand_is_put_back(&next)?;
        delivery.nothing_moves()?;
        delivery.deleted_with_all_it_has_made()
    });
    if steps.is_err() {
        println!("{}", delivery.programs.last_words());
    }
    steps
}

/// A repository, Argo CD, and the cluster that it deploys to.
struct Delivery<'a> {
    kubectl: &'a Kubectl,
    repository: Repository,
    programs: Programs,
}

impl Delivery<'_> {
    fn first_commit(&mut self, tag: &str) -> Result<(), Failed> {
        let revision = self.repository.revision()?;
        self.roll_out("the first commit", &revision, tag).map(drop)
    }

    fn update(&mut self, next: &str) -> Result<(), Failed> {
        let revision = self.repository.update(next)?;
        let told = self.roll_out("an update", &revision, next)?;
        if told.iter().any(|health| health == "Progressing") {
            return Ok(());
        }
        Err(format!("Argo CD never reported that the update was in progress, only {told:?}").into())
    }

    /// The rollout stops at the first object with the image; Argo CD shows it until the commit is reverted.
    fn a_version_that_is_not_there(&mut self, good: &str) -> Result<(), Failed> {
        let bad = self.repository.update(MISSING)?;
        let image = format!("cannot pull image {LOCAL_PREFIX}/");
        self.until("the reason why the version does not become ready", TOLD, |seen| {
            if !seen.is_at(&bad) {
                return Ok(None);
            }
            if seen.health() == "Healthy" {
                return Err(
                    format!("Argo CD reports Healthy for a version that does not exist: {seen}").into(),
                );
            }
            let (_, message) = seen.health_of_platform();
            let told = message.contains(&image) && message.contains(MISSING);
            Ok(told.then(|| println!("a bad version: {seen}")))
        })?;
        let reverted = self.repository.revert()?;
        self.roll_out("its revert", &reverted, good).map(drop)
    }

    /// The operator reports this before Kubernetes gives the Deployment up, which takes ten minutes.
    fn a_service_that_gives_up(&mut self, good: &str) -> Result<(), Failed> {
        let image = format!("{LOCAL_PREFIX}/marketing:{MISSING}");
        let bad = self
            .repository
            .add_to_platform(&format!("  services:\n    marketing:\n      image: {image}\n"))?;
        self.until("Degraded", TOLD, |seen| {
            if !seen.is_at(&bad) {
                return Ok(None);
            }
            let (health, message) = seen.health_of_platform();
            if seen.health() == "Healthy" || health == "Healthy" {
                return Err(
                    format!("Argo CD reports Healthy for a service that is not running: {seen}").into(),
                );
            }
            let named = message.starts_with(&format!("Deployment {PLATFORM}-marketing"))
                && message.contains(&format!("cannot pull image {image}"));
            let degraded = seen.health() == "Degraded" && health == "Degraded";
            if degraded && !named {
                return Err(format!("Degraded for another reason: {seen}").into());
            }
            Ok(degraded.then(|| println!("a bad service: {seen}")))
        })?;
        let reverted = self.repository.revert()?;
        self.roll_out("its revert", &reverted, good).map(drop)
    }

    fn a_change_by_hand_is_put_back(&mut self, tag: &str) -> Result<(), Failed> {
        let begun = Instant::now();
        let generation = Seen::look(self.kubectl)?.platform["metadata"]["generation"].as_i64();
        let by_hand = json!({"spec": {"demo": {"rider": false}}}).to_string();
        self.patch(&format!("fooddeliveryplatform/{PLATFORM}"), &by_hand)?;
        let changed_twice = generation.map(|generation| generation + 2);
        self.until("a change by hand to be put back", TOLD, |seen| {
            let platform = &seen.platform;
            let back = platform["spec"]["demo"]["rider"] == true
                && platform["metadata"]["generation"].as_i64() == changed_twice;
            Ok(back.then_some(()))
        })?;
        // Argo CD's status may still be about the state before the change.
        let revision = self.repository.revision()?;
        self.until("Healthy again", TOLD, |seen| {
            let settled = seen.is_at(&revision) && seen.health() == "Healthy" && seen.unready(tag).is_none();
            Ok(settled.then_some(()))
        })?;
        println!(
            "a change by hand: put back and Healthy after {:.1} s",
            begun.elapsed().as_secs_f64()
        );
        Ok(())
    }

    fn nothing_moves(&mut self) -> Result<(), Failed> {
        let minutes: u64 = match std::env::var(MINUTES) {
            Ok(minutes) => minutes
                .parse()
                .map_err(|_| format!("{MINUTES}={minutes} is no number of minutes"))?,
            Err(_) => 1,
        };
        let span = Duration::from_secs(minutes * 60);
        self.nothing_is_tried()?;
        let still = stillness::keep_looking(self.kubectl, &mut self.programs, span)?;
        println!(
            "{} objects did not change for {minutes} min, in {} polls and {} comparisons of Argo CD",
            still.objects, still.looks, still.comparisons
        );
        Ok(())
    }

    /// Waits until the Jobs have gone that try what services reach after a change.
    fn nothing_is_tried(&self) -> Result<(), Failed> {
        let jobs = ["get", "jobs", "--namespace", &namespace(), "--output=name"];
        wait::until("the Jobs that try what services reach to be gone", TOLD, || {
            let jobs = self.kubectl.run(&jobs).map_err(|failure| failure.to_string())?;
            let tries: Vec<&str> = jobs.lines().filter(|job| job.contains("-reach-")).collect();
            if tries.is_empty() {
                Ok(())
            } else {
                Err(tries.join(", "))
            }
        })?;
        Ok(())
    }

    fn deleted_with_all_it_has_made(&mut self) -> Result<(), Failed> {
        let begun = Instant::now();
        settings::delete_application(self.kubectl)?;
        let (kubectl, namespace) = (self.kubectl, namespace());
        wait::until("the Application and all its objects to be deleted", GONE, || {
            let application = format!("application.argoproj.io/{}", settings::APPLICATION);
            let left = [
                kubectl.run(&[
                    "get",
                    &application,
                    "--namespace",
                    settings::NAMESPACE,
                    "--ignore-not-found",
                    "--output=name",
                ]),
                // A namespace is deleted after the last object in it.
                kubectl.run(&[
                    "get",
                    "namespace",
                    &namespace,
                    "--ignore-not-found",
                    "--output=name",
                ]),
                kubectl.run(&[
                    "get",
                    "fooddeliveryplatforms",
                    "--namespace",
                    &namespace,
                    "--output=name",
                ]),
            ];
            let left: Result<String, _> = left.into_iter().collect();
            let left = left.map_err(|failure| failure.to_string())?;
            if left.trim().is_empty() { Ok(()) } else { Err(left) }
        })?;
        println!(
            "all objects deleted {:.1} s after the Application",
            begun.elapsed().as_secs_f64()
        );
        Ok(())
    }

    /// Polls until Argo CD reports that the commit is deployed and healthy, and that is true. Returns the health
    /// messages of the commit until then.
    fn roll_out(&mut self, what: &str, revision: &str, tag: &str) -> Result<Vec<String>, Failed> {
        let (begun, mut looks, mut told) = (Instant::now(), 0, Vec::<String>::new());
        self.until(&format!("{what} to be Healthy"), ROLLED_OUT, |seen| {
            looks += 1;
            if !seen.is_at(revision) {
                return Ok(None);
            }
            if told.last().is_none_or(|last| last != seen.health()) {
                told.push(seen.health().to_owned());
            }
            let (health, _) = seen.health_of_platform();
            if seen.health() != "Healthy" && health != "Healthy" {
                return Ok(None);
            }
            match seen.unready(tag) {
                None => Ok((seen.health() == "Healthy").then_some(())),
                Some(why) => Err(format!("Argo CD reports Healthy too early ({why}): {seen}").into()),
            }
        })?;
        println!(
            "{what}: {} after {:.1} s and {looks} polls",
            told.join(", "),
            begun.elapsed().as_secs_f64()
        );
        Ok(told)
    }

    /// Polls until `judge` returns a value; fails if it fails or Argo CD ends.
    fn until<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut judge: impl FnMut(&Seen) -> Result<Option<T>, Failed>,
    ) -> Result<T, Failed> {
        wait::until(what, limit, || {
            if let Err(ended) = self.programs.still_run() {
                return Ok(Err(ended));
            }
            let seen = Seen::look(self.kubectl).map_err(|failure| failure.to_string())?;
            match judge(&seen) {
                Ok(Some(value)) => Ok(Ok(value)),
                Ok(None) => Err(seen.to_string()),
                Err(wrong) => Ok(Err(wrong)),
            }
        })?
    }

    fn patch(&self, object: &str, patch: &str) -> Result<(), Failed> {
        self.kubectl.run(&[
            "patch",
            object,
            "--namespace",
            &namespace(),
            "--type=merge",
            "--patch",
            patch,
        ])?;
        Ok(())
    }
}
