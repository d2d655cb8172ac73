//! Tests that the policies in `manifests/pipelines/policies` allow every call that is made, and nothing else that
//! needs a permission.

use std::{collections::BTreeSet, fs, path::Path};

use fdp_operator::aws::{
    ecr::{self, Desired},
    owner::Owner,
};
use serde_json::Value;

use crate::{
    aws::{Aws, Call},
    bench::{self, Bench},
    reports::{Verdict, reports},
};

/// The permissions for pushing to a registry. A push does not call AWS's API, so that the mock server cannot record
/// it: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html>.
const OF_A_PUSH: [&str; 6] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
];
/// The calls of `CodeBuild` itself for a build:
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html>.
const OF_CODEBUILD: [&str; 3] = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/// The permissions that AWS requires in addition to those of the call itself:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>.
const BESIDES_THOSE_OF_CLUSTERS: [&str; 5] = [
    "eks:TagResource",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    "iam:TagOpenIDConnectProvider",
    "iam:TagRole",
];
const BESIDES_THOSE_OF_BUILDS: [&str; 1] = ["iam:PassRole"];
/// The first words in the names of calls.
const VERBS: [&str; 9] = [
    "attach_",
    "batch_",
    "create_",
    "delete_",
    "describe_",
    "detach_",
    "get_",
    "list_",
    "update_",
];

struct Policy(Vec<Value>);

impl Policy {
    fn read(name: &str) -> Self {
        let path = super::generated::folder().join("policies").join(name);
        let policy: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        Self(policy["Statement"].as_array().unwrap().clone())
    }

    fn actions(&self) -> BTreeSet<String> {
        let actions: Vec<_> = self
            .0
            .iter()
            .flat_map(|statement| words(&statement["Action"]))
            .collect();
        let different: BTreeSet<_> = actions.iter().cloned().collect();
        assert_eq!(actions.len(), different.len(), "an action is there twice");
        different
    }

    /// Whether it allows a call on a resource with the platform's tag.
    fn allows(&self, call: &Call) -> bool {
        self.0.iter().any(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let with_tag = statement["Condition"]["StringEquals"]
                .get("aws:RequestTag/fooddelivery.dev/platform")
                .is_none_or(|_| call.tags);
            with_tag
                && words(&statement["Action"]).contains(&call.action)
                && words(&statement["Resource"])
                    .iter()
                    .any(|pattern| matches(pattern, &call.resource))
        })
    }
}

/// A string, or a list of strings.
fn words(value: &Value) -> Vec<String> {
    let one = value.as_str().map(str::to_owned);
    let several = value.as_array().into_iter().flatten();
    one.into_iter()
        .chain(several.map(|word| word.as_str().unwrap().to_owned()))
        .collect()
}

/// Whether a pattern with at most one star, at its end, matches that resource.
fn matches(pattern: &str, resource: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => resource.starts_with(start),
        None => pattern == resource,
    }
}

