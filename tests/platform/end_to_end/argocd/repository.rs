//! A local copy of the sample repository of environments, as a user would have it.

use libtest_mimic::Failed;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

use super::settings::ENVIRONMENT;

/// The registry in the sample.
const SAMPLE_REGISTRY: &str = "registry.example.com/food-delivery";

/// A Git repository with a copy of `examples/gitops`.
pub(super) struct Repository {
    folder: TempDir,
}

impl Repository {
    /// A copy with `registry` for all environments, and the version `tag` for the tested one.
    pub(super) fn new(registry: &str, tag: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let repository = Self { folder };
        let sample = fdp_checkout::root()
            .join("examples/gitops/.")
            .display()
            .to_string();
        run(Command::new("cp")
            .args(["--recursive", &sample])
            .arg(repository.path()))?;
        repository.replace("base/platform.yaml", SAMPLE_REGISTRY, registry)?;
        repository.set_version(tag)?;
        repository.git(&["init", "--quiet", "--initial-branch=main"])?;
        repository.git(&["add", "--all"])?;
        repository.git(&["commit", "--quiet", "--message=The environments"])?;
        Ok(repository)
    }

    /// The URL for Argo CD.
    pub(super) fn address(&self) -> String {
        format!("file://{}", self.path().display())
    }

    /// The newest commit.
    pub(super) fn revision(&self) -> Result<String, Failed> {
        Ok(self.git(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    /// Changes the version with the two commands in the sample's README. Returns the commit.
    pub(super) fn update(&self, tag: &str) -> Result<String, Failed> {
        self.set_version(tag)?;
        self.commit(&format!("Staging: {tag}"))
    }

    /// Adds lines to the settings of the environment. Returns the commit.
    pub(super) fn add_to_platform(&self, lines: &str) -> Result<String, Failed> {
        let file = self
            .path()
            .join(format!("environments/{ENVIRONMENT}/platform.yaml"));
        let before = fs::read_to_string(&file)?;
        fs::write(&file, format!("{before}{lines}"))?;
        self.commit("Staging: something else")
    }

    /// Reverts the newest commit. Returns the new commit.
    pub(super) fn revert(&self) -> Result<String, Failed> {
        self.git(&["revert", "--no-edit", "HEAD"])?;
        self.revision()
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn set_version(&self, tag: &str) -> Result<(), Failed> {
        let file = format!("environments/{ENVIRONMENT}/version.yaml");
        let expression = format!("s/tag: .*/tag: \"{tag}\"/");
        run(Command::new("sed")
            .args(["-i", &expression, &file])
            .current_dir(self.path()))
        .map(drop)
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> Result<(), Failed> {
        let file = self.path().join(file);
        let before = fs::read_to_string(&file)?;
        if !before.contains(from) {
            return Err(format!("{} does not contain {from}", file.display()).into());
        }
        fs::write(&file, before.replace(from, to))?;
        Ok(())
    }

    fn commit(&self, message: &str) -> Result<String, Failed> {
        self.git(&["commit", "--quiet", "--all", "--message", message])?;
        self.revision()
    }

    fn git(&self, arguments: &[&str]) -> Result<String, Failed> {
        run(Command::new("git")
            .args([
                "-c",
                "user.name=somebody",
                "-c",
                "user.email=somebody@example.com",
            ])
            .args(arguments)
            .current_dir(self.path())
            // The user's own Git settings must not affect the test.
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1"))
    }
}

fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {said}").into())
}
