//! Tries whether a pod reaches what a service calls, and says in few words what it does not reach, and why.

use clap::Parser;
use fdp_catalogue::variables;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How long the name servers may take: a resolver asks twice, and waits 5 s each time.
const LOOKUP: Duration = Duration::from_secs(8);
/// How long one connection may take. Kubernetes may need some seconds to let a new pod through, which is only found by a
/// new connection.
const CONNECTION: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(500);

/// Connects to each target until it answers, all at the same time, and sends nothing. Exits with 0 if all have answered,
/// else with 1.
#[derive(Debug, Clone, Parser)]
#[command(name = "setup reach", version)]
pub struct Settings {
    /// What to reach, as name=host:port. Of several addresses, separated by commas, one is enough.
    #[arg(required = true)]
    pub targets: Vec<Target>,
    /// Seconds after which a target that has not answered counts as unreachable.
    #[arg(long, default_value_t = 20)]
    pub timeout: u64,
    /// Where to write what was not reached, for the operator to read.
    #[arg(long, default_value = "/dev/termination-log")]
    pub report: PathBuf,
}

/// A server that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is called in the report.
    pub name: String,
    /// Its addresses, of which one is enough.
    pub addresses: Vec<String>,
}

/// A target was not written as name=host:port.
#[derive(Debug, thiserror::Error)]
#[error("expected name=host:port, got {0:?}")]
pub struct NoTarget(String);

impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let (name, addresses) = text.split_once('=').ok_or_else(|| NoTarget(text.to_owned()))?;
        let addresses: Vec<String> = addresses
            .split(',')
            .map(str::trim)
            .filter(|address| !address.is_empty())
            .map(with_port)
            .collect();
        if name.is_empty() || addresses.is_empty() {
            return Err(NoTarget(text.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            addresses,
        })
    }
}

/// The address as host:port. Brokers may be written with a protocol before them, and without their usual port.
fn with_port(address: &str) -> String {
    const BROKERS: u16 = 9092;
    let address = address.rsplit("://").next().unwrap_or_default();
    let has_port = match address.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => address.contains(':'),
    };
    if has_port {
        address.to_owned()
    } else {
        format!("{address}:{BROKERS}")
    }
}

/// Why an address does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// Something on the way, or the machine itself, says no.
    #[error("refused")]
    Refused,
    /// Nothing comes back.
    #[error("timed out")]
    TimedOut,
    /// The name servers know no such name.
    #[error("the name is not known")]
    UnknownName,
    /// The name servers cannot be asked.
    #[error("no name server answers")]
    NoNameServer,
    /// Something else, in the words of the operating system.
    #[error("{0}")]
    Other(Error),
}

/// A target that did not answer, and why.
#[derive(Debug)]
pub struct Failure {
    /// The target.
    pub target: Target,
    /// What was found last.
    pub why: Unreachable,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { name, addresses } = &self.target;
        write!(formatter, "{name} at {} ({})", addresses.join(" or "), self.why)
    }
}

/// Tries all targets; whether all were reached. What was not is written to the report, and logged.
pub async fn run(settings: Settings) -> bool {
    let failures = unreached(settings.targets, Duration::from_secs(settings.timeout)).await;
    if failures.is_empty() {
        tracing::info!("everything was reached");
        return true;
    }
    let words: Vec<String> = failures.iter().map(ToString::to_string).collect();
    let words = format!("{}: {}", variables::UNREACHABLE, words.join(", "));
    tracing::error!(words, "not everything was reached");
    if let Err(error) = std::fs::write(&settings.report, words) {
        tracing::warn!(%error, file = %settings.report.display(), "the operator cannot be told");
    }
    false
}

/// The targets that did not answer in time, in their order.
pub async fn unreached(targets: Vec<Target>, within: Duration) -> Vec<Failure> {
    let deadline = Instant::now() + within;
    let mut tries = JoinSet::new();
    for (number, target) in targets.into_iter().enumerate() {
        tries.spawn(async move {
            let why = until_reached(&target, deadline).await.err()?;
            Some((number, Failure { target, why }))
        });
    }
    let mut failures: Vec<(usize, Failure)> = tries.join_all().await.into_iter().flatten().collect();
    failures.sort_by_key(|(number, _)| *number);
    failures.into_iter().map(|(_, failure)| failure).collect()
}

