//! The settings of a data store that the specification describes no more, from the objects in the cluster.

use fdp_crds::foreign::{cloud_native_pg::Cluster, strimzi::KafkaNodePool};
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::core::DynamicObject;
use serde_json::Value;

use crate::{
    kubernetes::names::{KAFKA, MONGODB, POSTGRES},
    model::observed::Observed,
    spec::{DataStore, Kafka, Mongodb, Place, Postgres, Store, Validated},
};

/// The platform with a data store in that place, as it is in the cluster. What is not there gets its defaults.
pub(super) fn restore(platform: &mut Validated, store: Store, place: &Place, observed: &Observed) {
    platform.put(store, place);
    let of_set = |part: &str| {
        let set = observed.children.typed::<StatefulSet>(&platform.child(part))?;
        Some((data_store(&set)?, set.spec?.replicas.unwrap_or(1)))
    };
    let [kafka, postgres, mongodb] = [KAFKA, POSTGRES, MONGODB].map(of_set);
    match store {
        Store::Kafka => match (&mut platform.kafka, kafka) {
            (Kafka::Managed { data_store, brokers }, Some((live, replicas))) => {
                (*data_store, *brokers) = (live, replicas);
            }
            (Kafka::Strimzi(settings), _) => {
                if let Some(pool) = first::<KafkaNodePool>(observed) {
                    let volume = &pool.data["spec"]["storage"]["volumes"][0];
                    settings.brokers = number(&pool.data["spec"]["replicas"]).unwrap_or(settings.brokers);
                    settings.size = text(&volume["size"]).unwrap_or_else(|| settings.size.clone());
                    settings.storage_class = text(&volume["class"]);
                }
            }
            _ => {}
        },
        Store::Postgres => match (&mut platform.postgres, postgres) {
            (Postgres::Managed(data_store), Some((live, _))) => *data_store = live,
            (Postgres::CloudNativePg(settings), _) => {
                if let Some(cluster) = first::<Cluster>(observed) {
                    let spec = &cluster.data["spec"];
                    settings.image = text(&spec["imageName"]);
                    settings.instances = number(&spec["instances"]).unwrap_or(settings.instances);
                    settings.size = text(&spec["storage"]["size"]).unwrap_or_else(|| settings.size.clone());
                    settings.storage_class = text(&spec["storage"]["storageClass"]);
                }
            }
            _ => {}
        },
        Store::Mongodb => {
            if let (Mongodb::Managed(data_store), Some((live, _))) = (&mut platform.mongodb, mongodb) {
                *data_store = live;
            }
        }
    }
}

/// The image and the volume of a `StatefulSet`.
fn data_store(set: &StatefulSet) -> Option<DataStore> {
    let spec = set.spec.as_ref()?;
    let claim = spec.volume_claim_templates.as_ref()?.first()?.spec.as_ref()?;
    let size = claim.resources.as_ref()?.requests.as_ref()?.get("storage")?;
    Some(DataStore {
        image: image(set)?,
        size: size.0.clone(),
        storage_class: claim.storage_class_name.clone(),
    })
}

/// The image of a `StatefulSet`'s server.
pub(super) fn image(set: &StatefulSet) -> Option<String> {
    let pod = set.spec.as_ref()?.template.spec.as_ref()?;
    pod.containers.first()?.image.clone()
}

fn first<K: kube::Resource<DynamicType = ()>>(observed: &Observed) -> Option<&DynamicObject> {
    let kind = K::kind(&());
    let mut children = observed.children.iter();
    children
        .find(|(key, ..)| key.kind == kind)
        .map(|(_, _, object)| object.as_ref())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn number(value: &Value) -> Option<i32> {
    i32::try_from(value.as_i64()?).ok()
}
