//! Tests PostgreSQL that CloudNativePG runs, and an external PostgreSQL.

use fdp_operator::{
    components::postgres,
    model::{apis::Family, health::Health},
    plan::plan,
};
use serde_json::{Value, json};

use crate::{
    cluster_without, empty_cluster, environment, find, get, goes_with_the_platform, names, planned, platform,
    there, variable,
};

fn cloud_native_pg() -> Value {
    json!({ "postgres": { "provider": "CloudNativePG", "instances": 3, "storage": { "size": "20Gi" } } })
}

fn external() -> Value {
    json!({ "postgres": { "provider": "External", "secretRef": { "name": "rds" } } })
}

fn setup(spec: &Value) -> Vec<(String, String)> {
    let plan = planned(spec);
    let job = names(&plan, |key| key.starts_with("Job shop-setup"));
    environment(&get(&plan, "Job", job[0].trim_start_matches("Job ")), 0)
}

#[test]
fn cloud_native_pg_is_asked_for_servers_that_take_our_password() {
    let plan = planned(&cloud_native_pg());
    assert_eq!(
        get(&plan, "Cluster", "shop-postgres")["spec"],
        json!({ "instances": 3, "primaryUpdateStrategy": "unsupervised", "enableSuperuserAccess": true,
            "superuserSecret": { "name": "shop-postgres" }, "storage": { "size": "20Gi" },
            "postgresql": { "synchronous": { "method": "any", "number": 1, "dataDurability": "required" } } })
    );
    let secret = get(&plan, "Secret", "shop-postgres");
    assert_eq!(secret["data"]["username"], "cG9zdGdyZXM=", "postgres");
    assert_eq!(secret["data"]["password"], "aHVudGVyMg==", "hunter2");
    assert_eq!(secret["metadata"]["labels"]["cnpg.io/reload"], "true");
    assert_eq!(
        find(&plan, "StatefulSet", "shop-postgres"),
        None,
        "nothing of it is ours"
    );
    let managed = get(&planned(&json!({})), "Secret", "shop-postgres");
    assert_eq!(managed["data"], json!({ "password": "aHVudGVyMg==" }));
}

#[test]
fn what_was_committed_survives_the_primary_of_cloud_native_pg() {
    let durability = |instances: i32| {
        let spec = json!({ "postgres": { "provider": "CloudNativePG", "instances": instances } });
        get(&planned(&spec), "Cluster", "shop-postgres")["spec"]["postgresql"]["synchronous"]["dataDurability"]
            .clone()
    };
    assert_eq!(durability(1), Value::Null, "nothing could follow a single server");
    assert_eq!(
        durability(2),
        "preferred",
        "one of two may restart without stopping orders"
    );
    assert_eq!(durability(3), "required");
    assert_eq!(durability(5), "required");
}

#[test]
fn services_and_the_setup_reach_the_server_that_takes_writes() {
    let plan = planned(&cloud_native_pg());
    let pay = get(&plan, "Deployment", "shop-pay");
    assert_eq!(
        variable(&pay, "DATABASE_URL").unwrap(),
        "postgres://pay:$(DATABASE_PASSWORD)@shop-postgres-rw:5432/pay"
    );
    assert!(setup(&cloud_native_pg()).contains(&(
        "POSTGRES_URL".to_owned(),
        "postgres://postgres:$(POSTGRES_PASSWORD)@shop-postgres-rw:5432/postgres".to_owned()
    )));
    let way_out = json!({ "ports": [{ "port": 5432, "protocol": "TCP" }],
        "to": [{ "podSelector": { "matchLabels": { "cnpg.io/cluster": "shop-postgres" } } }] });
    let policy = get(&plan, "NetworkPolicy", "shop-setup");
    assert!(
        policy["spec"]["egress"].as_array().unwrap().contains(&way_out),
        "{policy}"
    );
}

#[test]
fn data_stays_or_goes_with_the_platform_as_its_deletion_policy_says() {
    let mut spec = cloud_native_pg();
    assert!(!goes_with_the_platform(&get(
        &planned(&spec),
        "Cluster",
        "shop-postgres"
    )));
    spec["deletionPolicy"] = json!("Delete");
    assert!(goes_with_the_platform(&get(
        &planned(&spec),
        "Cluster",
        "shop-postgres"
    )));
}

