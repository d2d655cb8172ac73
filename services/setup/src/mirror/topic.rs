//! Copies one topic, so that it can be interrupted at any point and begun again.

use crate::mirror::error::{MirrorError, Side};
use crate::mirror::held::{Held, fingerprint};
use crate::mirror::partition::Layout;
use crate::mirror::positions::Places;
use fdp_catalogue::topic;
use fdp_messaging::kafka::Cluster;
use fdp_messaging::topic_reader::{ReadError, TopicReader};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use tokio::runtime::Handle;

/// Few, because each may have almost a megabyte.
const BATCH: usize = 100;
const CLIENT: &str = "mirror";

/// A topic on both sides.
pub(super) struct Topic {
    name: String,
    /// What it is called at the new brokers.
    there: String,
    old: TopicReader,
    new: TopicReader,
    pub(super) layout: Layout,
}

/// A topic whose messages are all in the new Kafka.
pub(super) struct Copied {
    pub(super) messages: usize,
    /// Where positions of the old topic are now.
    pub(super) places: Places,
    /// The end of each partition in the new Kafka.
    pub(super) ends: Vec<i64>,
}

/// A message on its way, or there already.
enum Sent {
    There(i64),
    OnItsWay(DeliveryFuture),
}

impl Topic {
    /// Opens a topic; `None` if the old Kafka has none of that name.
    pub(super) fn open(old: &Cluster, new: &Cluster, name: &str) -> Result<Option<Self>, MirrorError> {
        let reader = |cluster: &Cluster, side| {
            let reader = TopicReader::new(cluster, CLIENT, CLIENT, name).map_err(MirrorError::read(side))?;
            match reader.partitions() {
                Ok(partitions) => Ok(Some((reader, partitions.len()))),
                Err(ReadError::NoTopic(_)) => Ok(None),
                Err(error) => Err(MirrorError::read(side)(error)),
            }
        };
        let Some((from, old_count)) = reader(old, Side::Old)? else {
            return Ok(None);
        };
        let there = new.name_there(name);
        let Some((to, new_count)) = reader(new, Side::New)? else {
            return Err(MirrorError::Missing { topic: there });
        };
        Ok(Some(Self {
            name: name.to_owned(),
            there,
            old: from,
            new: to,
            layout: Layout {
                old: old_count,
                new: new_count,
            },
        }))
    }

    /// Between which offsets each partition has messages in the old Kafka.
    pub(super) fn old_ends(&self) -> Result<Vec<(i64, i64)>, MirrorError> {
        ends(&self.old, self.layout.old, Side::Old)
    }

    /// Copies what the new Kafka lacks, and counts. `places` asks where positions are.
    pub(super) fn copy(
        &mut self,
        producer: &FutureProducer,
        mut places: Places,
        runtime: &Handle,
    ) -> Result<Copied, MirrorError> {
        let from = self.old_ends()?;
        let before = ends(&self.new, self.layout.new, Side::New)?;
        let mut held = self.held()?;
        // Of a compacted topic, messages that were copied before may be gone from the old Kafka since.
        if held.iter().any(|held| !held.is_empty()) && !topic::is_compacted(&self.name) {
            self.refuse_foreign(held.clone())?;
        }
        let mut written = vec![0_i64; self.layout.new];
        let (mut messages, layout, there) = (0, self.layout, self.there.clone());
        for partition in partitions(layout.old) {
            for_each_batch(&mut self.old, Side::Old, partition, |batch| {
                let mut sent = Vec::with_capacity(batch.len());
                for message in batch {
                    let target = layout.target(partition, message.key());
                    let known = of(&mut held, target).and_then(|held| held.take(fingerprint(message)));
                    sent.push(if let Some(offset) = known {
                        Sent::There(offset)
                    } else {
                        if let Some(written) = of(&mut written, target) {
                            *written += 1;
                        }
                        Sent::OnItsWay(send(producer, &there, target, message)?)
                    });
                }
                for (message, sent) in batch.iter().zip(sent) {
                    places.note(partition, message.offset(), arrived(sent, &there, runtime)?);
                }
                messages += batch.len();
                Ok(())
            })?;
        }
        let after = ends(&self.new, layout.new, Side::New)?;
        self.compare_old(&from)?;
        for (partition, written) in partitions(layout.new).zip(written) {
            let index = usize::try_from(partition).unwrap_or_default();
            let end = |ends: &[(i64, i64)]| ends.get(index).map_or(0, |(_, end)| *end);
            let found = end(&after) - end(&before);
            if found != written {
                return Err(MirrorError::Miscounted {
                    topic: there,
                    partition,
                    written,
                    found,
                });
            }
        }
        Ok(Copied {
            messages,
            places,
            ends: after.into_iter().map(|(_, end)| end).collect(),
        })
    }

