//! Tests of the defaults of AWS settings.

mod cluster {
    use serde_json::json;

    use super::super::{eks::CLUSTER_NAME, *};

    fn eks(namespace: &str, name: &str, settings: &serde_json::Value) -> Eks {
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1",
            "kind": "FoodDeliveryPlatform",
            "metadata": { "name": name, "namespace": namespace },
            "spec": { "cloud": { "aws": { "region": "eu-central-1", "eks": settings } } },
        });
        aws(&serde_json::from_value(platform).unwrap())
            .unwrap()
            .eks
            .unwrap()
    }

    #[test]
    fn a_cluster_with_version_and_subnets_only_gets_nodes_and_add_ons() {
        let least = json!({ "version": "1.34", "subnets": ["subnet-1", "subnet-2"] });
        assert_eq!(
            eks("food", "shop", &least),
            Eks {
                name: "food-shop".to_owned(),
                version: "1.34".to_owned(),
                subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
                node_group: NodeGroup {
                    name: "standard-workers".to_owned(),
                    instance_types: vec!["t3.medium".to_owned()],
                    desired: None,
                    min: 1,
                    max: 3,
                },
                add_ons: ["vpc-cni", "coredns", "kube-proxy"].map(str::to_owned).to_vec(),
            }
        );
    }

    #[test]
    fn an_empty_list_of_add_ons_is_no_add_on() {
        let none = json!({ "version": "1.34", "subnets": ["subnet-1", "subnet-2"], "addOns": [] });
        assert_eq!(eks("food", "shop", &none).add_ons, Vec::<String>::new());
    }

    #[test]
    fn clusters_of_long_names_have_names_that_eks_takes_and_that_differ() {
        let least = json!({ "version": "1.34", "subnets": ["subnet-1", "subnet-2"] });
        let (namespace, name) = ("n".repeat(63), "p".repeat(39));
        let one = eks(&namespace, &format!("{name}1"), &least).name;
        let another = eks(&namespace, &format!("{name}2"), &least).name;
        assert_eq!((one.len(), another.len()), (CLUSTER_NAME, CLUSTER_NAME));
        assert_ne!(one, another);
    }
}

mod projects {
    use std::collections::BTreeMap;

    use fdp_crds::GitProvider;
    use serde_json::{Value, json};

    use super::super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/food-delivery-build";

    /// The projects of platform `shop` in namespace `food` with these settings.
    fn projects(cloud: &Value, settings: &Value) -> CodeBuild {
        let mut told = json!({
            "repository": "https://github.com/example/food-delivery.git",
            "serviceRole": ROLE,
        });
        for (name, value) in settings.as_object().into_iter().flatten() {
            told[name] = value.clone();
        }
        let mut all = cloud.clone();
        all["region"] = json!("eu-central-1");
        all["codeBuild"] = told;
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1",
            "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food" },
            "spec": { "cloud": { "aws": all } },
        });
        aws(&serde_json::from_value(platform).unwrap())
            .unwrap()
            .code_build
            .unwrap()
    }

    fn plain<const N: usize>(variables: [(&str, &str); N]) -> BTreeMap<String, Variable> {
        variables
            .map(|(name, value)| (name.to_owned(), Variable::Plain(value.to_owned())))
            .into()
    }

    #[test]
    fn repository_role_and_cluster_are_enough() {
        assert_eq!(
            projects(&json!({}), &json!({ "cluster": "production" })),
            CodeBuild {
                prefix: "food-shop".to_owned(),
                repository: "https://github.com/example/food-delivery.git".to_owned(),
                provider: GitProvider::GitHub,
                branch: "main".to_owned(),
                service_role: ROLE.to_owned(),
                compute_type: "BUILD_GENERAL1_LARGE".to_owned(),
                image: "aws/codebuild/amazonlinux-x86_64-standard:5.0".to_owned(),
                cache: None,
                webhook: true,
                variables: plain([
                    ("CLUSTER", "production"),
                    ("NAMESPACE", "food"),
                    ("PLATFORM", "shop")
                ]),
            }
        );
    }

    #[test]
    fn builds_are_told_what_else_the_platform_has_at_aws() {
        let cloud = json!({
            "ecr": { "prefix": "images" },
            "eks": { "version": "1.34", "subnets": ["subnet-1", "subnet-2"] },
        });
        assert_eq!(
            projects(&cloud, &json!({})).variables,
            plain([
                ("CLUSTER", "food-shop"),
                ("NAMESPACE", "food"),
                ("PLATFORM", "shop"),
                ("REPOSITORY_PREFIX", "images"),
            ])
        );
        let elsewhere = projects(&cloud, &json!({ "cluster": "production" }));
        assert_eq!(
            elsewhere.variables["CLUSTER"],
            Variable::Plain("production".to_owned())
        );
    }

    #[test]
    fn builds_that_commit_are_told_where_and_by_which_secret() {
        let commit = json!({ "cluster": "production", "commitTo": {
            "repository": "https://git.example.com/environments.git",
            "path": "environments/staging",
            "tokenSecret": "environments:token",
        } });
        let variables = projects(&json!({}), &commit).variables;
        assert_eq!(
            variables["PLATFORM_PATH"],
            Variable::Plain("environments/staging".to_owned())
        );
        assert_eq!(
            variables["PLATFORM_REPOSITORY_TOKEN"],
            Variable::Secret("environments:token".to_owned())
        );
        assert!(!variables.contains_key("PLATFORM_BRANCH"), "the script knows it");
    }

    #[test]
    fn the_provider_follows_from_the_address_of_the_repository_unless_given() {
        let provider = |settings: Value| projects(&json!({}), &settings).provider;
        for (repository, expected) in [
            ("https://github.com/example/food.git", GitProvider::GitHub),
            ("https://bitbucket.org/example/food.git", GitProvider::Bitbucket),
            ("https://gitlab.com/example/food.git", GitProvider::GitLab),
        ] {
            assert_eq!(provider(json!({ "repository": repository })), expected);
        }
        let own =
            json!({ "repository": "https://git.example.com/food.git", "provider": "GitLabSelfManaged" });
        assert_eq!(provider(own), GitProvider::GitLabSelfManaged);
    }

    #[test]
    fn a_build_of_a_finished_image_needs_no_docker() {
        assert!(projects(&json!({}), &json!({})).needs_docker());
        let finished = json!({ "env": [{ "name": "IMAGE_ARCHIVE", "value": "image.tar" }] });
        assert!(!projects(&json!({}), &finished).needs_docker());
    }
}
