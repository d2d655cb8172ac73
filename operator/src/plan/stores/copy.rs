//! The command that copies what is in one data store to another.

use fdp_catalogue::Service;

use crate::{
    kubernetes::names::{DATABASES, KAFKA, MONGODB, POSTGRES},
    model::observed::Observed,
    spec::{Place, Store, Validated},
};

/// The command for a shell that copies what is in one data store to another.
pub(super) fn command(
    platform: &Validated,
    store: Store,
    from: &Place,
    to: &Place,
    observed: &Observed,
) -> String {
    match store {
        Store::Kafka => kafka(platform, from),
        Store::Postgres => postgres(platform, from, to, observed),
        Store::Mongodb => mongodb(platform, from, to),
    }
}

/// Each database with its objects, as the role that owns them.
fn postgres(platform: &Validated, from: &Place, to: &Place, observed: &Observed) -> String {
    let databases: Vec<&str> = Service::with_database().map(Service::name).collect();
    let namespace = &platform.namespace;
    let dump = "--clean --if-exists --no-owner --no-acl";
    let mut password = String::new();
    let mut elsewhere = |place: &Place| {
        let secret = platform.child(DATABASES);
        password = format!(
            "export PGPASSWORD=$(kubectl get secret {secret} -n {namespace} -o jsonpath=\"{{.data.$d}}\" | base64 -d); "
        );
        let known = place
            .secret
            .as_ref()
            .and_then(|secret| observed.referenced.get(secret));
        let address = known.map_or("HOST:PORT", |known| known.address.as_str());
        let role = format!("{}$d", place.prefix.as_deref().unwrap_or_default());
        format!("\"postgres://{role}@{address}/{role}\"")
    };
    let read = match pod(platform, from) {
        Some(pod) => format!("kubectl exec {pod} -n {namespace} -c postgres -- pg_dump {dump} $d"),
        None => format!("pg_dump {dump} {}", elsewhere(from)),
    };
    let write = match pod(platform, to) {
        Some(pod) => format!(
            "kubectl exec -i {pod} -n {namespace} -c postgres -- psql -q -d $d -c \"SET ROLE $d\" -f -"
        ),
        None => format!("psql -q {}", elsewhere(to)),
    };
    format!(
        "for d in {}; do {password}{read} | {write}; done",
        databases.join(" ")
    )
}

/// A pod of a `PostgreSQL` in the cluster.
fn pod(platform: &Validated, place: &Place) -> Option<String> {
    match &place.secret {
        Some(_) => None,
        None if place.is_cloud_native_pg() => Some(format!("{}-1", platform.child(POSTGRES))),
        None => Some(format!("{}-0", platform.child(POSTGRES))),
    }
}

/// Events need no copy once every consumer has read them.
fn kafka(platform: &Validated, from: &Place) -> String {
    if from.is_managed() {
        format!(
            "events need no copy once LAG is 0 everywhere: kubectl exec {kafka}-0 -n {} -c kafka -- java -cp '/opt/kafka/libs/*' \
             org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server {kafka}:9092 --describe --all-groups",
            platform.namespace,
            kafka = platform.child(KAFKA)
        )
    } else {
        "events need no copy once kafka-consumer-groups --describe --all-groups shows a LAG of 0 everywhere"
            .to_owned()
    }
}

fn mongodb(platform: &Validated, from: &Place, to: &Place) -> String {
    let namespace = &platform.namespace;
    let inside = |program: &str| {
        format!(
            "kubectl exec -i {}-0 -n {namespace} -c mongodb -- sh -c '{program} --archive --quiet --authenticationDatabase admin \
             -u root -p \"$MONGO_INITDB_ROOT_PASSWORD\"'",
            platform.child(MONGODB)
        )
    };
    let outside = |program: &str, secret: &str| {
        format!(
            "{program} --archive --quiet --uri \"$(kubectl get secret {secret} -n {namespace} -o jsonpath='{{.data.url}}' | base64 -d)\""
        )
    };
    let by = |program: &str, place: &Place| match &place.secret {
        Some(secret) => Some(outside(program, secret)),
        None => place.is_managed().then(|| inside(program)),
    };
    match (by("mongodump", from), by("mongorestore", to)) {
        (Some(read), Some(write)) => format!("{read} | {write}"),
        _ => "there is no command between MongoDB and PostgreSQL: let open orders come to their end first"
            .to_owned(),
    }
}