    /// What the new topic holds, by partition.
    fn held(&mut self) -> Result<Vec<Held>, MirrorError> {
        let mut all = Vec::with_capacity(self.layout.new);
        for partition in partitions(self.layout.new) {
            let mut held = Held::default();
            for_each_batch(&mut self.new, Side::New, partition, |batch| {
                for message in batch {
                    held.note(fingerprint(message), message.offset());
                }
                Ok(())
            })?;
            all.push(held);
        }
        Ok(all)
    }

    /// Reads the old topic once more, before anything is written to a new one that is not empty.
    fn refuse_foreign(&mut self, mut held: Vec<Held>) -> Result<(), MirrorError> {
        let layout = self.layout;
        for partition in partitions(layout.old) {
            for_each_batch(&mut self.old, Side::Old, partition, |batch| {
                for message in batch {
                    if let Some(held) = of(&mut held, layout.target(partition, message.key())) {
                        held.take(fingerprint(message));
                    }
                }
                Ok(())
            })?;
        }
        let foreign = partitions(layout.new).zip(held.iter().map(Held::foreign));
        match foreign.into_iter().find(|(_, messages)| *messages > 0) {
            None => Ok(()),
            Some((partition, messages)) => Err(MirrorError::Foreign {
                topic: self.there.clone(),
                partition,
                messages,
            }),
        }
    }

    /// Nobody may have written there meanwhile.
    fn compare_old(&self, before: &[(i64, i64)]) -> Result<(), MirrorError> {
        let after = self.old_ends()?;
        for (partition, ((_, before), (_, after))) in
            partitions(self.layout.old).zip(before.iter().zip(&after))
        {
            if before != after {
                return Err(MirrorError::Written {
                    topic: self.name.clone(),
                    partition,
                    messages: after - before,
                });
            }
        }
        Ok(())
    }
}

fn partitions(count: usize) -> impl Iterator<Item = i32> {
    (0..).take(count)
}

fn of<T>(all: &mut [T], partition: i32) -> Option<&mut T> {
    all.get_mut(usize::try_from(partition).ok()?)
}

fn ends(reader: &TopicReader, count: usize, side: Side) -> Result<Vec<(i64, i64)>, MirrorError> {
    let ends = partitions(count).map(|partition| reader.ends(partition).map_err(MirrorError::read(side)));
    ends.collect()
}

fn for_each_batch(
    reader: &mut TopicReader,
    side: Side,
    partition: i32,
    mut see: impl FnMut(&[OwnedMessage]) -> Result<(), MirrorError>,
) -> Result<(), MirrorError> {
    let mut stretch = reader.open(partition, None).map_err(MirrorError::read(side))?;
    loop {
        let batch = stretch.batch(BATCH).map_err(MirrorError::read(side))?;
        if batch.is_empty() {
            return Ok(());
        }
        see(&batch)?;
    }
}

fn send(
    producer: &FutureProducer,
    topic: &str,
    partition: i32,
    message: &OwnedMessage,
) -> Result<DeliveryFuture, MirrorError> {
    let mut record = FutureRecord::<[u8], [u8]>::to(topic).partition(partition);
    record.key = message.key();
    record.payload = message.payload();
    record.timestamp = message.timestamp().to_millis();
    record.headers = message.headers().cloned();
    producer
        .send_result(record)
        .map_err(|(error, _)| MirrorError::kafka(Side::New, "writing to the topic", topic)(error))
}

/// The offset of a message, once the new brokers have it.
fn arrived(sent: Sent, topic: &str, runtime: &Handle) -> Result<i64, MirrorError> {
    let failed = |error| MirrorError::kafka(Side::New, "writing to the topic", topic)(error);
    match sent {
        Sent::There(offset) => Ok(offset),
        Sent::OnItsWay(delivery) => match runtime.block_on(delivery) {
            Ok(Ok(delivery)) => Ok(delivery.offset),
            Ok(Err((error, _))) => Err(failed(error)),
            Err(_) => Err(failed(KafkaError::Canceled)),
        },
    }
}
