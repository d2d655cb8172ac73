//! Executes containers of a rendered pod as the kubelet would, with their user, their mounts and a read-only root,
//! which is this machine's own root with the files of the image on top.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{running::Running, volumes};

/// The script that [`Pod::run`] runs in new namespaces; its arguments are the container's command.
const ENTER: &str = include_str!("enter.sh");
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The content of a Secret's file that the test does not set.
pub(crate) const PASSWORD: &str = "5ec2e7";

pub(crate) struct Pod {
    directory: TempDir,
    spec: Value,
    /// Directories of this machine that are mounted into containers: source, target, and `ro` or `rw`.
    shown: Vec<(PathBuf, String, &'static str)>,
}

impl Pod {
    /// The pod of a workload, with its volumes as they are before its first start.
    pub(crate) fn of(objects: &[Value], kind: &str, name: &str) -> Self {
        let workload = objects
            .iter()
            .find(|object| {
                let found = object["metadata"]["name"].as_str().unwrap_or_default();
                object["kind"] == kind && found.starts_with(name)
            })
            .unwrap_or_else(|| panic!("there is no {kind} {name}"));
        let pod = Self {
            // The users of containers need access to it.
            directory: tempfile::Builder::new()
                .permissions(fs::Permissions::from_mode(0o755))
                .tempdir()
                .unwrap(),
            spec: workload["spec"]["template"]["spec"].clone(),
            shown: Vec::new(),
        };
        fs::create_dir(pod.image()).unwrap();
        fs::create_dir(pod.place()).unwrap();
        for volume in pod.spec["volumes"].as_array().into_iter().flatten() {
            pod.make(volume, objects);
        }
        for claim in workload["spec"]["volumeClaimTemplates"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = claim["metadata"]["name"].as_str().unwrap();
            volumes::claim(&pod.volume(name), pod.group());
        }
        pod
    }

    fn make(&self, volume: &Value, objects: &[Value]) {
        let directory = self.volume(volume["name"].as_str().unwrap());
        let group = self.group();
        if let Some(source) = volume.get("configMap") {
            let config_map = objects
                .iter()
                .find(|object| object["kind"] == "ConfigMap" && object["metadata"]["name"] == source["name"]);
            let files = volumes::files_of(config_map.unwrap(), source.get("items"));
            volumes::projected(&directory, &files, group);
        } else if let Some(source) = volume.get("secret") {
            let items = source["items"].as_array().into_iter().flatten();
            let files: Vec<(String, String)> = items
                .map(|item| (item["path"].as_str().unwrap().to_owned(), PASSWORD.to_owned()))
                .collect();
            volumes::projected(&directory, &files, group);
        } else {
            volumes::scratch(&directory, group);
        }
    }

    /// Writes another password to the volume of a Secret, as a new pod would get it.
    pub(crate) fn writes_secret(&self, volume: &str, password: &str) {
        let directory = self.volume(volume);
        let key = self.spec["volumes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|found| found["name"] == volume)
            .and_then(|found| found["secret"]["items"][0]["path"].as_str())
            .unwrap()
            .to_owned();
        fs::remove_dir_all(&directory).unwrap();
        volumes::projected(&directory, &[(key, password.to_owned())], self.group());
    }

    /// The directory of a volume on this machine.
    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        self.directory.path().join("volumes").join(name)
    }

    fn image(&self) -> PathBuf {
        self.directory.path().join("image")
    }

