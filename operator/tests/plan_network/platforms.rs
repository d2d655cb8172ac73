//! Platforms of every kind, and the places in and around their cluster.

use std::collections::BTreeMap;

use fdp_crds::FoodDeliveryPlatform;
use fdp_operator::{
    model::{apis::Apis, observed::Observed},
    plan::plan,
    settings::Settings,
    spec::Validated,
};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::{Value, json};

use crate::judge::{NAMESPACE, Place};

/// A platform, described by how it differs from the default.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Its specification, as JSON.
    pub(crate) spec: &'static str,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "as it comes",
        spec: "{}",
    },
    Case {
        name: "three brokers, their page and a MongoDB",
        spec: r#"{"kafka": {"brokers": 3, "ui": {"enabled": true}}, "mongodb": {"provider": "Managed"}}"#,
    },
    Case {
        name: "Strimzi and CloudNativePG",
        spec: r#"{"kafka": {"provider": "Strimzi", "ui": {"enabled": true}}, "postgres": {"provider": "CloudNativePG"}}"#,
    },
    Case {
        name: "data stores elsewhere",
        spec: r#"{
            "kafka": {"provider": "External", "secretRef": {"name": "kafka"}, "ui": {"enabled": true}},
            "postgres": {"provider": "External", "secretRef": {"name": "postgres"}},
            "mongodb": {"provider": "External", "secretRef": {"name": "mongodb"}}
        }"#,
    },
    Case {
        name: "logs and metrics kept",
        spec: r#"{"logging": {"provider": "Managed"}, "monitoring": {"provider": "Managed"}}"#,
    },
    Case {
        name: "logs kept by ECK",
        spec: r#"{"logging": {"provider": "ECK"}}"#,
    },
    Case {
        name: "a mesh with a canary",
        spec: r#"{
            "mesh": {"provider": "Istio", "ingressGateway": {"namespace": "ingress"}},
            "services": {"order": {"canary": {"tag": "next", "weight": 10}}}
        }"#,
    },
    Case {
        name: "sign-in and messages",
        spec: r#"{
            "gateway": {"auth": {"provider": "OIDC", "issuer": "https://id.example.com", "audience": "food"}},
            "notifications": {"kakao": {"secretRef": {"name": "kakao"}}}
        }"#,
    },
    Case {
        name: "payments at a provider",
        spec: r#"{
            "gateway": {"publicUrl": "https://shop.example.com"},
            "payments": {"provider": "Stripe", "secretRef": {"name": "stripe"}}
        }"#,
    },
    Case {
        name: "extensions",
        spec: r#"{"extensions": [
            {"name": "coupons", "image": "coupons:1", "port": 8090, "route": "/coupons", "subscribes": ["order"]},
            {"name": "reports", "image": "reports:1", "port": 8091}
        ]}"#,
    },
];

/// The policies of a platform, and all places by name: its pods by their parts, and the pods and addresses around it.
pub(crate) struct Cluster {
    pub(crate) policies: Vec<NetworkPolicy>,
    pub(crate) places: BTreeMap<String, Place>,
}

pub(crate) fn cluster(case: &Case) -> Cluster {
    observed(
        case,
        &Observed {
            apis: Apis::all(),
            ..Observed::default()
        },
    )
}

/// The same in a cluster about which more is known.
pub(crate) fn observed(case: &Case, observed: &Observed) -> Cluster {
    let spec: Value = serde_json::from_str(case.spec).unwrap();
    let platform: FoodDeliveryPlatform = serde_json::from_value(json!({
        "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
        "metadata": { "name": "shop", "namespace": NAMESPACE, "uid": "1" }, "spec": spec,
    }))
    .unwrap();
    fdp_crds::validate(&platform).unwrap();
    let plan = plan(
        &Validated::new(&platform, &Settings::default()).unwrap(),
        observed,
    );
    let objects: Vec<Value> = plan
        .objects
        .iter()
        .map(|planned| serde_json::to_value(&*planned.object).unwrap())
        .collect();
    let mut places = around();
    for labels in objects
        .iter()
        .filter_map(|object| object.pointer("/spec/template/metadata/labels"))
    {
        let labels: BTreeMap<String, String> = serde_json::from_value(labels.clone()).unwrap();
        let part = labels["app.kubernetes.io/name"].clone();
        if labels["app.kubernetes.io/component"] == "service" && !part.ends_with("-canary") {
            places.insert(format!("{part}-reach"), trying(&part, labels.clone()));
        }
        places.insert(part, Place::pod(NAMESPACE, &[], labels));
    }
    Cluster {
        policies: objects
            .into_iter()
            .filter(|object| object["kind"] == "NetworkPolicy")
            .map(|policy| serde_json::from_value(policy).unwrap())
            .collect(),
        places,
    }
}

/// The pod that tries whether a service reaches what it calls.
fn trying(service: &str, mut labels: BTreeMap<String, String>) -> Place {
    let own = [
        ("app.kubernetes.io/name", format!("{service}-reach")),
        ("app.kubernetes.io/component", "setup".to_owned()),
    ];
    labels.extend(own.map(|(label, value)| (label.to_owned(), value)));
    Place::pod(NAMESPACE, &[], labels)
}

/// Whether anything listens in a pod: those that try what services reach only connect to others.
pub(crate) fn listens(part: &str) -> bool {
    !part.ends_with("-reach")
}

/// Whether it is a pod of the platform.
pub(crate) fn is_ours(place: &Place) -> bool {
    matches!(place, Place::Pod { labels, .. } if labels.contains_key("fooddelivery.dev/platform"))
}

/// The places other than the platform's pods. Labels are those that the programs' own operators and charts set.
fn around() -> BTreeMap<String, Place> {
    let reader = ("fooddelivery.dev/metrics-reader", "true");
    [
        ("foreigner", "default", None, ("app", "foreigner")),
        (
            "metrics reader",
            "monitoring",
            Some(reader),
            ("app", "prometheus"),
        ),
        ("collector", "telemetry", None, ("app", "collector")),
        ("kube-dns", "kube-system", None, ("k8s-app", "kube-dns")),
        (
            "OpenShift's DNS",
            "openshift-dns",
            None,
            ("dns.operator.openshift.io/daemonset-dns", "default"),
        ),
        ("istiod", "istio-system", None, ("app", "istiod")),
        ("another istiod", "ingress", None, ("app", "istiod")),
        (
            "Strimzi's broker",
            NAMESPACE,
            None,
            ("strimzi.io/cluster", "shop-kafka"),
        ),
        (
            "CloudNativePG's server",
            NAMESPACE,
            None,
            ("cnpg.io/cluster", "shop-postgres"),
        ),
        (
            "ECK's Elasticsearch",
            NAMESPACE,
            None,
            ("elasticsearch.k8s.elastic.co/cluster-name", "shop-elasticsearch"),
        ),
        (
            "ECK's Kibana",
            NAMESPACE,
            None,
            ("kibana.k8s.elastic.co/name", "shop-kibana"),
        ),
    ]
    .into_iter()
    .map(|(name, namespace, of_namespace, (key, value))| {
        let labels = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let of_namespace: Vec<_> = of_namespace.into_iter().collect();
        (name, Place::pod(namespace, &of_namespace, labels))
    })
    .chain(["outside", "the API server", "a cache on the node"].map(|name| (name, Place::Address)))
    .map(|(name, place)| (name.to_owned(), place))
    .collect()
}
