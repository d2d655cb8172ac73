//! Whether Kafka refuses the credentials: its client tells whoever asks for something only that no broker could be reached,
//! and the reason in an event beside that.

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the brokers may take to refuse.
const WAIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// What the brokers have said of the credentials.
#[derive(Default)]
struct Heard(Mutex<Option<String>>);

impl ClientContext for Heard {
    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        }
    }
}

impl ConsumerContext for Heard {}

/// The words with which the brokers refuse the credentials in the configuration; `None` if they don't, or don't answer.
/// Blocks the thread.
pub(crate) fn refusal(mut config: ClientConfig) -> Option<String> {
    // A consumer is told of events; this one joins no group.
    let consumer: BaseConsumer<Heard> = config
        .set("group.id", "setup")
        .create_with_context(Heard::default())
        .ok()?;
    let deadline = Instant::now() + WAIT;
    while Instant::now() < deadline {
        if consumer.fetch_metadata(None, POLL).is_ok() {
            return None;
        }
        let _ = consumer.poll(POLL);
        let heard = consumer.context().0.lock();
        let heard = heard.unwrap_or_else(PoisonError::into_inner).clone();
        if heard.is_some() {
            return heard;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    /// A broker that refuses every password, by Kafka's protocol: it knows `ApiVersions`, `SaslHandshake` and
    /// `SaslAuthenticate`.
    fn refusing_broker() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                std::thread::spawn(move || client.map(answer));
            }
        });
        address
    }

    fn answer(mut client: TcpStream) -> Option<()> {
        loop {
            let mut size = [0; 4];
            client.read_exact(&mut size).ok()?;
            let mut request = vec![0; usize::try_from(u32::from_be_bytes(size)).ok()?];
            client.read_exact(&mut request).ok()?;
            let body: &[u8] = match request.first_chunk()? {
                // ApiVersions 3, with a compact array: SaslHandshake, ApiVersions, SaslAuthenticate, Metadata.
                [0, 18] => &[
                    0, 0, 5, 0, 17, 0, 0, 0, 1, 0, 0, 18, 0, 0, 0, 3, 0, 0, 36, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0,
                    4, 0, 0, 0, 0, 0, 0,
                ],
                // SaslHandshake: PLAIN is known.
                [0, 17] => &[0, 0, 0, 0, 0, 1, 0, 5, b'P', b'L', b'A', b'I', b'N'],
                // SaslAuthenticate: SASL_AUTHENTICATION_FAILED.
                [0, 36] => &[0, 58, 0, 3, b'b', b'a', b'd', 0, 0, 0, 0],
                _ => return None,
            };
            let mut response = u32::try_from(4 + body.len()).ok()?.to_be_bytes().to_vec();
            // The correlation id.
            response.extend(request.get(4..8)?);
            response.extend(body);
            client.write_all(&response).ok()?;
        }
    }

    #[test]
    fn brokers_that_refuse_a_password_are_told_from_brokers_that_are_away() {
        let mut config = ClientConfig::new();
        config
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", "shop")
            .set("sasl.password", "wrong")
            .set("log_level", "2");
        let refused = refusal(config.clone().set("bootstrap.servers", refusing_broker()).clone());
        let words = refused.unwrap();
        assert!(words.contains("bad"), "{words}");
        let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let away = refusal(config.set("bootstrap.servers", away.to_string()).clone());
        assert_eq!(away, None);
    }
}
