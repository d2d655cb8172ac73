//! Builds the image of Kafka from its Maven artifacts and a Java runtime with only the modules that Kafka uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::{Config, Recipe};
use crate::maven::{self, draft, key, settle};
use crate::service::labels;
use crate::{Error, Tree, command, host, shell};

/// The image's tag.
pub(crate) const VERSION: &str = "4.3.1";

const POM: &str = include_str!("../kafka/pom.xml");
const LOG_CONFIGURATION: &str = include_str!("../kafka/log4j2.properties");

/// The modules that Kafka and its tools load; `java.desktop` is needed for `java.beans`.
const MODULES: &str = "java.base,java.desktop,java.logging,java.management,java.naming,\
    java.net.http,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,\
    jdk.management,jdk.net,jdk.unsupported,jdk.zipfs";

/// Native parts of `java.desktop` for graphics and sound: never loaded, and they need X11.
const DRAWING: [&str; 11] = [
    "libawt.so",
    "libawt_headless.so",
    "libawt_xawt.so",
    "libfontmanager.so",
    "libjavajpeg.so",
    "libjawt.so",
    "libjsound.so",
    "liblcms.so",
    "libmlib_image.so",
    "libsplashscreen.so",
    "libfreetype.so",
];

/// The recipe; downloads the jars and links the runtime first if they are missing.
pub(crate) fn recipe(shell: &Tree, cache: &Path, report: &mut dyn FnMut(&str)) -> Result<Recipe, Error> {
    let runtime = runtime(cache, report)?;
    let libraries = resolve(cache, report)?;
    let mut java = runtime_layer(&runtime)?;
    java.remove_all_of(shell);
    Ok(Recipe {
        name: "kafka".to_owned(),
        layers: vec![shell.clone(), java, kafka_layer(&libraries)?],
        config: Config {
            user: "1000:1000".to_owned(),
            environment: [
                ("PATH", "/opt/java/bin:/usr/local/bin:/usr/bin:/bin"),
                ("JAVA_HOME", "/opt/java"),
                ("LANG", "C.UTF-8"),
                ("LOG4J_CONFIGURATION_FILE", "/opt/kafka/config/log4j2.properties"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            entrypoint: Vec::new(),
            labels: labels("Apache Kafka", VERSION, "Apache-2.0"),
        },
    })
}

/// The directory with Kafka's jars, which Maven downloads on the first call.
///
/// `java -cp 'DIRECTORY/*' kafka.Kafka PROPERTIES` runs a broker with them.
pub fn kafka_libs(cache: &Path) -> Result<PathBuf, Error> {
    let cache = std::path::absolute(cache).map_err(Error::io("resolving", cache))?;
    resolve(&cache, &mut |_| {})
}

fn resolve(cache: &Path, report: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    maven::resolve(cache, "kafka", POM, report)
}

/// A Java runtime with only the modules that Kafka needs.
fn runtime(cache: &Path, report: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let jlink = command::ensure_program("jlink", "openjdk-17-jdk-headless", report)?;
    let home = jlink
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("/"))
        .to_owned();
    let release_file = home.join("release");
    let release = fs::read_to_string(&release_file).map_err(Error::io("reading", &release_file))?;
    check_version(&home, &release)?;
    let done = cache
        .join("kafka")
        .join(format!("java-{}", key(&format!("{release}{MODULES}"))));
    if done.exists() {
        return Ok(done);
    }
    report("kafka: linking a Java runtime");
    let work = draft(&done)?;
    let linked = work.join("java");
    command::run(
        Command::new(&jlink)
            .args(["--add-modules", MODULES, "--strip-debug", "--no-header-files"])
            .args(["--no-man-pages", "--output"])
            .arg(&linked),
        "linking a Java runtime",
    )?;
    settle(&linked, &done)?;
    fs::remove_dir_all(&work).map_err(Error::io("deleting", &work))?;
    Ok(done)
}

fn check_version(home: &Path, release: &str) -> Result<(), Error> {
    let found = release
        .lines()
        .find_map(|line| line.strip_prefix("JAVA_VERSION="))
        .unwrap_or_default()
        .trim_matches('"');
    let major = found
        .split(['.', '-', '+'])
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= 17) {
        Ok(())
    } else {
        Err(Error::JavaTooOld {
            home: home.to_owned(),
            found: found.to_owned(),
        })
    }
}

fn runtime_layer(runtime: &Path) -> Result<Tree, Error> {
    let runtime = &runtime.canonicalize().map_err(Error::io("reading", runtime))?;
    let mut tree = Tree::new();
    tree.host_directory("opt/java", runtime, &|path| {
        path.file_name()
            .is_none_or(|name| !DRAWING.iter().any(|library| name == *library))
    })?;
    let binaries: Vec<PathBuf> = tree
        .paths()
        .filter_map(|path| path.strip_prefix("opt/java/"))
        .map(|path| runtime.join(path))
        .filter(|file| {
            file.starts_with(runtime.join("bin"))
                || file.ends_with("lib/jspawnhelper")
                || file.extension().is_some_and(|extension| extension == "so")
        })
        .collect();
    let own = [runtime.join("lib"), runtime.join("lib/server")];
    host::add_libraries(&mut tree, &binaries, &own)?;
    Ok(tree)
}

fn kafka_layer(libraries: &Path) -> Result<Tree, Error> {
    let mut tree = Tree::new();
    tree.host_directory("opt/kafka/libs", libraries, &|_| true)?;
    tree.file("opt/kafka/config/log4j2.properties", LOG_CONFIGURATION, 0o644);
    tree.directory("var/lib/kafka/data", 0o755, shell::KAFKA);
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_java_that_kafka_cannot_run_on_is_refused_by_its_version() {
        let home = Path::new("/jdk");
        assert!(check_version(home, "JAVA_VERSION=\"17.0.15\"\n").is_ok());
        assert!(check_version(home, "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25\"\n").is_ok());
        let error = check_version(home, "JAVA_VERSION=\"11.0.2\"\n").unwrap_err();
        assert!(error.to_string().contains("apt-get install"), "{error}");
        assert!(check_version(home, "").is_err());
    }
}
