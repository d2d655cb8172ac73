//! The names of services, events and stored data that programs, queries and databases outside this workspace hold on to.
//!
//! A name may be added. One that is changed or taken away breaks dashboards, consumers and running platforms: they need a
//! release in which both are there.

use fdp_catalogue::{Service, topic, variables};
use fdp_contracts::asyncapi;
use fdp_runtime::metric_names;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.into_iter().collect();
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn services_keep_their_names_ports_and_consumer_groups() {
    let services = Service::ALL.map(|service| {
        (
            service.name(),
            service.port(),
            service.consumer_group().unwrap_or_default(),
        )
    });
    assert_eq!(services.as_slice(), [] as [(&str, u16, &str); 0]);
}

#[test]
fn topics_keep_their_names() {
    assert_eq!(topic::all(), [] as [&str; 0]);
}

#[test]
fn events_keep_their_types() {
    let document = asyncapi::document().unwrap();
    let types = document["components"]["messages"].as_object().unwrap();
    assert_eq!(list(types.keys().map(String::as_str)), [] as [&str; 0]);
}

#[test]
fn metrics_keep_their_names_and_labels() {
    let metrics = metric_names::ALL
        .iter()
        .map(|metric| (metric.name, metric.labels));
    assert_eq!(metrics.collect::<Vec<_>>(), [] as [(&str, &str); 0]);
}

#[test]
fn environment_variables_keep_their_names() {
    let names: Vec<String> = Service::ALL.into_iter().flat_map(variables::names).collect();
    assert_eq!(list(names.iter().map(String::as_str)), [] as [&str; 0]);
}

/// A database keeps the checksum of each migration that ran in it: a service whose migration is another one does not start.
#[test]
fn migrations_that_ran_somewhere_stay_as_they_are() {
    assert_eq!(migrations(), [] as [String; 0]);
}

/// Each file and the beginning of its SHA-256.
fn migrations() -> Vec<String> {
    let services = fdp_checkout::root().join("services");
    let mut found = Vec::new();
    for folder in fdp_catalogue::Service::with_database()
        .map(Service::name)
        .chain(["kit/storage"])
    {
        for file in std::fs::read_dir(services.join(folder).join("migrations")).unwrap() {
            let path = file.unwrap().path();
            let digest = Sha256::digest(std::fs::read(&path).unwrap());
            let digest: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
            let name = path.file_name().unwrap().to_string_lossy();
            found.push(format!("{folder}/{name} {digest}"));
        }
    }
    found.sort();
    found
}
