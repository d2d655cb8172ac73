//! Lists the commands that conditions offer to copy, in their messages and beside them, for the test that runs them.

use std::{collections::BTreeSet, fs, path::Path};

use fdp_operator::view::cure::Cure;
use serde_json::json;

use crate::causes::{Cause, causes};

/// Where the list is: the suite that has an API server runs each line.
const LIST: &str = "../tests/operator/kubernetes/advice/commands.txt";

/// Where the words of a command begin.
const PROGRAMS: [&str; 3] = ["kubectl ", "fdp ", "istioctl "];

/// The commands in a text: from the name of the program to the end of the sentence, or of the quotation.
fn commands_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = PROGRAMS.iter().filter_map(|program| rest.find(program)).min() {
        let is_word = rest[..start]
            .chars()
            .next_back()
            .is_none_or(|before| !before.is_alphanumeric() && before != '-');
        let (command, after) = rest[start..].split_at(end(&rest[start..]));
        // `fdp` is also what kubectl calls the kind.
        if is_word && !command.ends_with(' ') {
            found.push(command.to_owned());
        }
        rest = after.get(1..).unwrap_or_default();
    }
    found
}

/// Where a command ends: nothing ends it within quotes.
fn end(text: &str) -> usize {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        if let Some(open) = quote {
            quote = (character != open).then_some(open);
            continue;
        }
        let after = text.get(at + 1..).unwrap_or_default();
        let ends = match character {
            '\'' | '"' => {
                quote = Some(character);
                false
            }
            ';' | ',' | '`' | '(' | ')' => true,
            ' ' => ["says", "tells", "then", "and"]
                .iter()
                .any(|word| after.starts_with(word)),
            '.' | ':' => after.is_empty() || after.starts_with(' '),
            _ => false,
        };
        if ends {
            return at;
        }
    }
    text.len()
}

/// The command beside a condition.
fn offered(cause: &Cause) -> Option<String> {
    let said = cause.said();
    let condition = serde_json::from_value(json!({
        "type": said.type_, "status": said.status.as_str(), "reason": said.reason.as_str(), "message": said.message,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }));
    Some(Cure::of(&condition.unwrap(), &cause.resource())?.command)
}

/// The name of the setup Job ends with a hash of passwords and versions.
fn without_hash(command: &str) -> String {
    const NAME: &str = "shop-setup-";
    let Some(start) = command.find(NAME) else {
        return command.to_owned();
    };
    let (before, hash) = command.split_at(start + NAME.len());
    let after = hash.trim_start_matches(|character: char| character.is_ascii_hexdigit());
    format!("{before}HASH{after}")
}

fn list() -> String {
    let mut lines = BTreeSet::new();
    for cause in causes() {
        let in_message = commands_in(&cause.said().message);
        for command in in_message.into_iter().chain(offered(cause)) {
            lines.insert(format!("{}\t{}", cause.reason.as_str(), without_hash(&command)));
        }
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[test]
fn the_commands_that_conditions_offer_are_listed_for_the_test_that_runs_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    let list = list();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &list).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == list,
        "{} is stale: run `UPDATE_DOCS=1 cargo test -p fdp-operator --test reasons`",
        path.display()
    );
}
