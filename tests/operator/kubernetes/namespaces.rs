//! An operator for named namespaces, with Roles there and no right of the cluster.

use std::time::{Duration, Instant};

use fdp_crds::condition;
use fdp_test_operator::{NAMESPACE, Operator, World, eventually, process};
use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::{ConfigMap, ServiceAccount},
    rbac::v1::{ClusterRole, Role, RoleBinding},
};
use kube::{
    Api, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    core::DynamicObject,
};
use serde_json::{Value, json};

/// Whose platforms it is to look after, though it has no right there at first.
const LATER: &str = "later";
/// Whose platforms are none of its business.
const FOREIGN: &str = "foreign";
const ACCOUNT: &str = "fdp-operator";

/// Gives the operator's account, in one namespace, what the operator needs there.
async fn give_rights(world: &World, namespace: &str) {
    let file = fdp_checkout::root().join("manifests/kustomize/base/role.yaml");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&std::fs::read_to_string(file).unwrap()).unwrap();
    let role = documents
        .into_iter()
        .find(|document| document["kind"] == "ClusterRole")
        .unwrap();
    let role: ClusterRole = serde_json::from_value(role).unwrap();
    let role = Role {
        rules: role.rules,
        ..serde_json::from_value(json!({ "metadata": { "name": ACCOUNT } })).unwrap()
    };
    Api::namespaced(world.client.clone(), namespace)
        .create(&PostParams::default(), &role)
        .await
        .unwrap();
    let binding: RoleBinding = serde_json::from_value(json!({
        "metadata": { "name": ACCOUNT },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT },
        "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": "operators" }],
    }))
    .unwrap();
    Api::namespaced(world.client.clone(), namespace)
        .create(&PostParams::default(), &binding)
        .await
        .unwrap();
}

