//! Tests the rules about a platform's resources at a cloud provider.

mod judged;

use judged::{passes, refusal, refusal_of_change, says};
use serde_json::{Value, json};

/// A specification with that cluster.
fn cluster(settings: &Value) -> Value {
    let mut eks = json!({ "version": "1.34", "subnets": ["subnet-0a1b2c3d", "subnet-1b2c3d4e"] });
    for (name, value) in settings.as_object().into_iter().flatten() {
        eks[name] = value.clone();
    }
    json!({ "cloud": { "aws": { "region": "eu-central-1", "eks": eks } } })
}

#[test]
fn nodes_are_as_many_as_may_be() {
    for (sizes, message) in [
        (
            json!({ "min": 4 }),
            "nodeGroup.min (default 1) must not be greater than nodeGroup.max (default 3)",
        ),
        (
            json!({ "min": 2, "desired": 1 }),
            "nodeGroup.min (default 1) must not be greater than nodeGroup.desired",
        ),
        (
            json!({ "desired": 5 }),
            "nodeGroup.desired must not be greater than nodeGroup.max (default 3)",
        ),
    ] {
        says(refusal(&cluster(&json!({ "nodeGroup": sizes }))), message);
    }
    for sizes in [
        json!({ "min": 0, "desired": 0, "max": 10 }),
        json!({ "max": 2 }),
        json!({ "min": 4, "max": 10 }),
    ] {
        passes(refusal(&cluster(&json!({ "nodeGroup": sizes }))));
    }
}

#[test]
fn a_cluster_keeps_its_name() {
    let message = "cloud.aws.eks.name cannot be changed";
    let (unnamed, shop, store) = (
        cluster(&json!({})),
        cluster(&json!({ "name": "shop" })),
        cluster(&json!({ "name": "store" })),
    );
    for (old, new) in [(&shop, &store), (&unnamed, &shop), (&shop, &unnamed)] {
        says(refusal_of_change(old, new), message);
    }
    let resized = cluster(&json!({ "name": "shop", "nodeGroup": { "max": 5 } }));
    passes(refusal_of_change(&shop, &resized));
}

#[test]
fn a_platform_in_a_cluster_at_eks_says_which_and_stays_there() {
    let here = cluster(&json!({}));
    let there = {
        let mut spec = here.clone();
        spec["target"] = json!("eks");
        spec
    };
    says(
        refusal(&json!({ "target": "eks" })),
        "target: eks needs cloud.aws.eks, which makes the cluster",
    );
    passes(refusal(&there));
    passes(refusal(&json!({ "target": "in-cluster" })));
    for (old, new) in [(&here, &there), (&there, &here)] {
        says(refusal_of_change(old, new), "target cannot be changed");
    }
    let mut built = there.clone();
    built["cloud"]["aws"]["codeBuild"] = json!({
        "repository": "https://github.com/example/food-delivery.git",
        "serviceRole": "arn:aws:iam::123456789012:role/build",
    });
    says(
        refusal(&built),
        "cloud.aws.codeBuild.cluster has to name the cluster in Amazon EKS that this resource is in",
    );
    built["cloud"]["aws"]["codeBuild"]["cluster"] = json!("management");
    passes(refusal(&built));
    let said_anew = {
        let mut spec = here.clone();
        spec["target"] = json!("in-cluster");
        spec
    };
    passes(refusal_of_change(&here, &said_anew));
}

/// A specification with projects that build images, with these settings.
fn builds(settings: &Value) -> Value {
    let mut told = json!({
        "repository": "https://github.com/example/food-delivery.git",
        "serviceRole": "arn:aws:iam::123456789012:role/food-delivery-build",
        "cluster": "food-delivery",
    });
    for (name, value) in settings.as_object().into_iter().flatten() {
        told[name] = value.clone();
    }
    json!({ "cloud": { "aws": { "region": "eu-central-1", "codeBuild": told } } })
}

#[test]
fn a_repository_whose_address_does_not_tell_who_serves_it_needs_a_word() {
    for repository in [
        "https://github.com/example/food-delivery.git",
        "https://bitbucket.org/example/food-delivery.git",
        "https://gitlab.com/example/teams/food-delivery.git",
    ] {
        passes(refusal(&builds(&json!({ "repository": repository }))));
    }
    for repository in [
        "https://git.example.com/food-delivery.git",
        "https://github.com.example.com/food-delivery.git",
    ] {
        says(
            refusal(&builds(&json!({ "repository": repository }))),
            "cloud.aws.codeBuild.provider has to say what serves the repository",
        );
        passes(refusal(&builds(
            &json!({ "repository": repository, "provider": "GitHubEnterprise" }),
        )));
    }
}

#[test]
fn builds_have_to_know_the_cluster_unless_the_platform_makes_it() {
    let mut without = builds(&json!({}));
    without["cloud"]["aws"]["codeBuild"]
        .as_object_mut()
        .unwrap()
        .remove("cluster");
    says(
        refusal(&without),
        "cloud.aws.codeBuild.cluster has to name the cluster in Amazon EKS",
    );
    without["cloud"]["aws"]["eks"] = cluster(&json!({}))["cloud"]["aws"]["eks"].clone();
    passes(refusal(&without));
}

#[test]
fn what_builds_learn_from_the_platform_cannot_be_told_twice() {
    let with = |name: &str| builds(&json!({ "env": [{ "name": name, "value": "1" }] }));
    for name in [
        "CLUSTER",
        "PLATFORM",
        "NAMESPACE",
        "PLATFORM_PATH",
        "CODEBUILD_BUILD_NUMBER",
    ] {
        says(
            refusal(&with(name)),
            "cloud.aws.codeBuild.env must not set CLUSTER",
        );
    }
    for name in ["READY_SECONDS", "IMAGE_ARCHIVE", "REPOSITORY_PREFIX"] {
        passes(refusal(&with(name)));
    }
}

#[test]
fn projects_keep_their_names() {
    let message = "cloud.aws.codeBuild.prefix cannot be changed";
    let (unnamed, shop, store) = (
        builds(&json!({})),
        builds(&json!({ "prefix": "shop" })),
        builds(&json!({ "prefix": "store" })),
    );
    for (old, new) in [(&shop, &store), (&unnamed, &shop), (&shop, &unnamed)] {
        says(refusal_of_change(old, new), message);
    }
    passes(refusal_of_change(
        &shop,
        &builds(&json!({ "prefix": "shop", "branch": "release" })),
    ));
}
