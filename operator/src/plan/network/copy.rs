//! The network policy of the Jobs that copy one data store to another: they reach both, and nothing else.

use k8s_openapi::api::networking::v1::NetworkPolicyEgressRule;

use crate::{
    components::{kafka, postgres},
    kubernetes::{
        names::{Component, KAFKA, POSTGRES, STORE_COPY},
        network_policy::{only_widest, part, policy, port},
    },
    model::object::Planned,
    plan::stores::Copying,
    spec::{Kafka, Postgres, Store, Validated},
};

pub(super) fn copy(platform: &Validated, all: &[Copying]) -> Planned {
    let mut egress = Vec::new();
    for copying in all {
        for form in [&copying.from, &copying.to] {
            egress.extend(to_store(form, copying.store));
        }
    }
    policy(
        platform,
        STORE_COPY,
        Component::Setup,
        Vec::new(),
        only_widest(egress),
    )
}

fn to_store(form: &Validated, store: Store) -> Vec<NetworkPolicyEgressRule> {
    let managed = |name, number| {
        vec![NetworkPolicyEgressRule {
            to: Some(vec![part(form, name)]),
            ports: Some(vec![port(number, "TCP")]),
        }]
    };
    match (store, &form.kafka, &form.postgres) {
        (Store::Kafka, Kafka::Managed { .. }, _) => managed(KAFKA, kafka::PORT),
        (Store::Kafka, ..) => kafka::egress(form),
        (Store::Postgres, _, Postgres::Managed(_)) => managed(POSTGRES, postgres::PORT),
        (Store::Postgres, ..) => postgres::egress(form),
        (Store::Mongodb, ..) => Vec::new(),
    }
}
