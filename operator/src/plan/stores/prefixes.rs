//! The prefix that a platform's names already have in a store that others may use: it is kept until another one is given.

use std::borrow::Cow;

use k8s_openapi::api::apps::v1::Deployment;

use crate::{
    model::observed::Observed,
    plan::stores::in_use::{former, in_use, of_deployment},
    spec::{Store, Validated},
};

/// The platform with the prefixes that its names have, where the specification gives none.
pub(crate) fn keep_prefixes<'a>(platform: &'a Validated, observed: &Observed) -> Cow<'a, Validated> {
    let mut kept = Cow::Borrowed(platform);
    for store in Store::ALL {
        let Some(there) = platform.shared(store).filter(|there| !there.is_given) else {
            continue;
        };
        let known = known(platform, observed, store).filter(|known| *known != there.prefix);
        if let Some(prefix) = known {
            kept.to_mut().set_prefix(store, prefix);
        }
    }
    kept
}

/// The prefix of the store that serves, that is left, or that the pods of a platform use which was never up altogether.
fn known(platform: &Validated, observed: &Observed, store: Store) -> Option<String> {
    let remembered = in_use(platform, observed, store).and_then(|place| place.prefix);
    remembered
        .or_else(|| former(platform, observed, store)?.prefix)
        .or_else(|| {
            let services = platform.services.iter().map(|settings| settings.service.name());
            services
                .filter_map(|service| observed.children.typed::<Deployment>(&platform.child(service)))
                .find_map(|deployment| of_deployment(platform, store, &deployment)?.prefix)
        })
}