/// A kubeconfig of the operator's account, beside the administrator's.
async fn kubeconfig(world: &World) -> std::path::PathBuf {
    let accounts = Api::<ServiceAccount>::namespaced(world.client.clone(), "operators");
    let account = serde_json::from_value(json!({ "metadata": { "name": ACCOUNT } })).unwrap();
    accounts.create(&PostParams::default(), &account).await.unwrap();
    let request = TokenRequest {
        spec: TokenRequestSpec::default(),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request(ACCOUNT, &PostParams::default(), &request)
        .await
        .unwrap();
    let admin = std::fs::read_to_string(world.plane.kubeconfig()).unwrap();
    let mut config: Value = serde_saphyr::from_str(&admin).unwrap();
    for user in config["users"].as_array_mut().unwrap() {
        user["user"] = json!({ "token": answer.status.as_ref().unwrap().token });
    }
    let file = world.plane.kubeconfig().with_file_name("account.kubeconfig");
    std::fs::write(&file, config.to_string()).unwrap();
    file
}

/// Applies a platform in any namespace.
async fn apply(world: &World, namespace: &str, name: &str) {
    let platform = process::platform(namespace, name, &json!({}));
    Api::<fdp_crds::FoodDeliveryPlatform>::namespaced(world.client.clone(), namespace)
        .patch(
            name,
            &PatchParams::apply("somebody").force(),
            &Patch::Apply(&platform),
        )
        .await
        .unwrap();
}

/// How many objects of the operator there are in a namespace.
async fn made_in(world: &World, namespace: &str) -> usize {
    let ours = ListParams::default().labels("app.kubernetes.io/managed-by=fdp-operator");
    let mut made = 0;
    for kind in fdp_operator::plan::owned_kinds() {
        let api = Api::<DynamicObject>::namespaced_with(world.client.clone(), namespace, &kind);
        made += api.list(&ours).await.unwrap().items.len();
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn with_roles_alone_it_looks_after_its_namespaces_and_no_other() {
    let world = World::start().await;
    for namespace in [LATER, FOREIGN] {
        world.plane.make_namespace(namespace).await.unwrap();
    }
    let kubeconfig = kubeconfig(&world).await;
    give_rights(&world, NAMESPACE).await;
    let named = format!("{NAMESPACE},{LATER}");
    let started = Instant::now();
    let operator = Operator::with_environment(&kubeconfig, &[("FDP_WATCH_NAMESPACES", named.as_str())]);
    world.apply("shop", &json!({})).await;
    for namespace in [LATER, FOREIGN] {
        apply(&world, namespace, "shop").await;
    }
    // A namespace that refuses holds up no other.
    world.settles("shop", &json!({})).await;
    println!(
        "everything is made {:.1} s after the start",
        started.elapsed().as_secs_f64()
    );
    assert_eq!(operator.page("/readyz").await, (200, "ready\n".to_owned()));
    let log = std::fs::read_to_string(kubeconfig.with_file_name("operator.log")).unwrap();
    assert!(
        log.contains("the operator lacks a right") && log.contains("cannot list resource"),
        "{log}"
    );
    assert_eq!(made_in(&world, LATER).await, 0);

    give_rights(&world, LATER).await;
    let given = Instant::now();
    let deadline = Duration::from_mins(2);
    while made_in(&world, LATER).await < 30 {
        assert!(given.elapsed() < deadline, "nothing is made in {LATER}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!(
        "a namespace whose right comes later has its objects after {:.1} s",
        given.elapsed().as_secs_f64()
    );

    // What somebody changes is put back in each of them, so all are watched.
    let config_maps = Api::<ConfigMap>::namespaced(world.client.clone(), LATER);
    let before = config_maps.get("shop-kafka").await.unwrap().uid();
    config_maps
        .delete("shop-kafka", &DeleteParams::default())
        .await
        .unwrap();
    eventually("what was deleted comes again", async || {
        let now = config_maps
            .get_opt("shop-kafka")
            .await
            .unwrap()
            .and_then(|now| now.uid());
        (now.is_some() && now != before)
            .then_some(())
            .ok_or(format!("{now:?}"))
    })
    .await;
    assert_eq!(made_in(&world, FOREIGN).await, 0);
    let foreign = Api::<fdp_crds::FoodDeliveryPlatform>::namespaced(world.client.clone(), FOREIGN);
    let untouched = foreign.get("shop").await.unwrap().status.unwrap_or_default();
    assert!(untouched.conditions.is_empty(), "{untouched:?}");
    operator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_in_a_namespace_is_said_in_its_platforms() {
    let world = World::start().await;
    let kubeconfig = kubeconfig(&world).await;
    give_rights(&world, NAMESPACE).await;
    let roles = Api::<Role>::namespaced(world.client.clone(), NAMESPACE);
    let mut role = roles.get(ACCOUNT).await.unwrap();
    let all = role.rules.clone();
    role.rules.as_mut().unwrap().retain(|rule| {
        rule.resources
            .as_ref()
            .is_none_or(|resources| !resources.iter().any(|resource| resource == "jobs"))
    });
    role.metadata.managed_fields = None;
    let role = roles
        .replace(ACCOUNT, &PostParams::default(), &role)
        .await
        .unwrap();
    let operator = Operator::with_environment(&kubeconfig, &[("FDP_WATCH_NAMESPACES", NAMESPACE)]);
    world.apply("shop", &json!({})).await;
    let words = ["True RightsMissing", "cannot list resource \"jobs\"", NAMESPACE];
    let since = Instant::now();
    let deadline = Duration::from_mins(1);
    loop {
        let said = world.condition("shop", condition::STALLED).await;
        if words.iter().all(|word| said.contains(word)) {
            break;
        }
        assert!(since.elapsed() < deadline, "Stalled says: {said}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!(
        "a missing right is told after {:.1} s",
        since.elapsed().as_secs_f64()
    );
    assert_eq!(made_in(&world, NAMESPACE).await, 0, "nothing is made half blind");

    let whole = Role { rules: all, ..role };
    roles
        .replace(ACCOUNT, &PostParams::default(), &whole)
        .await
        .unwrap();
    let given = Instant::now();
    while made_in(&world, NAMESPACE).await < 30 {
        assert!(given.elapsed() < Duration::from_mins(2), "it does not go on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!(
        "it goes on {:.1} s after the right came",
        given.elapsed().as_secs_f64()
    );
    operator.stop().await;
}
