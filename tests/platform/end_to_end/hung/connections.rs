//! Connections on which nothing is ever sent, as many as a service takes and more.

use libtest_mimic::Failed;
use nix::sched::{CloneFlags, setns};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::File;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// More than a service takes (4096), so that some always wait before whoever comes now.
const CONNECTIONS: usize = 4096 + 512;
/// How many open files that needs, with those of the test.
const OPEN_FILES: u64 = 8192;
const PAUSE: Duration = Duration::from_millis(100);

/// Connections that are held, and opened anew when the other side closes them, until this is dropped.
pub(super) struct SilentConnections {
    closing: Arc<AtomicBool>,
    holder: Option<JoinHandle<()>>,
}

impl SilentConnections {
    /// Holds connections to a port of a pod, of which that is a process. They come from the network namespace of the pod itself:
    /// what stands before it has limits of its own.
    pub(super) fn open(process: &str, port: u16) -> Result<Self, Failed> {
        let (soft, hard) =
            getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| format!("reading a limit: {error}"))?;
        if soft < OPEN_FILES {
            setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES, hard.max(OPEN_FILES))
                .map_err(|error| format!("allowing {OPEN_FILES} open files: {error}"))?;
        }
        let namespace = format!("/proc/{process}/ns/net");
        let namespace = File::open(&namespace).map_err(|error| format!("opening {namespace}: {error}"))?;
        let closing = Arc::<AtomicBool>::default();
        let told = Arc::clone(&closing);
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let hold = move || match setns(&namespace, CloneFlags::CLONE_NEWNET) {
            Ok(()) => hold(to, &told),
            Err(error) => println!("entering the network of the pod: {error}"),
        };
        Ok(Self {
            closing,
            holder: Some(thread::spawn(hold)),
        })
    }
}

impl Drop for SilentConnections {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        if let Some(holder) = self.holder.take() {
            let _ = holder.join();
        }
    }
}

fn hold(to: SocketAddr, closing: &AtomicBool) {
    let mut open: Vec<TcpStream> = Vec::with_capacity(CONNECTIONS);
    while !closing.load(Ordering::Relaxed) {
        open.retain(is_open);
        while open.len() < CONNECTIONS && !closing.load(Ordering::Relaxed) {
            let Ok(connection) = TcpStream::connect_timeout(&to, Duration::from_secs(1)) else {
                break;
            };
            if connection.set_nonblocking(true).is_ok() {
                open.push(connection);
            }
        }
        thread::sleep(PAUSE);
    }
}

/// Whether the other side has not closed it; it has nothing to say.
fn is_open(connection: &TcpStream) -> bool {
    connection
        .peek(&mut [0])
        .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}
