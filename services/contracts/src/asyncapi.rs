//! The `AsyncAPI` 3.0 document of all events, generated from their types.

use crate::{
    CloudEvent, DeliverySnapshot, DeliveryState, Event, OrderSnapshot, OrderState, PaymentSnapshot,
    PaymentState, ProductSnapshot, StockMovement, StockOutcome, StoreSnapshot, TicketSnapshot, TicketState,
    examples, topic,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One `CloudEvents` type and an example of its data.
struct Message {
    kind: &'static str,
    /// The name of the data's schema.
    data: &'static str,
    event: Event,
}

/// A publishing service, its topic, and all messages that it publishes there.
struct Channel {
    service: &'static str,
    topic: &'static str,
    about: &'static str,
    messages: Vec<Message>,
}

/// The document.
///
/// # Errors
/// When an example cannot be serialised as JSON.
pub fn document() -> Result<Value, serde_json::Error> {
    let channels = channels();
    let mut schemas = Map::new();
    collect::<OrderSnapshot>(&mut schemas)?;
    collect::<PaymentSnapshot>(&mut schemas)?;
    collect::<TicketSnapshot>(&mut schemas)?;
    collect::<DeliverySnapshot>(&mut schemas)?;
    collect::<StockMovement>(&mut schemas)?;
    collect::<ProductSnapshot>(&mut schemas)?;
    collect::<StoreSnapshot>(&mut schemas)?;
    collect::<CloudEvent>(&mut schemas)?;
    let mut messages = Map::new();
    for channel in &channels {
        for message in &channel.messages {
            messages.insert(message.kind.to_owned(), tell(channel, message)?);
        }
    }
    let by_service = |entry: fn(&Channel) -> Value| -> BTreeMap<&str, Value> {
        channels
            .iter()
            .map(|channel| (channel.service, entry(channel)))
            .collect()
    };
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Food delivery platform: events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "CloudEvents 1.0 (JSON) on Kafka. The key is the `subject`; an event may come twice, \
                with the same `id`. What one key's events say is in order. Types and fields that a reader does \
                not know are to be skipped. On a Kafka that several platforms use, a prefix stands before each address \
                (`KAFKA_PREFIX`).",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": by_service(channel_object),
        "operations": by_service(|channel| json!({
            "action": "send",
            "channel": {"$ref": format!("#/channels/{}", channel.service)},
            "summary": format!("The {} service publishes {}.", channel.service, channel.about),
        })),
        "components": {"messages": messages, "schemas": schemas},
    }))
}

fn channel_object(channel: &Channel) -> Value {
    let messages: Map<String, Value> = channel
        .messages
        .iter()
        .map(|message| {
            let reference = json!({"$ref": format!("#/components/messages/{}", message.kind)});
            (message.kind.to_owned(), reference)
        })
        .collect();
    json!({"address": channel.topic, "description": capitalised(channel.about), "messages": messages})
}

fn capitalised(words: &str) -> String {
    let (first, rest) = words.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

fn tell(channel: &Channel, message: &Message) -> Result<Value, serde_json::Error> {
    let mut example = message.event.clone().into_cloud_event(channel.service, None)?;
    example.id = examples::ID;
    example.time = examples::at(0);
    Ok(json!({
        "name": message.kind,
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [
            {"$ref": "#/components/schemas/CloudEvent"},
            {"type": "object", "properties": {
                "type": {"const": message.kind},
                "source": {"const": format!("/{}", channel.service)},
                "data": {"$ref": format!("#/components/schemas/{}", message.data)},
            }},
        ]},
        "examples": [{"payload": example}],
    }))
}

/// Adds the schema of `T`, and of all types that it contains.
fn collect<T: ToSchema>(schemas: &mut Map<String, Value>) -> Result<(), serde_json::Error> {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        schemas.insert(name, serde_json::to_value(schema)?);
    }
    Ok(())
}

/// All values of a type whose schema is an enumeration, so that the list is always complete.
fn all<T: ToSchema + DeserializeOwned>() -> Vec<T> {
    let schema = json!(T::schema());
    let values = schema["enum"].as_array().cloned().unwrap_or_default();
    values
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect()
}

fn messages<State: ToSchema + DeserializeOwned>(
    data: &'static str,
    event_of: impl Fn(State) -> Event,
) -> Vec<Message> {
    all::<State>()
        .into_iter()
        .map(event_of)
        .filter_map(|event| Some((event.event_type()?, event)))
        .map(|(kind, event)| Message { kind, data, event })
        .collect()
}

fn channels() -> Vec<Channel> {
    let orders = messages("OrderSnapshot", |state: OrderState| {
        Event::Order(OrderSnapshot {
            state,
            ..OrderSnapshot::example()
        })
    });
    let payments = messages("PaymentSnapshot", |state: PaymentState| {
        Event::Payment(PaymentSnapshot {
            state,
            ..PaymentSnapshot::example()
        })
    });
    let tickets = messages("TicketSnapshot", |state: TicketState| {
        Event::Ticket(TicketSnapshot {
            state,
            ..TicketSnapshot::example()
        })
    });
    let stores = vec![Message {
        kind: StoreSnapshot::EVENT_TYPE,
        data: "StoreSnapshot",
        event: Event::Store(StoreSnapshot::example()),
    }];
    let mut deliveries = messages("DeliverySnapshot", |state: DeliveryState| {
        Event::Delivery(DeliverySnapshot {
            state,
            ..DeliverySnapshot::example()
        })
    });
    deliveries.push(Message {
        kind: DeliverySnapshot::RIDER_CHANGED,
        data: "DeliverySnapshot",
        event: Event::RiderChanged(DeliverySnapshot {
            state: DeliveryState::Ready,
            ..DeliverySnapshot::example()
        }),
    });
    let mut stock = messages("StockMovement", |outcome: StockOutcome| {
        Event::Stock(StockMovement {
            outcome,
            ..StockMovement::example()
        })
    });
    stock.push(Message {
        kind: ProductSnapshot::EVENT_TYPE,
        data: "ProductSnapshot",
        event: Event::Product(ProductSnapshot::example()),
    });
    let channel = |service, topic, about, messages| Channel {
        service,
        topic,
        about,
        messages,
    };
    vec![
        channel("order", topic::ORDER, "changes of orders", orders),
        channel("pay", topic::PAY, "changes of payments", payments),
        channel("store", topic::STORE, "changes of tickets", tickets),
        channel("menu", topic::MENU, "stores and their menus", stores),
        channel("delivery", topic::DELIVERY, "changes of deliveries", deliveries),
        channel(
            "inventory",
            topic::INVENTORY,
            "changes of products and stock",
            stock,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_topic_and_every_state_is_told_of() {
        let document = document().unwrap();
        let told: BTreeSet<&str> = document["channels"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(|channel| channel["address"].as_str())
            .collect();
        assert_eq!(told, BTreeSet::from(topic::EVENTS));
        for state in OrderState::ALL {
            let kind = state.event_type();
            assert!(document["components"]["messages"][kind].is_object(), "{kind}");
        }
    }

    #[test]
    fn every_example_is_an_event_of_its_type() {
        let document = document().unwrap();
        for (kind, message) in document["components"]["messages"].as_object().unwrap() {
            let payload = message["examples"][0]["payload"].clone();
            let event = serde_json::from_value::<CloudEvent>(payload).unwrap();
            assert_eq!(event.event().unwrap().event_type(), Some(kind.as_str()));
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document().unwrap();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
