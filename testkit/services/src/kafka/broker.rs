//! The process of the broker: creates, starts and kills it.

use anyhow::{Context, Result, ensure};
use fdp_test_process::process::{self, Process};
use fdp_test_process::wait;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const START: Duration = Duration::from_mins(1);
/// Any id in Kafka's format; it must be the same at each start.
const CLUSTER_ID: &str = "c2FnYS10ZXN0cy1rYWZrYQ";
/// These make the start fast and the process small: the broker handles only about ten thousand messages.
const JAVA_OPTIONS: [&str; 4] = [
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
];

/// The broker's directory and, while it is running, its process.
#[derive(Debug)]
pub struct Kafka {
    directory: PathBuf,
    libraries: PathBuf,
    log: PathBuf,
    port: u16,
    broker: Option<Process>,
}

/// A broker whose storage is still being formatted.
#[derive(Debug)]
pub struct Making {
    kafka: Kafka,
    format: Process,
}

impl Kafka {
    /// Begins to create a broker in `directory`, which must exist, from the jars in `libraries`.
    ///
    /// # Errors
    /// When Java is missing or a file cannot be written.
    pub fn make(directory: &Path, libraries: &Path, logs: &Path, ports: [u16; 2]) -> Result<Making> {
        let java = Command::new("java").arg("-version").output();
        ensure!(
            java.is_ok_and(|java| java.status.success()),
            "there is no java: apt-get install openjdk-17-jre-headless"
        );
        let kafka = Self {
            directory: directory.to_owned(),
            libraries: libraries.to_owned(),
            log: logs.join("kafka.log"),
            port: ports[0],
            broker: None,
        };
        kafka.write("server.properties", &properties(directory, ports))?;
        kafka.write("log4j2.properties", LOG_CONFIGURATION)?;
        let mut format = kafka.java("kafka.tools.StorageTool");
        format.args([
            "format",
            "--standalone",
            "--cluster-id",
            CLUSTER_ID,
            "--config",
            "server.properties",
        ]);
        Ok(Making {
            format: Process::start("the format of Kafka's storage", format, &kafka.log)?,
            kafka,
        })
    }

    /// Starts the broker; [`Self::wait_ready`] waits until it responds.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let mut broker = self.java("kafka.Kafka");
        broker.arg("server.properties");
        self.broker = Some(Process::start("kafka", broker, &self.log)?);
        Ok(())
    }

    /// Waits until it responds.
    ///
    /// # Errors
    /// When it ends, or does not respond in time.
    pub fn wait_ready(&mut self) -> Result<()> {
        let consumer = self.consumer("saga-ready")?;
        wait::until("Kafka to answer", START, || {
            let metadata = consumer.fetch_metadata(None, Duration::from_secs(1))?;
            Ok((!metadata.brokers().is_empty()).then_some(()))
        })?;
        self.broker.as_mut().context("Kafka is not running")?.still_runs()
    }

    /// The process id of the broker, if it is running.
    pub fn id(&self) -> Option<u32> {
        self.broker.as_ref().map(Process::id)
    }

    /// Kills the broker as `kill -9` does.
    ///
    /// # Errors
    /// When it is not running.
    pub fn crash(&mut self) -> Result<()> {
        self.broker.take().context("Kafka is not running")?.crash()
    }

    /// Host and port for clients.
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn client(&self, name: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.brokers())
            .set("client.id", name)
            .set("allow.auto.create.topics", "false")
            .set("reconnect.backoff.max.ms", "500")
            .set("log_level", "0");
        config
    }

    pub(super) fn consumer(&self, group: &str) -> Result<BaseConsumer> {
        Ok(self
            .client("saga")
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .create()?)
    }

    fn java(&self, class: &str) -> Command {
        let mut java = process::command("java", None);
        java.current_dir(&self.directory)
            .args(JAVA_OPTIONS)
            .arg("-Dlog4j2.configurationFile=log4j2.properties")
            .arg("-cp")
            .arg(self.libraries.join("*"))
            .arg(class);
        java
    }

    fn write(&self, name: &str, content: &str) -> Result<()> {
        let file = self.directory.join(name);
        std::fs::write(&file, content).with_context(|| format!("writing {}", file.display()))
    }
}

impl Making {
    /// Waits until the storage is formatted, and starts the broker.
    ///
    /// # Errors
    /// When either fails.
    pub fn finish(mut self) -> Result<Kafka> {
        self.format.finish(Duration::from_mins(1))?;
        self.kafka.start()?;
        Ok(self.kafka)
    }
}

fn properties(directory: &Path, [port, controller]: [u16; 2]) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
",
        directory.join("data").display()
    )
}

const LOG_CONFIGURATION: &str = "\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1} %m%n%throwable{5}
";

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::consumer::CommitMode;
    use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

    #[test]
    #[ignore = "starts a server"]
    fn a_message_survives_a_kill_and_counts_as_lag_until_it_is_committed() {
        let directory = tempfile::tempdir().unwrap();
        let libraries = fdp_images::kafka_libs(&fdp_checkout::cache()).unwrap();
        let ports = [fdp_ports::free().unwrap(), fdp_ports::free().unwrap()];
        let making = Kafka::make(directory.path(), &libraries, directory.path(), ports).unwrap();
        let mut kafka = making.finish().unwrap();
        kafka.wait_ready().unwrap();
        let mut create = kafka.java("org.apache.kafka.tools.TopicCommand");
        create.args(["--create", "--topic", "dishes", "--partitions", "2"]);
        create.args(["--bootstrap-server", &kafka.brokers()]);
        let create = Process::start("the topic's creation", create, &kafka.log).unwrap();
        create.finish(START).unwrap();

        kafka.publish("dishes", Some(1), "menu", "bibimbap").unwrap();
        kafka.crash().unwrap();
        kafka.start().unwrap();
        kafka.wait_ready().unwrap();
        let records = kafka.records("dishes").unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(
            (records[0].key.as_str(), records[0].payload.as_str()),
            ("menu", "bibimbap")
        );
        assert!(!records[0].is_copy());
        assert_eq!(kafka.lag("guests", &["dishes"]).unwrap(), 1);

        let guest = kafka.consumer("guests").unwrap();
        let mut eaten = TopicPartitionList::new();
        eaten
            .add_partition_offset("dishes", 1, Offset::Offset(1))
            .unwrap();
        guest.commit(&eaten, CommitMode::Sync).unwrap();
        assert_eq!(kafka.lag("guests", &["dishes"]).unwrap(), 0);

        kafka.publish_copies("dishes", [(Some(1), &records[0])]).unwrap();
        let last = kafka
            .excerpt("dishes", |all| all.start.max(all.end - 1)..all.end)
            .unwrap();
        assert!(last.iter().any(|record| record.is_copy() && record.key == "menu"));
    }
}
