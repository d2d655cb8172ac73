//! Where the data stores of a platform are, and the platform with them in another place.

use fdp_crds::{
    Kafka as KafkaSpec, KafkaProvider, Mongodb as MongodbSpec, MongodbProvider, Postgres as PostgresSpec,
    PostgresProvider,
};

use crate::spec::{
    Shared, Validated,
    data_stores::{Kafka, Mongodb, POSTGRES_IMAGE, Postgres, kafka, mongodb, postgres},
    stores::{CLOUD_NATIVE_PG, EXTERNAL, MANAGED, NONE, Place, STRIMZI, Store},
};

impl Validated {
    /// Where a data store is.
    pub fn place(&self, store: Store) -> Place {
        match store {
            Store::Kafka => match &self.kafka {
                Kafka::Managed { .. } => Place::inside(MANAGED),
                Kafka::Strimzi(_) => Place::inside(STRIMZI),
                Kafka::External(there) => Place::shared(&there.secret, there.prefix.clone()),
            },
            Store::Postgres => match &self.postgres {
                Postgres::Managed(_) => Place::inside(MANAGED),
                Postgres::CloudNativePg(_) => Place::inside(CLOUD_NATIVE_PG),
                Postgres::External(there) => Place::shared(&there.secret, there.prefix.clone()),
            },
            Store::Mongodb => match &self.mongodb {
                Mongodb::None => Place::inside(NONE),
                Mongodb::Managed(_) => Place::inside(MANAGED),
                Mongodb::External { secret } => Place::external(secret),
            },
        }
    }

    /// Puts a data store in another place, with the settings that it has there by default.
    pub fn put(&mut self, store: Store, place: &Place) {
        let secret = place.secret.clone().unwrap_or_default();
        let provider = place.provider.as_str();
        let shared = |secret| Shared::new(secret, place.prefix.clone(), "");
        match store {
            Store::Kafka => {
                let by = |provider| KafkaSpec {
                    provider: Some(provider),
                    ..KafkaSpec::default()
                };
                self.kafka = match provider {
                    EXTERNAL => Kafka::External(shared(secret)),
                    STRIMZI => kafka(by(KafkaProvider::Strimzi), &self.registry, ""),
                    _ => kafka(by(KafkaProvider::Managed), &self.registry, ""),
                };
            }
            Store::Postgres => {
                let by = |provider| PostgresSpec {
                    provider: Some(provider),
                    ..PostgresSpec::default()
                };
                self.postgres = match provider {
                    EXTERNAL => Postgres::External(shared(secret)),
                    CLOUD_NATIVE_PG => postgres(by(PostgresProvider::CloudNativePG), &self.registry, ""),
                    _ => postgres(by(PostgresProvider::Managed), &self.registry, ""),
                };
            }
            Store::Mongodb => {
                self.mongodb = match provider {
                    EXTERNAL => Mongodb::External { secret },
                    MANAGED => mongodb(MongodbSpec {
                        provider: Some(MongodbProvider::Managed),
                        ..MongodbSpec::default()
                    }),
                    _ => Mongodb::None,
                };
            }
        }
    }

    /// A store that others may use as well, if it is one.
    pub fn shared(&self, store: Store) -> Option<&Shared> {
        match (store, &self.kafka, &self.postgres) {
            (Store::Kafka, Kafka::External(there), _) | (Store::Postgres, _, Postgres::External(there)) => {
                Some(there)
            }
            _ => None,
        }
    }

    /// Gives the names in a store another prefix, if others may use it as well.
    pub fn set_prefix(&mut self, store: Store, prefix: String) {
        match (store, &mut self.kafka, &mut self.postgres) {
            (Store::Kafka, Kafka::External(there), _) | (Store::Postgres, _, Postgres::External(there)) => {
                there.prefix = prefix;
            }
            _ => {}
        }
    }

    /// What a topic or a consumer group is called at the brokers.
    pub fn name_in_kafka(&self, name: &str) -> String {
        let prefix = self.shared(Store::Kafka).map_or("", |there| &there.prefix);
        format!("{prefix}{name}")
    }

    /// The image of the managed `PostgreSQL` if the specification names none.
    pub fn default_postgres_image(&self) -> String {
        format!("{}/{POSTGRES_IMAGE}", self.registry)
    }

    /// Takes over where a data store is, and its settings, from another form of the platform.
    pub fn take(&mut self, store: Store, from: &Self) {
        match store {
            Store::Kafka => self.kafka = from.kafka.clone(),
            Store::Postgres => self.postgres = from.postgres.clone(),
            Store::Mongodb => self.mongodb = from.mongodb.clone(),
        }
    }
}
