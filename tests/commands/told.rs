//! Lists the commands that people are told to copy: by conditions, by error messages, and by the page about troubleshooting.
//!
//! A command is called by its program and what it does: `kubectl patch fdp`, whatever names and flags follow.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What conditions say, with everything filled in; a test of the operator writes it.
const OF_CONDITIONS: &str = "tests/operator/kubernetes/advice/commands.txt";
const TROUBLESHOOTING: &str = "docs/troubleshooting.md";

/// What kubectl can be told to do.
const VERBS: [&str; 14] = [
    "annotate", "apply", "auth", "create", "describe", "edit", "exec", "get", "label", "logs", "patch",
    "rollout", "scale", "uncordon",
];
/// What our own program can be told to do.
const OF_FDP: [&str; 5] = ["crds", "diff", "drill", "leave", "status"];
/// Flags with a value behind them.
const WITH_VALUE: [&str; 12] = [
    "-n",
    "-l",
    "-o",
    "-f",
    "-p",
    "-u",
    "-c",
    "--as",
    "--type",
    "--replicas",
    "--uri",
    "--kubeconfig",
];

/// Every command, and where it is told.
pub(crate) fn commands() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |text: &str, place: &str| {
        for command in commands_in(text) {
            found.entry(command).or_default().insert(place.to_owned());
        }
    };
    let root = fdp_checkout::root();
    for path in [OF_CONDITIONS, TROUBLESHOOTING] {
        add(&fs::read_to_string(root.join(path)).unwrap(), path);
    }
    for path in sources(&root.join("operator/src")) {
        let place = path.strip_prefix(root).unwrap().display().to_string();
        add(&literals(&fs::read_to_string(&path).unwrap()), &place);
    }
    found
}

/// The program text of a folder, without that of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match (path.is_dir(), name.as_str()) {
            (_, "tests" | "tests.rs") => {}
            (true, _) => found.extend(sources(&path)),
            (false, _) if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            (false, _) => {}
        }
    }
    found.sort();
    found
}

/// A source text without comments and unit tests, and with texts of several lines on one.
fn literals(source: &str) -> String {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut text = String::new();
    for line in code.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some(begun) = line.strip_suffix('\\') {
            text.push_str(begun);
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The commands in a text.
fn commands_in(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let program = |word: &str| {
        word.trim_start_matches(['"', '\'', '`', '(', '$', '\\'])
            .to_owned()
    };
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let rest = &words[at + 1..];
        let told = match program(word).as_str() {
            "kubectl" => of_kubectl(rest),
            "fdp" => of_fdp(rest),
            name @ ("mongodump" | "mongorestore") => rest
                .first()
                .is_some_and(|next| next.starts_with("--"))
                .then(|| name.to_owned()),
            "istioctl" => Some(format!("istioctl {}", rest.first().unwrap_or(&""))),
            _ => None,
        };
        found.extend(told);
    }
    found
}

/// What kubectl is told: a verb, and what kind of object it is for.
fn of_kubectl(words: &[&str]) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--" {
            // A shell in the pod is told more, which is a command of its own.
            let inner = words.next()?.rsplit('/').next()?;
            said.extend((inner != "sh").then(|| inner.to_owned()));
            break;
        }
        if WITH_VALUE.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            let plain = word.trim_end_matches(['"', '`', ';', ':', ',', '.', ')', '\'']);
            let is_plain = plain
                .chars()
                .all(|character| character.is_ascii_lowercase() || character == '-');
            if said.is_empty() && !VERBS.contains(&plain) {
                return None;
            }
            if is_plain && !plain.is_empty() {
                said.push(plain.to_owned());
            }
            let enough = match said.first().map(String::as_str) {
                Some("describe" | "apply" | "uncordon" | "logs") => 1,
                Some("rollout") => 3,
                // The pod's name comes first, and then what runs in it.
                Some("exec") => usize::MAX,
                _ => 2,
            };
            if said.len() >= enough || (plain != *word && said.first().is_none_or(|verb| verb != "exec")) {
                break;
            }
        }
    }
    (!said.is_empty()).then(|| format!("kubectl {}", said.join(" ")))
}

/// What our program is told. `fdp` is also what kubectl calls a platform.
fn of_fdp(words: &[&str]) -> Option<String> {
    let plain = |word: &&str| {
        word.trim_end_matches(['"', '`', ';', ':', ',', '.', ')'])
            .to_owned()
    };
    let first = words
        .first()
        .map(plain)
        .filter(|word| OF_FDP.contains(&word.as_str()))?;
    match words.get(1).map(plain).as_deref() {
        Some("run") if first == "drill" => Some("fdp drill run".to_owned()),
        _ => Some(format!("fdp {first}")),
    }
}

#[test]
fn commands_are_told_from_the_words_around_them() {
    let found = |text: &str| commands_in(text).join(", ");
    assert_eq!(
        found("kubectl -n food patch fdp shop --type merge -p '{\"spec\":{}}'"),
        "kubectl patch fdp"
    );
    assert_eq!(
        found("do it: kubectl rollout restart statefulset {server} -n {namespace}; then wait"),
        "kubectl rollout restart statefulset"
    );
    assert_eq!(
        found("kubectl exec -it {server}-0 -n {namespace} -- bin/elasticsearch-reset-password -u elastic -i"),
        "kubectl exec elasticsearch-reset-password"
    );
    assert_eq!(
        found(
            "kubectl exec -i shop-mongodb-0 -n food -- sh -c 'mongodump --archive' | mongorestore --archive"
        ),
        "kubectl exec, mongodump, mongorestore"
    );
    assert_eq!(
        found("the setup says so, and `fdp leave what` holds it"),
        "fdp leave"
    );
    assert_eq!(
        found("kubectl get fdp -A` shows kubectl's columns, as kubectl prints"),
        "kubectl get fdp"
    );
    assert_eq!(found("with kubectl port-forward, by the CRD fdp"), "");
    assert_eq!(
        found("install them: fdp crds | kubectl apply --server-side -f -"),
        "fdp crds, kubectl apply"
    );
}
