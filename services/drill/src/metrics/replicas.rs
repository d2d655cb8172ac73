//! All replicas of a service that have been there during the drill.

use super::Counter;
use super::replica::{Look, Replica};
use crate::measure::Answers;
use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::timeout;

const FOUND_WITHIN: Duration = Duration::from_secs(2);

/// Why it is not known how many requests were answered.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unknown(String);

/// The replicas that a name and a port stand for.
///
/// # Errors
/// When the name cannot be looked up.
pub(crate) async fn find(name: &str) -> Result<BTreeSet<SocketAddr>, Unknown> {
    let why = match timeout(FOUND_WITHIN, lookup_host(name)).await {
        Ok(Ok(found)) => return Ok(found.collect()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no name server answers".to_owned(),
    };
    Err(Unknown(format!("its name cannot be looked up: {why}")))
}

/// Those that have gone are kept: what they have answered still counts, and they may come back.
#[derive(Debug)]
pub(crate) struct Replicas {
    counter: Counter,
    /// The name that stands for all of them.
    name: String,
    by_address: BTreeMap<SocketAddr, Replica>,
}

impl Replicas {
    pub(crate) fn of(counter: Counter, name: &str) -> Self {
        Self {
            counter,
            name: name.to_owned(),
            by_address: BTreeMap::new(),
        }
    }

    /// How many requests all of them have answered since the first look; `there` are those that are there now.
    ///
    /// # Errors
    /// When none tells, or one that is there does not. Its requests would seem to be those of others a moment later.
    pub(crate) async fn look(&mut self, there: &BTreeSet<SocketAddr>) -> Result<Answers, Unknown> {
        let begin: fn(Counter, &str, SocketAddr) -> Replica = if self.by_address.is_empty() {
            Replica::old
        } else {
            Replica::new
        };
        for address in there {
            let one = || begin(self.counter, &self.name, *address);
            self.by_address.entry(*address).or_insert_with(one);
        }
        let replicas = self
            .by_address
            .iter_mut()
            .filter(|(address, _)| there.contains(address));
        let looks = join_all(replicas.map(|(_, replica)| replica.look())).await;
        judge(looks)?;
        Ok(self.answers())
    }

    /// How many requests all of them have answered between the first look at each and the last one.
    pub(crate) fn answers(&self) -> Answers {
        let each = self.by_address.values().map(Replica::answers);
        each.fold(Answers::default(), Answers::plus)
    }
}

fn judge(looks: Vec<Look>) -> Result<(), Unknown> {
    let is_seen = looks.contains(&Look::Counted);
    let mut why = None;
    for look in looks {
        match look {
            Look::Counted => {}
            Look::Silent(said) => return Err(Unknown(said)),
            Look::Gone(said) => why = Some(said),
        }
    }
    if is_seen {
        return Ok(());
    }
    Err(Unknown(why.unwrap_or_else(|| "there is no replica".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone() -> Look {
        Look::Gone("10.0.0.7:9080: no connection".to_owned())
    }

    #[test]
    fn a_replica_that_is_gone_keeps_nobody_from_counting_the_others() {
        assert!(judge(vec![Look::Counted, gone()]).is_ok());
    }

    #[test]
    fn without_any_replica_nothing_is_known() {
        let why = |looks| judge(looks).unwrap_err().to_string();
        assert_eq!(why(vec![gone()]), "10.0.0.7:9080: no connection");
        assert_eq!(why(Vec::new()), "there is no replica");
    }

    #[test]
    fn a_replica_that_answers_others_and_does_not_tell_leaves_everything_unknown() {
        let silent = Look::Silent("10.0.0.8:9080 answers 500".to_owned());
        let why = judge(vec![Look::Counted, silent]).unwrap_err();
        assert_eq!(why.to_string(), "10.0.0.8:9080 answers 500");
    }
}
