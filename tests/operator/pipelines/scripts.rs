//! Tests that the scripts are plain POSIX shell without findings of shellcheck.

use std::{fs, path::PathBuf, process::Command};

use crate::tools;

fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = super::generated::folder().join(folder);
    let mut scripts: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    scripts
}

fn check(arguments: &[&str], scripts: &[PathBuf]) {
    let output = Command::new(tools::debian("shellcheck"))
        .args(["--shell=sh", "--external-sources"])
        .args(arguments)
        .args(scripts)
        .current_dir(fdp_checkout::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn shellcheck_finds_nothing() {
    check(&[], &scripts("scripts"));
    // A library alone does not show who sets its variables and who uses them.
    check(&["--exclude=SC2034,SC2154"], &scripts("scripts/library"));
}

#[test]
fn buildspecs_call_scripts_that_are_there() {
    for service in ["order", "operator"] {
        let path = super::generated::folder().join(service).join("buildspec.yml");
        let text = fs::read_to_string(path).unwrap();
        let called: Vec<_> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- sh "))
            .collect();
        let expected: Vec<_> = ["prepare", "test", "build", "push", "deploy"]
            .map(|step| format!("manifests/pipelines/scripts/{step}.sh"))
            .into();
        assert_eq!(called, expected);
        for script in called {
            assert!(fdp_checkout::root().join(script).is_file(), "{script}");
        }
    }
}
