//! Stands between clients and a simulated broker, and can tell them of no brokers, as one that has just started may.
//!
//! In answers about metadata (API key 3, from version 9 on, <https://kafka.apache.org/protocol#The_Messages_Metadata>) the broker
//! has this address, or is left out. While it is, messages (API key 0) are swallowed.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

const PRODUCE: i16 = 0;
const METADATA: i16 = 3;
/// From this version on, lengths are unsigned varints of one more than the length, and tagged fields may follow.
const COMPACT: i16 = 9;

#[derive(Default)]
struct State {
    forgets: AtomicBool,
    told_of_none: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

pub(crate) struct ForgetfulBroker {
    address: SocketAddr,
    state: Arc<State>,
}

impl ForgetfulBroker {
    /// Before a broker at that address.
    pub(crate) fn before(broker: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<State>::default();
        let (broker, shared) = (broker.to_owned(), Arc::clone(&state));
        // It ends with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let Ok(broker) = TcpStream::connect(&broker) {
                    connect(&shared, &client, &broker, address.port());
                }
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Whether clients are told of no brokers from now on.
    pub(crate) fn forgets(&self, forgets: bool) {
        self.state.forgets.store(forgets, Ordering::SeqCst);
    }

    /// How many answers told of no brokers.
    pub(crate) fn told_of_none(&self) -> usize {
        self.state.told_of_none.load(Ordering::SeqCst)
    }

    /// Closes every connection, as a broker does that ends.
    pub(crate) fn cut(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Passes requests and answers on until one side ends.
fn connect(state: &Arc<State>, client: &TcpStream, broker: &TcpStream, port: u16) {
    let clone = |stream: &TcpStream| stream.try_clone().unwrap();
    state.open.lock().unwrap().extend([clone(client), clone(broker)]);
    let versions = Arc::<Mutex<HashMap<i32, i16>>>::default();
    let (from, to, asked) = (clone(client), clone(broker), Arc::clone(&versions));
    let shared = Arc::clone(state);
    thread::spawn(move || {
        pass(from, to, |request| {
            let field = |at: usize| i16::from_be_bytes([request[at], request[at + 1]]);
            match field(0) {
                PRODUCE if shared.forgets.load(Ordering::SeqCst) => return None,
                METADATA => {
                    asked.lock().unwrap().insert(number(&request[4..8]), field(2));
                }
                _ => {}
            }
            Some(request)
        })
    });
    let (from, to, state) = (clone(broker), clone(client), Arc::clone(state));
    thread::spawn(move || {
        pass(from, to, |answer| {
            let version = versions.lock().unwrap().remove(&number(&answer[..4]));
            Some(match version {
                Some(version) if version >= COMPACT => state.metadata(&answer, port),
                _ => answer,
            })
        })
    });
}

/// Passes messages on as `change` has them, and leaves out those of which nothing is left.
fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    mut change: impl FnMut(Vec<u8>) -> Option<Vec<u8>>,
) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let mut message = vec![0; usize::try_from(number(&length)).unwrap()];
        from.read_exact(&mut message)?;
        if let Some(message) = change(message) {
            let length = u32::try_from(message.len()).unwrap();
            to.write_all(&[&length.to_be_bytes(), message.as_slice()].concat())?;
        }
    }
}

impl State {
    /// An answer about metadata with the only broker at this port, or without it.
    fn metadata(&self, answer: &[u8], port: u16) -> Vec<u8> {
        // The correlation id, no tagged fields, the throttle time.
        let mut read = Reader { bytes: answer, at: 9 };
        let begin = read.at;
        assert_eq!(read.varint(), 2, "one broker");
        read.at += 4;
        read.text();
        let port_at = read.at;
        read.at += 4;
        read.text();
        assert_eq!(read.varint(), 0, "no tagged fields");
        let rest = &answer[read.at..];
        if self.forgets.load(Ordering::SeqCst) {
            self.told_of_none.fetch_add(1, Ordering::SeqCst);
            // A length of nought.
            return [&answer[..begin], &[1], rest].concat();
        }
        let mut told = answer.to_vec();
        told[port_at..port_at + 4].copy_from_slice(&u32::from(port).to_be_bytes());
        told
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn varint(&mut self) -> usize {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.bytes[self.at];
            self.at += 1;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
            shift += 7;
        }
    }

    /// Skips a text, which may be null.
    fn text(&mut self) {
        let length = self.varint().saturating_sub(1);
        self.at += length;
    }
}

fn number(bytes: &[u8]) -> i32 {
    i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
