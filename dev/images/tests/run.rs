//! Tests that Kafka and PostgreSQL start from their images alone, as their user and on a read-only root.
//!
//! It needs root (for namespaces) and, the first time, Maven and apt; so run it with
//! `cargo test -p fdp-images --test run -- --ignored`.

#![expect(clippy::unwrap_used, reason = "a failed helper fails its test")]

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use fdp_images::{BuildOptions, DEFAULT_PREFIX, Image, ImageSet, build, own_images};
use serde_json::Value;

/// The images, built once for all tests; layers are kept between runs.
fn images() -> &'static ImageSet {
    static IMAGES: OnceLock<ImageSet> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("images");
        let binaries = cache.join("binaries");
        fs::create_dir_all(&binaries).unwrap();
        for (_, binary, _) in own_images() {
            fs::copy("/bin/true", binaries.join(binary)).unwrap();
        }
        let options = BuildOptions {
            binaries,
            cache,
            prefix: DEFAULT_PREFIX.to_owned(),
        };
        build(&options, &mut |line| eprintln!("{line}")).unwrap()
    })
}

fn image(name: &str) -> &'static Image {
    let mut images = images().images.iter();
    images.find(|image| image.name == name).unwrap()
}

fn blob(archive: &Path, digest: &str) -> Vec<u8> {
    file(archive, &format!("blobs/{}", digest.replace(':', "/")))
}

fn file(archive: &Path, wanted: &str) -> Vec<u8> {
    let mut archive = tar::Archive::new(File::open(archive).unwrap());
    let mut entry = archive
        .entries()
        .unwrap()
        .map(Result::unwrap)
        .find(|entry| entry.path_bytes() == wanted.as_bytes())
        .unwrap();
    let mut content = Vec::new();
    entry.read_to_end(&mut content).unwrap();
    content
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The files of an image, unpacked like a container runtime does.
struct Container {
    directory: tempfile::TempDir,
    config: Value,
}

impl Container {
    fn of(image: &Image) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let index = json(&file(&image.archive, "index.json"));
        let digest = index["manifests"][0]["digest"].as_str().unwrap();
        let manifest = json(&blob(&image.archive, digest));
        for layer in manifest["layers"].as_array().unwrap() {
            let layer = blob(&image.archive, layer["digest"].as_str().unwrap());
            let mut layer = tar::Archive::new(layer.as_slice());
            layer.set_preserve_ownerships(true);
            layer.set_preserve_permissions(true);
            layer.unpack(directory.path().join("root")).unwrap();
        }
        let digest = manifest["config"]["digest"].as_str().unwrap();
        let config = json(&blob(&image.archive, digest))["config"].clone();
        Self { directory, config }
    }

    fn user(&self) -> &str {
        self.config["User"].as_str().unwrap()
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// Runs a shell script in the container, with writable volumes at `volumes`, and returns its output.
    fn run(&self, volumes: &[&str], script: &str) -> String {
        let (user, group) = self.user().split_once(':').unwrap();
        let mut setup = "set -eu; mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"\n\
            mount -t proc proc \"$1/proc\"; mount --bind /dev \"$1/dev\"\n\
            hostname localhost; ip link set lo up\n"
            .to_owned();
        for (number, volume) in volumes.iter().enumerate() {
            let outside = self.directory.path().join(format!("volume-{number}"));
            fs::create_dir(&outside).unwrap();
            chown(
                &outside,
                Some(user.parse().unwrap()),
                Some(group.parse().unwrap()),
            )
            .unwrap();
            setup.extend([
                "mount --bind ",
                &outside.to_string_lossy(),
                " \"$1",
                volume,
                "\"\n",
            ]);
        }
        setup += "exec chroot --userspec=\"$2\" --groups= \"$1\" /bin/sh -euc \"$3\"";
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--pid", "--net", "--uts", "--fork"])
            .args(["--kill-child=KILL", "sh", "-c", &setup, "sh"])
            .arg(self.root())
            .args([self.user(), script])
            .env_clear();
        for variable in self.config["Env"].as_array().unwrap() {
            let (name, value) = variable.as_str().unwrap().split_once('=').unwrap();
            command.env(
                name,
                format!("{value}{}", if name == "PATH" { ":/usr/sbin:/sbin" } else { "" }),
            );
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }
}

#[test]
#[ignore = "needs root, makes the images"]
fn postgresql_makes_a_database_and_answers() {
    let postgres = Container::of(image("postgres"));
    let said = postgres.run(
        &["/var/lib/postgresql/data", "/tmp"],
        "id -un; (echo x > /etc/x) 2>/dev/null || echo 'read-only root'
        initdb --auth=trust --locale=C.UTF-8 --encoding=UTF8 >/tmp/initdb
        pg_ctl start --wait --log=/tmp/log --options='-k /tmp' >/tmp/start || { cat /tmp/log; exit 1; }
        psql='psql -h /tmp -U postgres -At -c'
        $psql 'select 6 * 7'
        $psql \"set time zone 'Asia/Seoul'; select length('통닭')\"
        $psql 'create extension pgcrypto' -c \"select length(digest('x', 'sha256'))\"
        for extension in $($psql 'select name from pg_available_extensions'); do
            $psql \"create extension if not exists \\\"$extension\\\" cascade\" >/dev/null
        done
        pg_ctl stop --wait >/tmp/stop; echo stopped",
    );
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "postgres",
            "read-only root",
            "42",
            "SET",
            "2",
            "CREATE EXTENSION",
            "32",
            "stopped"
        ]
    );
}

