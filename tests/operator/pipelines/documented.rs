//! Tests that the commands in `docs/pipelines.md` set pipelines up.

use std::fs;

use serde_json::Value;
use tokio::process::Command;

use crate::bench::Bench;

/// The code blocks of that document that begin with this text, each as a script.
fn blocks(start: &str) -> Vec<String> {
    let document = fdp_checkout::root().join("docs/pipelines.md");
    let text = fs::read_to_string(document).unwrap();
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(command) => {
                let block = blocks.last_mut().unwrap();
                block.push_str(command);
                block.push('\n');
            }
            None => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| block.starts_with(start));
    assert!(!blocks.is_empty(), "no block starts with {start}");
    blocks
}

async fn run(bench: &Bench, script: &str) -> String {
    let output = Command::new("/bin/sh")
        .args(["-e", "-u", "-c", script])
        .current_dir(fdp_checkout::root())
        .env_clear()
        .envs(&bench.environment)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{script}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_commands_make_the_role_and_a_project_for_each_buildspec() {
    let bench = Bench::start().await;
    for start in ["aws iam", "for service in"] {
        for block in blocks(start) {
            run(&bench, &block).await;
        }
    }
    let projects = "aws codebuild batch-get-projects --names $(aws codebuild list-projects --output text --query projects)";
    let projects: Value = serde_json::from_str(&run(&bench, projects).await).unwrap();
    let projects = projects["projects"].as_array().unwrap();
    assert_eq!(projects.len(), 10);
    for project in projects {
        let buildspec = project["source"]["buildspec"].as_str().unwrap();
        assert!(fdp_checkout::root().join(buildspec).is_file(), "{buildspec}");
        assert_eq!(project["environment"]["privilegedMode"], true);
    }
    let policy = "aws iam get-role-policy --role-name food-delivery-build --policy-name build";
    assert!(run(&bench, policy).await.contains("ecr:PutImage"));
    // IAM must accept every other policy, too.
    for name in ["operator-codebuild", "operator-ecr", "operator-eks"] {
        let document = format!("file://manifests/pipelines/policies/{name}.json");
        let create = format!("aws iam create-policy --policy-name {name} --policy-document {document}");
        run(&bench, &create).await;
    }
    let trust = "file://manifests/pipelines/policies/operator-trust.json";
    let create = format!("aws iam create-role --role-name operator --assume-role-policy-document {trust}");
    run(&bench, &create).await;
}

#[test]
fn every_variable_of_the_scripts_is_documented() {
    let document = fdp_checkout::root().join("docs/pipelines.md");
    let text = fs::read_to_string(document).unwrap();
    let scripts = super::generated::folder().join("scripts");
    let mut variables = 0;
    for folder in [scripts.clone(), scripts.join("library")] {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let Ok(script) = fs::read_to_string(&path) else {
                continue;
            };
            // Optional variables are written as `${NAME:-default}`.
            for rest in script.split("${").skip(1) {
                let name = rest.split(":-").next().unwrap();
                let is_variable = !name.starts_with('_')
                    && name
                        .chars()
                        .all(|letter| letter.is_ascii_uppercase() || letter == '_');
                if is_variable && !name.starts_with("CODEBUILD_") && !name.starts_with("GIT_") {
                    variables += 1;
                    assert!(
                        text.contains(&format!("`{name}`")),
                        "{name} of {}",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(variables >= 14, "{variables}");
}