#[test]
fn without_cloud_native_pg_there_is_no_cluster_and_the_cure_is_named() {
    let platform = platform(&cloud_native_pg());
    let without = cluster_without(Family::CloudNativePg);
    let plan = plan(&platform, &without);
    assert_eq!(
        names(&plan, |key| key.starts_with("Cluster ")),
        Vec::<String>::new()
    );
    let health = postgres::health(&platform, &without);
    assert!(
        matches!(&health[0], Health::Absent(message) if message.contains("install CloudNativePG")),
        "{health:?}"
    );
}

#[test]
fn what_cloud_native_pg_says_becomes_what_we_say() {
    let mut spec = cloud_native_pg();
    spec["postgres"]["image"] = json!("postgresql:18");
    let platform = platform(&spec);
    let plan = planned(&spec);
    let said = |status: Value| {
        let mut observed = empty_cluster();
        there(&mut observed, &plan, "Cluster", "shop-postgres", status);
        postgres::health(&platform, &observed).remove(0)
    };
    let healthy = |ready: i32, image: &str| json!({ "phase": "Cluster in healthy state", "readyInstances": ready, "image": image });
    assert_eq!(said(healthy(3, "postgresql:18")), Health::Ready);
    assert!(
        matches!(said(healthy(2, "postgresql:18")), Health::Waiting(_)),
        "one is missing"
    );
    assert!(
        matches!(said(healthy(3, "postgresql:17")), Health::Waiting(_)),
        "that was before the change"
    );
    assert_eq!(
        said(
            json!({ "phase": "Failing over", "phaseReason": "shop-postgres-1 is gone", "readyInstances": 2 })
        ),
        Health::Waiting(
            "Cluster shop-postgres: 2 of 3 ready: Failing over: shop-postgres-1 is gone".to_owned()
        )
    );
    assert!(matches!(
        said(json!({ "phase": "Waiting for user action" })),
        Health::Failed(_)
    ));
    assert!(
        said(json!({}))
            .message()
            .unwrap()
            .contains("see whether its operator runs")
    );
}

#[test]
fn the_secret_of_an_external_server_is_read_by_those_who_need_it() {
    let plan = planned(&external());
    let pay = environment(&get(&plan, "Deployment", "shop-pay"), 0);
    for (name, value) in [
        ("DATABASE_HOST", "rds/host"),
        ("DATABASE_PORT", "rds/port"),
        ("PGSSLMODE", "rds/sslmode?"),
        ("DATABASE_PASSWORD", "shop-databases/pay"),
        (
            "DATABASE_URL",
            "postgres://food_shop_pay:$(DATABASE_PASSWORD)@$(DATABASE_HOST):$(DATABASE_PORT)/food_shop_pay",
        ),
    ] {
        assert!(
            pay.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {pay:?}"
        );
    }
    assert_eq!(
        pay.last().map(|(name, _)| &**name),
        Some("DATABASE_URL"),
        "after all that it names"
    );
    let administrators = ["rds/username", "rds/password"];
    assert!(
        pay.iter().all(|(_, value)| !administrators.contains(&&**value)),
        "{pay:?}"
    );
}

#[test]
fn the_setup_signs_in_with_any_characters_in_the_administrators_password() {
    let job = setup(&external());
    for (name, value) in [
        ("PGUSER", "rds/username"),
        ("PGPASSWORD", "rds/password"),
        ("DATABASE_PREFIX", "food_shop_"),
        ("OWNER", "food/shop"),
        ("OWNER_UID", "1"),
        (
            "POSTGRES_URL",
            "postgres://$(DATABASE_HOST):$(DATABASE_PORT)/postgres",
        ),
    ] {
        assert!(
            job.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {job:?}"
        );
    }
}

#[test]
fn nothing_of_an_external_server_is_ours_and_all_may_go_out_to_it() {
    let plan = planned(&external());
    assert_eq!(find(&plan, "StatefulSet", "shop-postgres"), None);
    let policy = get(&plan, "NetworkPolicy", "shop-pay");
    assert_eq!(
        policy["spec"]["egress"],
        json!([{}]),
        "only the Secret knows where it is"
    );
    assert_eq!(postgres::health(&platform(&external()), &empty_cluster()), []);
}