#[test]
#[ignore = "needs root, makes the images"]
fn kafka_starts_and_carries_messages_in_every_compression() {
    let kafka = Container::of(image("kafka"));
    let said = kafka.run(
        &["/var/lib/kafka/data", "/tmp"],
        "id -un; (echo x > /etc/x) 2>/dev/null || echo 'read-only root'
        {
            echo process.roles=broker,controller; echo node.id=1
            echo controller.quorum.voters=1@127.0.0.1:9093
            echo listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093
            echo controller.listener.names=CONTROLLER
            echo log.dirs=/var/lib/kafka/data; echo offsets.topic.replication.factor=1
        } > /tmp/properties
        options='-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1'
        kafka() { java $options -cp '/opt/kafka/libs/*' \"$@\"; }
        kafka kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw -c /tmp/properties >/tmp/format
        java $options -cp '/opt/kafka/libs/*' kafka.Kafka /tmp/properties >/tmp/log & broker=$!
        until grep -q 'Kafka Server started' /tmp/log; do
            kill -0 $broker || { cat /tmp/log; exit 1; }; sleep 0.1
        done
        at='--bootstrap-server 127.0.0.1:9092 --topic orders'
        kafka org.apache.kafka.tools.TopicCommand $at --create --partitions 1 >/tmp/topic
        for codec in none gzip snappy lz4 zstd; do
            echo \"sent with $codec\" | kafka org.apache.kafka.tools.ConsoleProducer $at --compression-codec $codec \
                >/tmp/producer
        done
        kafka org.apache.kafka.tools.consumer.ConsoleConsumer $at --from-beginning --max-messages 5 \
            --timeout-ms 60000 | grep sent
        kill $broker; wait $broker || true; grep -o 'shut down completed' /tmp/log | head -n 1",
    );
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "appuser",
            "read-only root",
            "sent with none",
            "sent with gzip",
            "sent with snappy",
            "sent with lz4",
            "sent with zstd",
            "shut down completed",
        ]
    );
}

#[test]
#[ignore = "needs root, makes the images"]
fn everything_belongs_to_root_but_the_directories_that_are_the_users_own() {
    for image in &images().images {
        let container = Container::of(image);
        let (user, group) = container.user().split_once(':').unwrap();
        let own = (user.parse().unwrap(), group.parse().unwrap());
        let mut directories = vec![container.root()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                let owner = (metadata.uid(), metadata.gid());
                let users_directory = owner == own && metadata.is_dir();
                assert!(owner == (0, 0) || users_directory, "{} {owner:?}", path.display());
                assert_eq!(metadata.mode() & 0o6000, 0, "set-id: {}", path.display());
                if metadata.is_dir() {
                    directories.push(path);
                }
            }
        }
    }
}
