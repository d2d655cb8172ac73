//! The control plane's processes and their directory, which end together.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fdp_cluster::text::tail;
use fdp_cluster::{Binaries, certificates, kubeconfig};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tempfile::TempDir;

use crate::access::{Access, client};
use crate::components::{CONTROLLER_MANAGER_KUBECONFIG, Layout};
use crate::error::{Error, Result};

/// The timeout for each step on a busy machine; on an idle one a step takes two or three seconds.
const LIMIT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(40);
/// The number of log lines to show in an error.
const LOG_LINES: usize = 15;

/// The running processes. Dropping this kills them and deletes their files.
#[derive(Debug)]
pub(crate) struct Processes {
    running: Vec<Running>,
    directory: TempDir,
}

#[derive(Debug)]
struct Running {
    component: &'static str,
    child: Child,
}

/// Starts etcd, then the API server, then the controller manager, and returns when the API responds.
///
/// The thread that calls this must outlive the processes. The token reviewer, if any, is at the address `reviewer`.
pub(crate) async fn start(binaries: &Binaries, reviewer: Option<&str>) -> Result<(Processes, Access)> {
    let directory = tempfile::Builder::new()
        .prefix("fdp-control-plane-")
        .tempdir()
        .map_err(Error::file("create a directory in", std::env::temp_dir()))?;
    let mut processes = Processes {
        running: Vec::new(),
        directory,
    };
    let path = processes.directory.path().to_owned();
    let keys = path.join("certificates");
    fs::create_dir(&keys).map_err(Error::file("create", &keys))?;
    certificates::make_all(&keys, 0)?;
    let reviewer = match reviewer {
        Some(address) => {
            let file = path.join("token-reviewer.kubeconfig");
            write(&file, &reviewer_at(address))?;
            Some(file)
        }
        None => None,
    };
    let port = || fdp_ports::free().map_err(Error::Port);
    let (etcd_port, api_port) = (port()?, port()?);
    let layout = Layout {
        directory: &path,
        certificates: &keys,
        etcd_port,
        api_port,
        token_reviewer: reviewer.as_deref(),
    };

    let component = kubeconfig::component(&keys, "kube-controller-manager", &layout.api_url());
    write(&path.join(CONTROLLER_MANAGER_KUBECONFIG), &component)?;
    let administrator = kubeconfig::administrator(&keys, "control-plane", api_port)?;
    let file = path.join("kubeconfig");
    write(&file, &administrator)?;
    let access = Access {
        config: config(&administrator).await?,
        kubeconfig: file,
        kubectl: binaries.kubectl(),
    };

    processes.spawn("etcd", binaries, &layout.etcd())?;
    // If etcd is not up yet, the API server waits a whole second before it tries again.
    processes
        .until("etcd", async || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, etcd_port)).map_err(|error| error.to_string())
        })
        .await?;
    processes.spawn("kube-apiserver", binaries, &layout.api_server())?;
    let client = client(&access.config)?;
    processes
        .until("kube-apiserver", async || {
            let request = http::Request::get("/readyz")
                .body(Vec::new())
                .map_err(|error| error.to_string())?;
            let answer = client.request_text(request).await;
            answer.map_err(|error| error.to_string())
        })
        .await?;
    processes.spawn("kube-controller-manager", binaries, &layout.controller_manager())?;
    Ok((processes, access))
}

fn reviewer_at(address: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: reviewer\n\
         clusters: [{{name: reviewer, cluster: {{server: '{address}'}}}}]\n\
         contexts: [{{name: reviewer, context: {{cluster: reviewer, user: api-server}}}}]\n\
         users: [{{name: api-server, user: {{}}}}]\n"
    )
}

async fn config(kubeconfig: &str) -> Result<Config> {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig)?;
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    // The proxy in the environment must not be used for a loopback address.
    config.proxy_url = None;
    Ok(config)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::file("write", path))
}

impl Processes {
    fn spawn(&mut self, component: &'static str, binaries: &Binaries, arguments: &[String]) -> Result<()> {
        let log = self.log(component);
        let output = File::create(&log).map_err(Error::file("create", &log))?;
        let errors = output.try_clone().map_err(Error::file("open", &log))?;
        // `setpriv` makes the kernel kill the process with the thread that starts it, and then executes the program.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(binaries.directory().join(component))
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(Error::file("start with setpriv", component))?;
        self.running.push(Running { component, child });
        Ok(())
    }

    fn log(&self, component: &str) -> std::path::PathBuf {
        self.directory.path().join(format!("{component}.log"))
    }

    /// Polls until `component` responds, or one of the processes has ended.
    async fn until<T>(&mut self, component: &str, look: impl AsyncFn() -> Result<T, String>) -> Result<()> {
        let begun = Instant::now();
        loop {
            let Err(last) = look().await else {
                return Ok(());
            };
            self.all_run()?;
            if begun.elapsed() > LIMIT {
                return Err(Error::Late {
                    what: component.to_owned(),
                    seconds: LIMIT.as_secs(),
                    last,
                    log: tail(&self.log(component), LOG_LINES),
                });
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Fails when one has ended.
    fn all_run(&mut self) -> Result<()> {
        let ended = self.running.iter_mut().find_map(|running| {
            let status = running.child.try_wait().ok().flatten()?;
            Some((running.component, status.to_string()))
        });
        match ended {
            None => Ok(()),
            Some((component, status)) => Err(Error::Ended {
                component,
                status,
                log: tail(&self.log(component), LOG_LINES),
            }),
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        // In reverse order, so that none logs the loss of another. A graceful end would gain nothing, because the
        // data is deleted with the directory.
        for running in self.running.iter_mut().rev() {
            // `kill` does nothing for a process that has ended and was waited for.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}
