//! Writes events. One that is repeated word for word is counted; one with other words is another event.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, Recorder, Reporter},
};

/// How many kinds of events are remembered.
const REMEMBERED: usize = 1000;

/// What an event is about: the platform, the reason, and the object.
type Subject = (Option<String>, String, Option<String>, Option<String>);

/// The recorders of events.
///
/// A recorder counts an event that is like its last one, and shows the words of the first: so each text has its own.
pub struct Recorders {
    client: Client,
    reporter: Reporter,
    last: Mutex<HashMap<Subject, (Option<String>, Recorder)>>,
}

impl Recorders {
    /// Recorders that write through this client, in that name.
    pub fn new(client: Client, reporter: Reporter) -> Self {
        Self {
            client,
            reporter,
            last: Mutex::default(),
        }
    }

    /// The recorder of such an event.
    pub fn of(&self, event: &Event, reference: &ObjectReference) -> Recorder {
        let object = event.secondary.clone().unwrap_or_default();
        let subject = (
            reference.uid.clone(),
            event.reason.clone(),
            object.kind,
            object.name,
        );
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((note, recorder)) = last.get(&subject)
            && *note == event.note
        {
            return recorder.clone();
        }
        if last.len() >= REMEMBERED {
            last.clear();
        }
        let recorder = Recorder::new(self.client.clone(), self.reporter.clone());
        last.insert(subject, (event.note.clone(), recorder.clone()));
        recorder
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{Request, Response};
    use kube::{client::Body, runtime::events::EventType};
    use serde_json::Value;

    use super::*;

    /// What a server was sent, as method and note.
    type Sent = Arc<Mutex<Vec<(String, String)>>>;

    /// A client whose server takes everything.
    fn client() -> (Client, Sent) {
        let sent = Arc::<Mutex<Vec<_>>>::default();
        let (service, mut handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
        let seen = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Some((request, respond)) = handle.next_request().await {
                let method = request.method().to_string();
                let body = request.into_body().collect_bytes().await.unwrap();
                let event: Value = serde_json::from_slice(&body).unwrap();
                seen.lock()
                    .unwrap()
                    .push((method, event["note"].as_str().unwrap().to_owned()));
                respond.send_response(Response::new(Body::from(body.to_vec())));
            }
        });
        (Client::new(service, "food"), sent)
    }

    #[tokio::test]
    async fn the_same_words_are_counted_and_others_are_another_event() {
        let (client, sent) = client();
        let recorders = Recorders::new(client, Reporter::from("us"));
        let reference = ObjectReference {
            name: Some("shop".to_owned()),
            uid: Some("uid".to_owned()),
            ..ObjectReference::default()
        };
        for note in ["image was changed", "image was changed", "replicas was changed"] {
            let event = Event {
                type_: EventType::Warning,
                reason: "DriftCorrected".to_owned(),
                note: Some(note.to_owned()),
                action: "Reconcile".to_owned(),
                secondary: None,
            };
            recorders
                .of(&event, &reference)
                .publish(&event, &reference)
                .await
                .unwrap();
        }
        let sent = sent.lock().unwrap().clone();
        let expected = [
            ("POST", "image was changed"),
            ("PATCH", "image was changed"),
            ("POST", "replicas was changed"),
        ];
        assert_eq!(
            sent,
            expected.map(|(method, note)| (method.to_owned(), note.to_owned()))
        );
    }
}