fn actions(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().map(|call| call.action.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_may_do_what_it_does_and_push_and_nothing_else() {
    let mut bench = Bench::start().await;
    bench.make_repository("order").await;
    bench.take(&bench.image("allowed"));
    let _operator = reports(bench.world.platforms(), "order", |_| Verdict::Ready);
    bench.build("order").await.assert_succeeded();
    // The build above found its cluster in its environment.
    bench.aws.make_cluster("food-delivery").await;
    bench.set("CLUSTER", "food-delivery");
    bench.step("order", "prepare.sh").await;

    let policy = Policy::read("build.json");
    let calls = bench.aws.calls();
    for call in &calls {
        assert!(policy.allows(call), "{call:?}");
    }
    let mut needed = actions(&calls);
    needed.extend(OF_A_PUSH.into_iter().chain(OF_CODEBUILD).map(str::to_owned));
    assert_eq!(policy.actions(), needed);

    let elsewhere = Call {
        action: "ecr:PutImage".to_owned(),
        resource: "arn:aws:ecr:eu-central-1:123456789012:repository/somebody-else".to_owned(),
        tags: false,
    };
    assert!(!policy.allows(&elsewhere));
}

#[tokio::test]
async fn the_operator_may_do_with_repositories_what_it_does_and_nothing_else() {
    let aws = Aws::start("127.0.0.1:1", &Value::Null).await;
    let client = bench::ecr(&aws.endpoint());
    let owner = Owner::new("food-delivery", "shop");
    let plain = Desired {
        repositories: vec![("order".to_owned(), "shop/order".to_owned())],
        scan_on_push: false,
        immutable_tags: false,
    };
    let other = Desired {
        scan_on_push: true,
        immutable_tags: true,
        ..plain.clone()
    };
    for wanted in [plain, other] {
        let mut looks = 0;
        while ecr::reconcile(&client, &owner, &wanted, false).await.changed {
            looks += 1;
            assert!(looks < 5, "it does not end");
        }
    }
    ecr::delete(&client, &owner, "shop").await.unwrap();

    let policy = Policy::read("operator-ecr.json");
    let calls = aws.calls();
    for call in &calls {
        assert!(policy.allows(call), "{call:?}");
    }
    assert_eq!(policy.actions(), actions(&calls));
    // Calls that change or delete something must be limited to resources with the platform's tag.
    let changing = policy.0.iter().filter(|statement| {
        let actions = words(&statement["Action"]);
        actions
            .iter()
            .any(|action| action.contains(":Put") || action.contains(":Delete"))
    });
    for statement in changing {
        let tag = &statement["Condition"]["StringEquals"]["aws:ResourceTag/fooddelivery.dev/platform"];
        assert_eq!(tag, &owner.value(), "{statement}");
    }
}

/// No mock server supports all of EKS, so the calls are found in the operator's sources.
#[test]
fn the_operator_may_do_with_clusters_what_it_does_and_nothing_else() {
    let mut needed = called_in("eks");
    needed.extend(BESIDES_THOSE_OF_CLUSTERS.map(str::to_owned));
    assert_eq!(Policy::read("operator-eks.json").actions(), needed);
}

/// No mock server supports all of `CodeBuild` either.
#[test]
fn the_operator_may_do_with_builds_what_it_does_and_nothing_else() {
    let policy = Policy::read("operator-codebuild.json");
    let mut needed = called_in("codebuild");
    needed.extend(BESIDES_THOSE_OF_BUILDS.map(str::to_owned));
    assert_eq!(policy.actions(), needed);
    // Without the platform's tag, nothing may be created or changed.
    for statement in &policy.0 {
        let tag = |whose: &str| {
            let key = format!("aws:{whose}Tag/fooddelivery.dev/platform");
            statement["Condition"]["StringEquals"][key] == "food-delivery/shop"
        };
        for action in words(&statement["Action"]) {
            match action.as_str() {
                "codebuild:BatchGetProjects" | "iam:PassRole" => {}
                "codebuild:CreateProject" => assert!(tag("Request"), "{action}"),
                _ => assert!(tag("Resource"), "{action}"),
            }
        }
    }
}

/// The actions of the calls in the operator's sources about that AWS service.
fn called_in(part: &str) -> BTreeSet<String> {
    let sources = fdp_checkout::root().join("operator/src/aws").join(part);
    let files = fs::read_dir(sources).unwrap();
    files.flat_map(|file| called(&file.unwrap().path())).collect()
}

/// The actions of the calls in a source: `.create_cluster()` is `eks:CreateCluster`.
fn called(source: &Path) -> Vec<String> {
    if source.extension().is_none_or(|extension| extension != "rs") {
        return Vec::new();
    }
    let text = fs::read_to_string(source).unwrap();
    text.split('.')
        .filter_map(|rest| rest.split_once("()"))
        .map(|(name, _)| name)
        .filter(|name| VERBS.iter().any(|verb| name.starts_with(verb)))
        .filter(|name| {
            name.chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '_')
        })
        .map(|name| {
            let is_about = |words: &[&str]| words.iter().any(|word| name.contains(word));
            let service = if is_about(&["cluster", "nodegroup", "addon"]) {
                "eks"
            } else if is_about(&["project", "webhook"]) {
                "codebuild"
            } else {
                "iam"
            };
            let words = name.split('_').map(|word| match word {
                "id" => "ID".to_owned(),
                _ => word[..1].to_uppercase() + &word[1..],
            });
            format!("{service}:{}", words.collect::<String>())
        })
        .collect()
}

#[test]
fn every_action_has_its_reason_in_the_readme() {
    let folder = super::generated::folder();
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for file in fs::read_dir(folder.join("policies")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(readme.contains(&format!("policies/{name}")), "{name}");
        for action in Policy::read(&name).actions() {
            let row = format!("| `{action}` |");
            assert!(readme.contains(&row), "{name}: there is no row {row}");
        }
    }
}
