//! Tests that the buildspecs, and the files by which environments take images, are generated from one template each
//! for all services; `UPDATE_PIPELINES=1 cargo test -p fdp-tests-operator --test pipelines generated` regenerates
//! them.

use std::{env, fs, path::PathBuf};

use fdp_images::own_images;

const MARK: &str =
    "# Generated: UPDATE_PIPELINES=1 cargo test -p fdp-tests-operator --test pipelines generated\n";
/// Databases and topics are created by the setup of the platform's version, and the load of a drill
/// comes with it, so they have no separate version.
const WITHOUT_PIPELINE: [&str; 2] = ["setup", "drill"];
const OPERATOR: &str = "operator";

pub(crate) fn folder() -> PathBuf {
    fdp_checkout::root().join("manifests/pipelines")
}

/// `(image, binary, package)` of every image with a pipeline.
fn images() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    own_images().filter(|(image, ..)| !WITHOUT_PIPELINE.contains(image))
}

fn services() -> Vec<&'static str> {
    images()
        .map(|(image, ..)| image)
        .filter(|image| *image != OPERATOR)
        .collect()
}

fn buildspec(template: &str, image: &str, binary: &str, package: &str) -> String {
    let target = if image == OPERATOR {
        "its Deployment"
    } else {
        "the platform"
    };
    let text = template
        .replace("{service}", image)
        .replace("{binary}", binary)
        .replace("{package}", package)
        .replace("{target}", target);
    format!("{MARK}{text}")
}

/// One patch for each service, each written by its own pipeline, so that two pipelines never change the same file.
fn component(images: &[&str]) -> String {
    let mut text = format!(
        "{MARK}# The images that pipelines have put here, each in a file of its own.\n\
         apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n"
    );
    for image in images {
        text.extend(["  - path: ", image, ".yaml\n"]);
    }
    text
}

fn no_image(service: &str) -> String {
    format!(
        "# The image of {service}; its pipeline writes this file.\n\
         apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\nmetadata:\n  name: shop\nspec: {{}}\n"
    )
}

const NO_OPERATOR_IMAGE: &str = "\
# The image of the operator; its pipeline writes this file.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: fdp-operator
  namespace: food-delivery-system
";

fn expected() -> Vec<(PathBuf, String)> {
    let folder = folder();
    let template = fs::read_to_string(folder.join("template.yml")).unwrap();
    let mut files = Vec::new();
    for (image, binary, package) in images() {
        let text = buildspec(&template, image, binary, package);
        files.push((folder.join(image).join("buildspec.yml"), text));
    }
    let environments = folder.join("gitops");
    let services = services();
    let platform = environments.join("platform/images");
    files.push((platform.join("kustomization.yaml"), component(&services)));
    for service in services {
        files.push((platform.join(format!("{service}.yaml")), no_image(service)));
    }
    let operator = environments.join("operator/images");
    files.push((operator.join("kustomization.yaml"), component(&[OPERATOR])));
    files.push((operator.join("operator.yaml"), NO_OPERATOR_IMAGE.to_owned()));
    files
}

#[test]
fn generated_files_are_fresh() {
    for (path, text) in expected() {
        if env::var_os("UPDATE_PIPELINES").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found,
            text,
            "{} is stale: UPDATE_PIPELINES=1 cargo test -p fdp-tests-operator --test pipelines generated",
            path.display()
        );
    }
}

#[test]
fn the_nine_services_and_the_operator_have_a_pipeline() {
    let all: Vec<_> = images().map(|(image, ..)| image).collect();
    assert_eq!(all.len(), 10, "{all:?}");
    assert_eq!(services().len(), 9);
}
