//! Tests that `docs/kubectl.md` shows the real output of kubectl for platforms.

use std::{fmt::Write as _, fs, path::Path};

use fdp_crds::condition;
use serde_json::json;

use fdp_test_operator::{NAMESPACE, Operator, World};

const INTRODUCTION: &str = "\
<!-- Generated: UPDATE_DOCS=1 cargo test -p fdp-tests-operator --test kubernetes manual -->

# Platforms in kubectl

A FoodDeliveryPlatform is a resource like any other: `fdp` is its short name, and `kubectl get all` lists it too.
";

/// A page that the output of programs is appended to.
struct Page<'a> {
    world: &'a World,
    text: String,
}

impl Page<'_> {
    fn says(&mut self, words: &str) {
        write!(self.text, "\n{words}\n").unwrap();
    }

    /// Runs kubectl, and appends the command and its output.
    async fn shows(&mut self, arguments: &str) {
        let printed = self.runs(arguments).await;
        write!(self.text, "\n    $ kubectl {arguments}\n").unwrap();
        for line in printed.lines() {
            let line = format!("    {}", at_one_age(line));
            writeln!(self.text, "{}", line.trim_end()).unwrap();
        }
    }

    async fn runs(&self, arguments: &str) -> String {
        let mut kubectl = self.world.plane.kubectl();
        kubectl
            .args(arguments.split(' '))
            .args(["--namespace", NAMESPACE]);
        let output = tokio::task::spawn_blocking(move || kubectl.output().unwrap())
            .await
            .unwrap();
        let (printed, complaint) = (output.stdout, String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "kubectl {arguments}: {complaint}");
        String::from_utf8(printed).unwrap()
    }
}

/// Ages are in the last column, in seconds here, and differ each time.
fn at_one_age(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((before, age)) if is_age(age) => format!("{before} 20s"),
        _ => line.to_owned(),
    }
}

fn is_age(word: &str) -> bool {
    let number = word.strip_suffix('s');
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manual_shows_what_kubectl_prints() {
    let world = World::where_run(|image| !image.ends_with(":broken")).await;
    let _operator = Operator::start(world.plane.kubeconfig());
    world.apply("shop", &json!({})).await;
    world.apply("new", &json!({ "image": { "tag": "broken" } })).await;
    world
        .says("shop", condition::READY, &["True PlatformReady"])
        .await;
    world
        .says("new", condition::READY, &["False SetupNotComplete"])
        .await;
    let mut page = Page {
        world: &world,
        text: INTRODUCTION.to_owned(),
    };

    page.says("How they are, and why one is not ready (`--output wide` says it in a sentence):");
    page.shows("get fdp").await;
    page.says("Scripts wait for a condition; `Ready` is only ever about the resource as it is now:");
    page.shows("wait --for=condition=Ready fdp/shop --timeout=60s")
        .await;
    page.says("What a field means, and what it is unless set:");
    page.shows("explain fdp.spec.kafka").await;
    page.says("All fields; `docs/api.md` explains each:");
    page.shows("explain fdp.spec --recursive").await;

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kubectl.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page.text).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page.text,
        "docs/kubectl.md is stale: run `UPDATE_DOCS=1 cargo test -p fdp-tests-operator --test kubernetes manual`"
    );
}
