//! Makes pods follow the Secrets that they read: a hash in their template replaces them when a value changes, and nothing is
//! rolled out that could not start.

use std::{collections::BTreeMap, sync::Arc};

use kube::core::DynamicObject;
use serde_json::{Map, Value, json};

use crate::{
    kubernetes::names::SECRETS_HASH,
    model::{object::Planned, observed::Observed, reason::Reason},
    plan::secrets::{
        named::{Named, Reader},
        problem::problem,
        reads::{Read, reads},
    },
    spec::{Validated, canonical::hash},
};

/// The planned object with the hash of the Secrets that its pods read. `None` if one of them must not be used or is not
/// there: then what runs stays as it is.
pub(in crate::plan) fn follow(
    planned: Planned,
    live: Option<&Arc<DynamicObject>>,
    all: &[Named],
    platform: &Validated,
    observed: &Observed,
) -> Option<Planned> {
    if all.is_empty() {
        return Some(planned);
    }
    let reads = reads(&planned.object.data);
    let stops = |named: &&Named| {
        let problem = problem(named, platform, observed);
        problem
            .is_some_and(|problem| named.reader == Reader::Pods || problem.reason == Reason::SecretNotShared)
    };
    if reads.iter().any(|read| of(read, all).any(|named| stops(&named))) {
        return None;
    }
    // The name of a Job holds the hash already, and its template cannot be changed.
    if planned.resource.kind == "Job" {
        return Some(planned);
    }
    Some(with_hash(planned, live, &reads, all, platform, observed))
}

fn with_hash(
    mut planned: Planned,
    live: Option<&Arc<DynamicObject>>,
    reads: &[Read],
    all: &[Named],
    platform: &Validated,
    observed: &Observed,
) -> Planned {
    const METADATA: &str = "/spec/template/metadata";
    if !reads_any(reads, all) || planned.object.data.pointer(METADATA).is_none() {
        return planned;
    }
    let hash = of_values(reads, all, platform, observed).or_else(|| {
        // Nobody could read it, which is no change.
        let annotations = live?.data.pointer(METADATA)?.get("annotations")?;
        Some(annotations.get(SECRETS_HASH)?.as_str()?.to_owned())
    });
    let object = Arc::make_mut(&mut planned.object);
    if let (Some(hash), Some(Value::Object(metadata))) = (hash, object.data.pointer_mut(METADATA)) {
        let annotations = metadata
            .entry("annotations")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(annotations) = annotations {
            annotations.insert(SECRETS_HASH.to_owned(), json!(hash));
        }
    }
    planned
}

/// A hash of what a pod specification reads from Secrets that the platform names; `None` if it reads none, or one that
/// could not be read.
pub(in crate::plan) fn hash_of(
    specification: &Value,
    all: &[Named],
    platform: &Validated,
    observed: &Observed,
) -> Option<String> {
    let reads = reads(specification);
    reads_any(&reads, all)
        .then(|| of_values(&reads, all, platform, observed))
        .flatten()
}

fn reads_any(reads: &[Read], all: &[Named]) -> bool {
    reads
        .iter()
        .any(|read| read.by_container && of(read, all).next().is_some())
}

fn of_values(reads: &[Read], all: &[Named], platform: &Validated, observed: &Observed) -> Option<String> {
    let mut values: BTreeMap<String, &str> = BTreeMap::new();
    for read in reads.iter().filter(|read| read.by_container) {
        let Some(named) = of(read, all).next() else {
            continue;
        };
        let known = observed.referenced.get(&named.key(platform))?;
        let read_keys = known
            .hashes
            .iter()
            .filter(|(key, _)| read.key.as_ref().is_none_or(|only| only == *key));
        for (key, hash) in read_keys {
            values.insert(format!("{}/{key}", named.name), hash);
        }
    }
    Some(hash(&json!(values)))
}

/// The fields that name the Secret of a reference. A certificate is in the namespace of the ingress gateway.
fn of<'a>(read: &'a Read, all: &'a [Named]) -> impl Iterator<Item = &'a Named> {
    all.iter()
        .filter(|named| named.name == read.secret && (named.reader == Reader::Pods) == read.by_container)
}
