//! Argo CD's programs, which run outside the cluster but in its network namespace, so that their ports are not
//! visible on the machine.

use fdp_cluster::Cluster;
use fdp_cluster::text::tail;
use libtest_mimic::Failed;
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// How often Argo CD polls the repository.
const LOOKS_EVERY: &str = "5s";
/// The ports in the network namespace; those of Argo CD are its default ports.
const API_SERVER: &str = "https://127.0.0.1:6443";
const REDIS_PORT: &str = "6379";
const REPOSITORY_SERVER: &str = "127.0.0.1:8081";
const SEARCH_PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
const LOG_LINES: usize = 30;

/// A running Argo CD. It ends when it is dropped, or with the thread that started it.
pub(super) struct Programs {
    running: Vec<Program>,
    folder: TempDir,
    /// The network namespace of the programs.
    network: String,
}

struct Program {
    name: &'static str,
    process: Child,
}

impl Programs {
    /// Starts all of them; they are compiled first if necessary.
    pub(super) fn start(cluster: &Cluster) -> Result<Self, Failed> {
        let mut programs = Self {
            running: Vec::new(),
            folder: tempfile::tempdir()?,
            network: network_of(cluster)?,
        };
        for folder in ["bin", "tmp", "tls", "ssh", "plugins"] {
            fs::create_dir(programs.file(folder))?;
        }
        let outside = format!("https://127.0.0.1:{}", cluster.api_port());
        let kubeconfig = fs::read_to_string(cluster.kubeconfig())?.replace(&outside, API_SERVER);
        fs::write(programs.file("kubeconfig"), kubeconfig)?;
        let program = fdp_programs::program("argocd")?;
        for part in ["argocd-application-controller", "argocd-repo-server", "kustomize"] {
            symlink(&program, programs.file("bin").join(part))?;
        }
        programs.start_all()?;
        Ok(programs)
    }

    fn start_all(&mut self) -> Result<(), Failed> {
        self.spawn(
            "redis-server",
            &["--bind", "127.0.0.1", "--port", REDIS_PORT, "--save", ""],
        )?;
        self.spawn(
            "argocd-repo-server",
            &[
                "--address",
                "127.0.0.1",
                "--metrics-address",
                "127.0.0.1",
                "--disable-tls",
            ],
        )?;
        self.spawn(
            "argocd-application-controller",
            &[
                "--namespace",
                super::settings::NAMESPACE,
                "--repo-server",
                REPOSITORY_SERVER,
                "--repo-server-plaintext",
                "--app-resync-jitter",
                "0",
                // This makes the message of each object's health readable with kubectl.
                "--persist-resource-health",
            ],
        )
    }

    fn spawn(&mut self, name: &'static str, arguments: &[&str]) -> Result<(), Failed> {
        let output = File::create(self.log(name))?;
        let variable = |file: &str| self.file(file).display().to_string();
        // `setpriv` makes the kernel kill it with the test; each program in this command line executes the next.
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "nsenter", "--target", &self.network])
            .args(["--net", "--", name])
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{}:{SEARCH_PATH}", variable("bin")))
            .env("HOME", self.folder.path())
            .env("TMPDIR", variable("tmp"))
            .env("KUBECONFIG", variable("kubeconfig"))
            // `https://kubernetes.default.svc`, the cluster that Applications name, is then the cluster of that
            // kubeconfig.
            .env("ARGOCD_FAKE_IN_CLUSTER", "true")
            .env("REDIS_SERVER", format!("127.0.0.1:{REDIS_PORT}"))
            .env("ARGOCD_GPG_ENABLED", "false")
            .env("ARGOCD_RECONCILIATION_TIMEOUT", LOOKS_EVERY)
            .env("ARGOCD_ASK_PASS_SOCK", variable("ask-pass.sock"))
            .env("ARGOCD_TLS_DATA_PATH", variable("tls"))
            .env("ARGOCD_SSH_DATA_PATH", variable("ssh"))
            .env("ARGOCD_PLUGINSOCKFILEPATH", variable("plugins"))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| format!("starting {name}: {error}"))?;
        self.running.push(Program { name, process });
        Ok(())
    }

    /// Fails if one of them has ended, with its last log lines.
    pub(super) fn still_run(&mut self) -> Result<(), Failed> {
        let mut ended = None;
        for program in &mut self.running {
            if let Some(status) = program.process.try_wait()? {
                ended = Some((program.name, status));
            }
        }
        match ended {
            None => Ok(()),
            Some((name, status)) => {
                Err(format!("{name} ended ({status})\n{}", tail(&self.log(name), LOG_LINES)).into())
            }
        }
    }

    /// The last log lines of all of them.
    pub(super) fn last_words(&self) -> String {
        let logs = self
            .running
            .iter()
            .map(|program| tail(&self.log(program.name), LOG_LINES));
        logs.collect::<Vec<_>>().join("\n")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.log"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        // In reverse order, so that none logs the loss of another.
        for program in self.running.iter_mut().rev() {
            let _ = program.process.kill();
            let _ = program.process.wait();
        }
    }
}

/// The network namespace of a cluster, which is needed because Argo CD's controller serves its metrics at every
/// address.
fn network_of(cluster: &Cluster) -> Result<String, Failed> {
    let file: &Path = &cluster.state().join("processes.json");
    let text = fs::read_to_string(file).map_err(|error| format!("reading {}: {error}", file.display()))?;
    let processes: Value = serde_json::from_str(&text)?;
    match processes["supervisor"]["id"].as_i64() {
        Some(id) => Ok(id.to_string()),
        None => Err(format!("{} names no supervisor: {text}", file.display()).into()),
    }
}
