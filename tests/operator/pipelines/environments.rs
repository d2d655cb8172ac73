//! A repository of environments, and a loop that applies its content to the cluster, as Argo CD does.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use fdp_cluster::command::run;
use tokio_util::task::AbortOnDropHandle;

use crate::bench::Bench;

pub(crate) const ENVIRONMENT: &str = "environments/staging";
pub(crate) const NAMESPACE: &str = "food-delivery-staging";
const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct Repository {
    directory: tempfile::TempDir,
}

impl Repository {
    /// The example, with the files that pipelines write copied into it as the documentation says.
    pub(crate) fn make() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let repository = Self { directory };
        let work = repository.directory.path().join("work");
        copy(&fdp_checkout::root().join("examples/gitops"), &work);
        let images = super::generated::folder().join("gitops/platform/images");
        copy(&images, &work.join(ENVIRONMENT).join("images"));
        let kustomization = work.join(ENVIRONMENT).join("kustomization.yaml");
        let text = fs::read_to_string(&kustomization).unwrap() + "components:\n  - images\n";
        fs::write(&kustomization, text).unwrap();
        git(&work, &["init", "--quiet", "--initial-branch=main"]);
        repository.commit_all("The environments");
        let bare = repository.directory.path().join("environments.git");
        let clone = ["clone", "--quiet", "--bare", "work", bare.to_str().unwrap()];
        git(repository.directory.path(), &clone);
        git(&work, &["remote", "add", "origin", bare.to_str().unwrap()]);
        repository
    }

    /// The URL to which builds push.
    pub(crate) fn url(&self) -> String {
        format!("file://{}/environments.git", self.directory.path().display())
    }

    /// A clone in which files can be changed.
    pub(crate) fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    pub(crate) fn commit_all(&self, message: &str) {
        git(&self.work(), &["add", "--all"]);
        git(&self.work(), &["commit", "--quiet", "--message", message]);
    }

    pub(crate) fn push(&self) {
        git(&self.work(), &["push", "--quiet", "origin", "HEAD:main"]);
    }

    /// The subjects of all commits, the newest first.
    pub(crate) fn history(&self) -> Vec<String> {
        let log = git(&self.bare(), &["log", "--format=%s", "main"]);
        let text = String::from_utf8(log.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The content of a file in the newest commit.
    pub(crate) fn file(&self, path: &str) -> String {
        let show = git(&self.bare(), &["show", &format!("main:{path}")]);
        String::from_utf8(show.stdout).unwrap()
    }

    fn bare(&self) -> PathBuf {
        self.directory.path().join("environments.git")
    }
}

/// Applies the content of the newest commit, until it is dropped.
pub(crate) async fn follow(bench: &Bench, repository: &Repository) -> AbortOnDropHandle<()> {
    let checkout = repository.directory.path().join("followed");
    let url = repository.url();
    git(
        repository.directory.path(),
        &["clone", "--quiet", &url, checkout.to_str().unwrap()],
    );
    let kubectl = || bench.world.plane.kubectl();
    apply(kubectl(), kubectl(), &checkout);
    let (program, kubeconfig) = (
        kubectl().get_program().to_owned(),
        bench.world.plane.kubeconfig().to_owned(),
    );
    let follow = async move {
        let kubectl = || {
            let mut command = Command::new(&program);
            command.env("KUBECONFIG", &kubeconfig);
            command
        };
        let mut applied = head(&checkout);
        loop {
            tokio::time::sleep(LOOK).await;
            tokio::task::block_in_place(|| {
                git(&checkout, &["pull", "--quiet", "--ff-only", "origin", "main"]);
                let newest = head(&checkout);
                if newest != applied {
                    apply(kubectl(), kubectl(), &checkout);
                    applied = newest;
                }
            });
        }
    };
    AbortOnDropHandle::new(tokio::spawn(follow))
}

fn head(checkout: &Path) -> Vec<u8> {
    git(checkout, &["rev-parse", "HEAD"]).stdout
}

fn apply(mut kustomize: Command, mut apply: Command, checkout: &Path) {
    let built = run(kustomize.arg("kustomize").arg(checkout.join(ENVIRONMENT))).unwrap();
    let file = checkout.with_extension("yaml");
    fs::write(&file, built).unwrap();
    apply
        .args(["apply", "--server-side", "--force-conflicts", "--filename"])
        .arg(&file);
    run(&mut apply).unwrap();
}

fn git(directory: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("git")
        .args(["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"])
        .args(arguments)
        .current_dir(directory)
        // The user's own Git settings must not affect the test.
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