    /// Adds a file to the image; programs need an executable `mode`.
    pub(crate) fn adds(&self, path: &str, content: &str, mode: u32) {
        let file = self.image().join(path.trim_start_matches('/'));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The directory where a container's root is assembled.
    fn place(&self) -> PathBuf {
        self.directory.path().join("place")
    }

    /// Mounts a directory of this machine into the containers, `ro` or `rw`.
    pub(crate) fn shows(&mut self, directory: PathBuf, path: &str, access: &'static str) {
        self.shown.push((directory, path.to_owned(), access));
    }

    fn group(&self) -> u32 {
        let security = &self.spec["securityContext"];
        u32::try_from(security["fsGroup"].as_u64().unwrap_or_default()).unwrap()
    }

    pub(crate) fn container(&self, name: &str) -> &Value {
        ["initContainers", "containers"]
            .into_iter()
            .flat_map(|field| self.spec[field].as_array().into_iter().flatten())
            .find(|container| container["name"] == name)
            .unwrap_or_else(|| panic!("there is no container {name}"))
    }

    /// The command line that runs a container's own command.
    pub(crate) fn starts(&self, container: &str, variables: &[(&str, &str)]) -> Command {
        let found = self.container(container);
        let words = |field: &str| strings(&found[field]);
        let command: Vec<String> = words("command").into_iter().chain(words("args")).collect();
        self.executes(container, &command, variables)
    }

    /// The command line that runs a command in a container: its own, or that of a probe or hook.
    pub(crate) fn executes(
        &self,
        container: &str,
        command: &[String],
        variables: &[(&str, &str)],
    ) -> Command {
        let found = self.container(container);
        let security = &self.spec["securityContext"];
        let mut enter = Command::new("unshare");
        enter
            .args([
                "--mount",
                "--pid",
                "--net",
                "--uts",
                "--fork",
                "--kill-child=KILL",
            ])
            .args(["bash", "-c", ENTER, "enter"])
            .args(command)
            .env_clear()
            .env("PATH", PATH)
            .env("PLACE", self.place())
            .env("IMAGE", self.image())
            .env("MOUNTS", self.mounts(found))
            .env("USER_ID", security["runAsUser"].to_string())
            .env("GROUP_ID", security["runAsGroup"].to_string())
            .env("VOLUME_GROUP", self.group().to_string())
            .env("VARIABLES", environment(found, variables));
        enter
    }

    /// The command line that runs a command, such as a probe, in a container that runs already.
    pub(crate) fn executes_in(
        &self,
        running: &Running,
        container: &str,
        command: &[String],
        variables: &[(&str, &str)],
    ) -> Command {
        let security = &self.spec["securityContext"];
        let mut enter = Command::new("nsenter");
        enter
            .arg(format!("--target={}", running.first_process()))
            .args([
                "--mount", "--pid", "--net", "--uts", "--root", "--wd", "--", "setpriv",
            ])
            .arg(format!("--reuid={}", security["runAsUser"]))
            .arg(format!("--regid={}", security["runAsGroup"]))
            .arg(format!("--groups={}", self.group()))
            .args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"])
            .args(["env", "--ignore-environment"])
            .args(environment(self.container(container), variables).lines())
            .args(command);
        enter
    }

    /// The mounts, one per line: source, target, and `ro` or `rw`.
    fn mounts(&self, container: &Value) -> String {
        let mut mounts: Vec<(String, String, &str)> = self
            .shown
            .iter()
            .map(|(directory, path, access)| (directory.display().to_string(), path.clone(), *access))
            .collect();
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let mut source = self.volume(mount["name"].as_str().unwrap());
            if let Some(sub_path) = mount["subPath"].as_str() {
                // The kubelet resolves links before it mounts.
                source = source.join(sub_path).canonicalize().unwrap();
            }
            let access = if mount["readOnly"] == true { "ro" } else { "rw" };
            let target = mount["mountPath"].as_str().unwrap().to_owned();
            mounts.push((source.display().to_string(), target, access));
        }
        // Like container runtimes, a mount inside another mount comes after it.
        mounts.sort_by_key(|(_, target, _)| target.matches('/').count());
        let lines: Vec<String> = mounts
            .into_iter()
            .map(|(source, target, access)| format!("{source} {target} {access}"))
            .collect();
        lines.join("\n")
    }
}

/// The environment, one variable per line: plain values, and passwords for those from Secrets.
fn environment(container: &Value, more: &[(&str, &str)]) -> String {
    let mut lines = vec![format!("PATH={PATH}")];
    for variable in container["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().unwrap();
        let value = if variable.pointer("/valueFrom/secretKeyRef").is_some() {
            PASSWORD
        } else {
            variable["value"].as_str().unwrap_or_default()
        };
        lines.push(format!("{name}={value}"));
    }
    lines.extend(more.iter().map(|(name, value)| format!("{name}={value}")));
    lines.join("\n")
}

/// The command of a probe or hook.
pub(crate) fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// Runs it to completion, and fails the test with its output unless it succeeds.
pub(crate) fn succeeds(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The whole output of a program.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The names in a directory.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
