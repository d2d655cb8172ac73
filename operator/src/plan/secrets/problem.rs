//! What keeps a platform from using a Secret that it names.

use fdp_crds::FoodDeliveryPlatform;
use kube::Resource as _;

use crate::{
    kubernetes::shared_secrets::{PLATFORMS, SHARED_WITH, command},
    model::{observed::Observed, reason::Reason},
    plan::secrets::named::Named,
    settings::ReferencedSecrets,
    spec::Validated,
};

/// What keeps a platform from using a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Problem {
    pub(in crate::plan) reason: Reason,
    pub(in crate::plan) message: String,
}

/// What keeps the platform from using a Secret. Nothing is known of one that was not read.
pub(in crate::plan) fn problem(named: &Named, platform: &Validated, observed: &Observed) -> Option<Problem> {
    let known = observed.referenced.get(&named.key(platform))?;
    let insists = platform.referenced_secrets == ReferencedSecrets::Labelled;
    let (name, namespace) = (&named.name, &named.namespace);
    let missing = |message| {
        Some(Problem {
            reason: Reason::SecretMissing,
            message,
        })
    };
    let not_shared = |message| {
        Some(Problem {
            reason: Reason::SecretNotShared,
            message,
        })
    };
    let subject = format!(
        "Secret {name}, which {} of {} {} names,",
        named.field,
        FoodDeliveryPlatform::kind(&()),
        platform.name
    );
    if !known.exists {
        let label = if insists {
            format!(" and the label {SHARED_WITH}={PLATFORMS}")
        } else {
            String::new()
        };
        return missing(format!(
            "{subject} is not in namespace {namespace}: create it with the keys {}{label}",
            named.required.join(", ")
        ));
    }
    let foreign = |made_for: &&String| **made_for != platform.name || *namespace != platform.namespace;
    if let Some(made_for) = known.made_for.as_ref().filter(foreign) {
        return not_shared(format!(
            "{subject} holds what the operator generated for platform {made_for}: name another one"
        ));
    }
    if known.unlabelled && insists {
        return not_shared(format!(
            "{subject} does not say that platforms may use it: {}",
            command(namespace, name)
        ));
    }
    let lacking: Vec<&str> = named
        .required
        .iter()
        .copied()
        .filter(|key| !known.keys.contains(*key))
        .collect();
    if lacking.is_empty() {
        return None;
    }
    missing(format!(
        "{subject} lacks {}: add what is missing",
        lacking.join(", ")
    ))
}

/// What to change before the next release: it uses a Secret only if that says so.
pub(super) fn notice(named: &Named, platform: &Validated, observed: &Observed) -> Option<String> {
    let known = observed.referenced.get(&named.key(platform))?;
    known.unlabelled.then(|| {
        format!(
            "Secret {} does not say yet that platforms may use it, and the next release insists on that: {}",
            named.name,
            command(&named.namespace, &named.name)
        )
    })
}
