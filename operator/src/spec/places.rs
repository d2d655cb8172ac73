//! Where the data stores of a platform are, and the platform with them in another place.

use fdp_crds::{
    Kafka as KafkaSpec, KafkaProvider, Mongodb as MongodbSpec, MongodbProvider, Postgres as PostgresSpec,
    PostgresProvider,
};

use crate::spec::{
    Validated,
    data_stores::{Kafka, Mongodb, Postgres, kafka, mongodb, postgres},
    stores::{CLOUD_NATIVE_PG, EXTERNAL, MANAGED, NONE, Place, STRIMZI, Store},
};

impl Validated {
    /// Where a data store is.
    pub fn place(&self, store: Store) -> Place {
        match store {
            Store::Kafka => match &self.kafka {
                Kafka::Managed { .. } => Place::inside(MANAGED),
                Kafka::Strimzi(_) => Place::inside(STRIMZI),
                Kafka::External { secret } => Place::external(secret),
            },
            Store::Postgres => match &self.postgres {
                Postgres::Managed(_) => Place::inside(MANAGED),
                Postgres::CloudNativePg(_) => Place::inside(CLOUD_NATIVE_PG),
                Postgres::External { secret } => Place::external(secret),
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
        match store {
            Store::Kafka => {
                let by = |provider| KafkaSpec {
                    provider: Some(provider),
                    ..KafkaSpec::default()
                };
                self.kafka = match provider {
                    EXTERNAL => Kafka::External { secret },
                    STRIMZI => kafka(by(KafkaProvider::Strimzi), &self.registry),
                    _ => kafka(by(KafkaProvider::Managed), &self.registry),
                };
            }
            Store::Postgres => {
                let by = |provider| PostgresSpec {
                    provider: Some(provider),
                    ..PostgresSpec::default()
                };
                self.postgres = match provider {
                    EXTERNAL => Postgres::External { secret },
                    CLOUD_NATIVE_PG => postgres(by(PostgresProvider::CloudNativePG), &self.registry),
                    _ => postgres(by(PostgresProvider::Managed), &self.registry),
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

    /// Takes over where a data store is, and its settings, from another form of the platform.
    pub fn take(&mut self, store: Store, from: &Self) {
        match store {
            Store::Kafka => self.kafka = from.kafka.clone(),
            Store::Postgres => self.postgres = from.postgres.clone(),
            Store::Mongodb => self.mongodb = from.mongodb.clone(),
        }
    }
}
