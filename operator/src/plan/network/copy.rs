//! The network policy of the Job that copies one PostgreSQL to another: it reaches both, and nothing else.

use k8s_openapi::api::networking::v1::NetworkPolicyEgressRule;

use crate::{
    components::postgres,
    kubernetes::{
        names::{Component, POSTGRES, STORE_COPY},
        network_policy::{only_widest, part, policy, port},
    },
    model::object::Planned,
    plan::stores::Copying,
    spec::{Postgres, Validated},
};

pub(super) fn copy(platform: &Validated, copying: &Copying) -> Planned {
    let mut egress = Vec::new();
    for form in [&copying.from, &copying.to] {
        egress.extend(match form.postgres {
            Postgres::Managed(_) => vec![NetworkPolicyEgressRule {
                to: Some(vec![part(platform, POSTGRES)]),
                ports: Some(vec![port(postgres::PORT, "TCP")]),
            }],
            Postgres::CloudNativePg(_) | Postgres::External { .. } => postgres::egress(form),
        });
    }
    policy(
        platform,
        STORE_COPY,
        Component::Setup,
        Vec::new(),
        only_widest(egress),
    )
}
