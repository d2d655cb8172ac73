//! Every object of Istio.

use std::collections::BTreeMap;

use fdp_catalogue::Service;

use crate::{
    components::mesh::{
        access,
        activation::active,
        destinations, drilled, hosts, ingress,
        members::{self, Versions},
        rate_limit, routes,
    },
    model::{object::Planned, observed::Observed},
    spec::Validated,
};

/// Every object of Istio, if it is enabled and installed.
pub fn objects(
    platform: &Validated,
    observed: &Observed,
    versions: &BTreeMap<Service, Versions>,
) -> Vec<Planned> {
    let Some(mesh) = active(platform, observed) else {
        return Vec::new();
    };
    let members = members::members(platform, versions);
    let enforced = access::enforced(mesh, platform, observed);
    let hosts = hosts::served(platform, mesh, observed);
    let mut objects = Vec::new();
    for member in &members {
        // Before the routes, which refer to the subsets of this rule.
        objects.push(destinations::rule(platform, mesh, member, observed));
        if !member.is_gateway {
            objects.push(routes::route(platform, mesh, member));
        } else if !hosts.is_empty() {
            objects.push(ingress::route(platform, member, hosts.clone()));
        }
        objects.extend(drilled::filter(platform, mesh, member));
        objects.push(access::authentication(platform, member, enforced));
        if enforced {
            objects.push(access::authorization(platform, mesh, member));
        }
        if member.is_gateway {
            if !hosts.is_empty() {
                objects.push(ingress::gateway(platform, mesh, &hosts));
            }
            objects.extend(rate_limit::filter(platform, mesh, member));
        }
    }
    objects
}
