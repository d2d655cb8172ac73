//! Tests the manifests for Argo CD: the paths in its Applications exist, and the environments are valid platforms.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use fdp_operator::{cli::render::render, settings::Settings};
use kube::ResourceExt as _;
use serde_json::{Value, json};

use crate::api_server::Judge;
use crate::packaging::{kustomized, objects};
use crate::world::{World, group_of, label};

const ENVIRONMENTS: [&str; 2] = ["staging", "production"];

pub(crate) fn the_patch_of_argo_cd_holds_the_health_check(_: &World) -> Result<()> {
    let patch: Value = serde_saphyr::from_str(&read("manifests/argocd/argocd-cm-patch.yaml")?)?;
    let script = read("manifests/argocd/health/food-delivery-platform.lua")?;
    let data = json!({"resource.customizations.health.fooddelivery.dev_FoodDeliveryPlatform": script});
    ensure!(
        patch["data"] == data,
        "argocd-cm-patch.yaml differs from the script: copy the script into it"
    );
    Ok(())
}

pub(crate) fn applications_lead_to_what_is_in_the_repositories(_: &World) -> Result<()> {
    let mut paths = Vec::new();
    for file in ["application.yaml", "applicationset.yaml"] {
        for object in objects(&read(&format!("manifests/argocd/{file}"))?)? {
            let spec = &object.data["spec"];
            let spec = spec.pointer("/template/spec").unwrap_or(spec);
            ensure!(
                spec.get("ignoreDifferences").is_none(),
                "{}: nothing of ours drifts",
                label(&object)
            );
            ensure!(
                spec["syncPolicy"]["automated"] == json!({"prune": true, "selfHeal": true}),
                "{}: {}",
                label(&object),
                spec["syncPolicy"]
            );
            let sources = spec["sources"].as_array().cloned().unwrap_or_default();
            paths.extend(sources.into_iter().chain([spec["source"].clone()]));
        }
    }
    let folders: Vec<&str> = paths
        .iter()
        .filter_map(|source| source["path"].as_str())
        .collect();
    ensure!(folders.len() == 4, "the Applications have {folders:?}");
    for folder in folders {
        let there = match folder {
            // The ApplicationSet replaces this with each environment.
            "{{ .path.path }}" => fdp_checkout::root().join("examples/gitops/environments"),
            folder if folder.starts_with("environments/") => {
                fdp_checkout::root().join("examples/gitops").join(folder)
            }
            folder => fdp_checkout::root().join(folder),
        };
        ensure!(there.is_dir(), "{} is not there", there.display());
    }
    Ok(())
}

pub(crate) fn every_environment_is_a_platform_that_the_api_server_accepts(world: &World) -> Result<()> {
    for environment in ENVIRONMENTS {
        let yaml = kustomized(
            world.plane.kubectl(),
            &format!("examples/gitops/environments/{environment}"),
        )?;
        render(&yaml, &Settings::default()).with_context(|| format!("render {environment}"))?;
        let all = objects(&yaml)?;
        let namespace = format!("food-delivery-{environment}");
        let mut platforms = Vec::new();
        for object in &all {
            if group_of(object) == fdp_crds::GROUP {
                ensure!(object.namespace().as_ref() == Some(&namespace), "{environment}");
                platforms.push(object.clone());
            } else {
                ensure!(object.name_any() == namespace, "{environment}: {}", label(object));
            }
        }
        ensure!(
            platforms.len() == 1,
            "{environment} has {} platforms",
            platforms.len()
        );
        for mut platform in platforms {
            // A dry run stores nothing, so the platform's own namespace never exists.
            platform.metadata.namespace = Some("default".to_owned());
            let objection = world
                .runtime
                .block_on(async { anyhow::Ok(Judge::of(world).await?.objection(&platform).await) })?;
            ensure!(objection.is_none(), "{environment}: {objection:?}");
        }
    }
    Ok(())
}

pub(crate) fn an_update_is_one_line_of_one_file(world: &World) -> Result<()> {
    for environment in ENVIRONMENTS {
        let folder = format!("examples/gitops/environments/{environment}");
        let version = read(&format!("{folder}/version.yaml"))?;
        let tags: Vec<&str> = version
            .lines()
            .filter_map(|line| line.trim().strip_prefix("tag: "))
            .collect();
        let [tag] = tags.as_slice() else {
            anyhow::bail!("{environment} says these versions: {tags:?}");
        };
        let made = objects(&kustomized(world.plane.kubectl(), &folder)?)?;
        let platform = made
            .iter()
            .find(|object| group_of(object) == fdp_crds::GROUP)
            .context("no platform")?;
        ensure!(
            platform.data["spec"]["image"]["tag"] == tag.trim_matches('"'),
            "{environment} runs {}",
            platform.data["spec"]["image"]
        );
    }
    Ok(())
}

fn read(file: &str) -> Result<String> {
    let path = fdp_checkout::root().join(file);
    fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
}
