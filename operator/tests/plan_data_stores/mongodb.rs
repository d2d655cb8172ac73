//! Tests the MongoDB that the operator runs.

use fdp_operator::plan::plan;
use serde_json::{Value, json};

use crate::{
    empty_cluster, environment, find, get, goes_with_the_platform, names, planned, platform, variable,
};

fn managed() -> Value {
    json!({ "mongodb": { "provider": "Managed" } })
}

#[test]
fn the_managed_mongodb_is_one_server_with_a_volume_and_a_password() {
    let plan = planned(&managed());
    let set = get(&plan, "StatefulSet", "shop-mongodb");
    assert_eq!(set["spec"]["replicas"], 1);
    assert_eq!(
        set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"],
        "2Gi"
    );
    assert_eq!(
        environment(&set, 0),
        [],
        "the server reads the password from a file, at each start"
    );
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsUser"], 999);
    assert_eq!(
        pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"],
        true
    );
    let written: Vec<&str> = pod["containers"][0]["volumeMounts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|mount| mount["readOnly"] != true)
        .filter_map(|mount| mount["mountPath"].as_str())
        .collect();
    assert_eq!(written, ["/data/db", "/data/configdb", "/tmp"]);
    assert_eq!(
        get(&plan, "Secret", "shop-mongodb")["data"]["password"],
        "aHVudGVyMw==",
        "hunter3"
    );
}

#[test]
fn a_changed_password_replaces_the_server_which_then_sets_it() {
    let template = |password: &str| {
        let mut observed = empty_cluster();
        observed.credentials.mongodb = password.to_owned();
        let set = get(
            &plan(&platform(&managed()), &observed),
            "StatefulSet",
            "shop-mongodb",
        );
        set["spec"]["template"].clone()
    };
    assert_eq!(template("one"), template("one"));
    assert_ne!(template("one"), template("another"));
}

#[test]
fn order_hears_of_it_and_reaches_it_as_does_the_setup_that_tries_its_password() {
    let plan = planned(&managed());
    let order = get(&plan, "Deployment", "shop-order");
    assert_eq!(variable(&order, "ORDER_STORE").unwrap(), "mongodb");
    assert_eq!(
        variable(&order, "MONGODB_URL").unwrap(),
        "mongodb://root:$(MONGODB_PASSWORD)@shop-mongodb:27017/order?authSource=admin"
    );
    let names_: Vec<String> = environment(&order, 0).into_iter().map(|(name, _)| name).collect();
    let position = |name: &str| names_.iter().position(|known| known == name);
    assert!(
        position("MONGODB_PASSWORD") < position("MONGODB_URL"),
        "a variable can only name those before it"
    );
    assert_eq!(
        variable(&get(&plan, "Deployment", "shop-pay"), "MONGODB_URL"),
        None
    );
    let policy = get(&plan, "NetworkPolicy", "shop-mongodb");
    assert_eq!(
        policy["spec"]["ingress"],
        json!([{ "ports": [{ "port": 27017, "protocol": "TCP" }], "from": [
            { "podSelector": {
                "matchLabels": { "app.kubernetes.io/instance": "shop" },
                "matchExpressions": [{
                    "key": "app.kubernetes.io/name", "operator": "In", "values": ["order", "order-reach"],
                }],
            } },
            { "podSelector": { "matchLabels": {
                "app.kubernetes.io/instance": "shop", "app.kubernetes.io/name": "setup",
            } } },
        ] }])
    );
    let setup = plan
        .objects
        .iter()
        .find(|planned| planned.resource.kind == "Job")
        .unwrap();
    assert_eq!(
        variable(&setup.object.data, "MONGODB_URL"),
        variable(&order, "MONGODB_URL")
    );
}

#[test]
fn whoever_keeps_the_volume_keeps_the_password_that_opens_it() {
    let mut spec = managed();
    assert!(!goes_with_the_platform(&get(
        &planned(&spec),
        "Secret",
        "shop-mongodb"
    )));
    spec["deletionPolicy"] = json!("Delete");
    assert!(goes_with_the_platform(&get(
        &planned(&spec),
        "Secret",
        "shop-mongodb"
    )));
}

#[test]
fn without_order_nobody_reaches_it() {
    let mut spec = managed();
    spec["services"] = json!({ "order": { "enabled": false } });
    assert_eq!(
        find(&planned(&spec), "NetworkPolicy", "shop-mongodb"),
        None,
        "everything is denied"
    );
}

#[test]
fn there_is_none_of_it_unless_it_is_asked_for() {
    assert_eq!(
        names(&planned(&json!({})), |key| key.contains("mongodb")),
        Vec::<String>::new()
    );
}