async fn until_reached(target: &Target, deadline: Instant) -> Result<(), Unreachable> {
    loop {
        let mut last = Unreachable::TimedOut;
        for address in &target.addresses {
            match reach(address, deadline).await {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        if Instant::now() + PAUSE >= deadline {
            return Err(last);
        }
        tracing::info!(target = target.name, answer = %last, "not yet; trying again");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn reach(address: &str, deadline: Instant) -> Result<(), Unreachable> {
    let found = timeout_at(deadline.min(Instant::now() + LOOKUP), lookup_host(address)).await;
    let found: Vec<SocketAddr> = found
        .map_err(|_| Unreachable::NoNameServer)?
        .map_err(|error| not_found(&error))?
        .collect();
    let mut last = Unreachable::UnknownName;
    for address in found {
        let connection = timeout_at(
            deadline.min(Instant::now() + CONNECTION),
            TcpStream::connect(address),
        );
        match connection.await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => last = not_connected(error),
            Err(_) => last = Unreachable::TimedOut,
        }
    }
    Err(last)
}

/// Why a name was not found. The resolver's codes are in its words only: those of glibc and of musl.
fn not_found(error: &Error) -> Unreachable {
    let words = error.to_string();
    let are_said = |known: &str| words.contains(known);
    if ["Temporary failure", "Try again"].into_iter().any(are_said) {
        Unreachable::NoNameServer
    } else {
        Unreachable::UnknownName
    }
}

fn not_connected(error: Error) -> Unreachable {
    match error.kind() {
        ErrorKind::ConnectionRefused => Unreachable::Refused,
        ErrorKind::TimedOut => Unreachable::TimedOut,
        _ => Unreachable::Other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::net::{TcpListener, TcpSocket};

    const SHORT: Duration = Duration::from_millis(700);

    fn target(name: &str, address: impl fmt::Display) -> Target {
        format!("{name}={address}").parse().unwrap()
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address at which nobody listens.
    async fn closed() -> SocketAddr {
        listener().await.1
    }

    #[tokio::test]
    async fn what_listens_is_reached_by_its_name() {
        let (_listener, address) = listener().await;
        let by_name = target("pay", format!("localhost:{}", address.port()));
        let failures = unreached(vec![by_name, target("kafka", address)], SHORT).await;
        assert!(failures.is_empty(), "{failures:?}");
    }

    #[tokio::test]
    async fn of_several_addresses_one_is_enough() {
        let (_listener, open) = listener().await;
        let brokers = target("kafka", format!("{},{open}", closed().await));
        assert!(unreached(vec![brokers], SHORT).await.is_empty());
    }

    #[tokio::test]
    async fn a_closed_port_is_refused_and_named() {
        let (_listener, open) = listener().await;
        let closed = closed().await;
        let failures = unreached(vec![target("pay", closed), target("kafka", open)], SHORT).await;
        let words: Vec<String> = failures.iter().map(ToString::to_string).collect();
        assert_eq!(words, [format!("pay at {closed} (refused)")]);
    }

    #[tokio::test]
    async fn a_server_that_comes_up_in_time_is_reached() {
        let address = closed().await;
        let tried = tokio::spawn(unreached(vec![target("pay", address)], Duration::from_secs(20)));
        // After the first connection was refused.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let _listener = TcpListener::bind(address).await.unwrap();
        assert!(tried.await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_answers_nothing_times_out() {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody accepts, so that once the queue is full, further connections get no answer.
        let mut waiting = Vec::new();
        while let Ok(connection) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
            waiting.push(connection.unwrap());
        }
        let failures = unreached(vec![target("pay", address)], SHORT).await;
        assert_eq!(failures[0].to_string(), format!("pay at {address} (timed out)"));
    }

    #[tokio::test]
    async fn a_name_that_is_not_known_is_said_to_be_so() {
        let failures = unreached(vec![target("pay", "nothing.invalid:1")], SHORT).await;
        let words = failures[0].to_string();
        // Where there is no name server at all, nobody knows.
        let expected = ["the name is not known", "no name server answers"];
        assert!(expected.iter().any(|why| words.contains(why)), "{words}");
    }

    #[test]
    fn what_the_resolver_says_tells_a_name_from_a_name_server() {
        let of = |words: &str| {
            let words = format!("failed to lookup address information: {words}");
            not_found(&Error::other(words)).to_string()
        };
        assert_eq!(of("Name or service not known"), "the name is not known");
        assert_eq!(of("Name does not resolve"), "the name is not known");
        assert_eq!(
            of("Temporary failure in name resolution"),
            "no name server answers"
        );
    }

    #[test]
    fn brokers_may_be_written_as_their_clients_read_them() {
        let brokers = target("kafka", "SASL_SSL://a:9096, b ,[::1],[::1]:9093");
        assert_eq!(
            brokers.addresses,
            ["a:9096", "b:9092", "[::1]:9092", "[::1]:9093"]
        );
        for text in ["pay", "=a:1", "pay=", "pay= , "] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_not_reached_is_written_for_the_operator() {
        let directory = tempfile::tempdir().unwrap();
        let report = directory.path().join("termination-log");
        let address = closed().await;
        let argument = format!("pay={address}");
        let file = report.display().to_string();
        let arguments = ["setup reach", &argument, "--timeout", "0", "--report", &file];
        assert!(!run(Settings::parse_from(arguments)).await);
        let words = std::fs::read_to_string(&report).unwrap();
        assert_eq!(words, format!("Unreachable: pay at {address} (refused)"));
    }
}
