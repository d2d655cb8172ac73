//! Rules about what cannot be changed, because data would not follow: what the operator's own data stores have for volumes,
//! and the cluster that everything runs in.

/// A rule: as long as the operator runs the part, before and after a change, the value at `$path` stays the same, unset
/// being `$default`. A rule has to ask for each step towards a value whether it is there.
macro_rules! fixed {
    ($kind:tt $part:literal, $default:literal, [$($step:literal),+], $path:literal) => {
        concat!(
            others!($kind "self", $part), " || ", others!($kind "oldSelf", $part), " || ",
            value!("self", $default, [$($step),+], $path), " == ",
            value!("oldSelf", $default, [$($step),+], $path)
        )
    };
}

/// Whether somebody else runs the part, or nobody: `usual` if the operator does unless told otherwise.
macro_rules! others {
    (usual $object:literal, $part:literal) => {
        concat!(
            "(has(",
            $object,
            ".",
            $part,
            ") && has(",
            $object,
            ".",
            $part,
            ".provider) && ",
            $object,
            ".",
            $part,
            ".provider != 'Managed')"
        )
    };
    (chosen $object:literal, $part:literal) => {
        concat!(
            "!(has(",
            $object,
            ".",
            $part,
            ") && has(",
            $object,
            ".",
            $part,
            ".provider) && ",
            $object,
            ".",
            $part,
            ".provider == 'Managed')"
        )
    };
}

macro_rules! value {
    ($object:literal, $default:literal, [$($step:literal),+], $path:literal) => {
        concat!(
            "(", $("has(", $object, ".", $step, ") && ",)+ "has(", $object, ".", $path, ") ? ",
            $object, ".", $path, " : ", $default, ")"
        )
    };
}

/// Without `self.target`, a platform runs in the cluster of its resource.
pub(crate) const TARGET: &str = "(has(self.target) ? self.target : 'in-cluster') == (has(oldSelf.target) ? oldSelf.target : 'in-cluster')";
pub(crate) const KAFKA_BROKERS: &str = fixed!(usual "kafka", "1", ["kafka"], "kafka.brokers");
pub(crate) const KAFKA_SIZE: &str =
    fixed!(usual "kafka", "'2Gi'", ["kafka", "kafka.storage"], "kafka.storage.size");
pub(crate) const KAFKA_CLASS: &str =
    fixed!(usual "kafka", "''", ["kafka", "kafka.storage"], "kafka.storage.storageClass");
pub(crate) const POSTGRES_SIZE: &str =
    fixed!(usual "postgres", "'2Gi'", ["postgres", "postgres.storage"], "postgres.storage.size");
pub(crate) const POSTGRES_CLASS: &str =
    fixed!(usual "postgres", "''", ["postgres", "postgres.storage"], "postgres.storage.storageClass");
pub(crate) const MONGODB_SIZE: &str =
    fixed!(chosen "mongodb", "'2Gi'", ["mongodb", "mongodb.storage"], "mongodb.storage.size");
pub(crate) const MONGODB_CLASS: &str =
    fixed!(chosen "mongodb", "''", ["mongodb", "mongodb.storage"], "mongodb.storage.storageClass");
pub(crate) const ELASTICSEARCH_SIZE: &str = fixed!(
    chosen "logging", "'10Gi'",
    ["logging", "logging.elasticsearch", "logging.elasticsearch.storage"], "logging.elasticsearch.storage.size"
);
pub(crate) const ELASTICSEARCH_CLASS: &str = fixed!(
    chosen "logging", "''",
    ["logging", "logging.elasticsearch", "logging.elasticsearch.storage"], "logging.elasticsearch.storage.storageClass"
);
pub(crate) const PROMETHEUS_SIZE: &str = fixed!(
    chosen "monitoring", "'10Gi'",
    ["monitoring", "monitoring.prometheus", "monitoring.prometheus.storage"], "monitoring.prometheus.storage.size"
);
pub(crate) const PROMETHEUS_CLASS: &str = fixed!(
    chosen "monitoring", "''",
    ["monitoring", "monitoring.prometheus", "monitoring.prometheus.storage"], "monitoring.prometheus.storage.storageClass"
);
