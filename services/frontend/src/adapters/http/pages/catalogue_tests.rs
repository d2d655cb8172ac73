//! Tests that find a text of the pages that is missing in a language, or that stands somewhere else than in the catalogue.

use super::message::Message;
use super::text::Text;
use super::work;
use crate::domain::Language;
use crate::domain::usual_reason::UsualReason;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The language switch, which names each language in its own words.
const NAMES_OF_LANGUAGES: [&str; 2] = ["한국어", "English"];

fn is_korean(text: &str) -> bool {
    text.chars().any(|letter| ('가'..='힣').contains(&letter))
}

/// What a text leaves open.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| Some(part.split_once('}')?.0)).collect()
}

/// The files of a folder and of those inside it.
fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path.to_string_lossy(), extension));
        } else if path.extension().is_some_and(|given| given == extension) {
            found.push((path.clone(), fs::read_to_string(path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "{}", folder.display());
    found
}

/// A file of another service.
fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The quoted strings of a source's code, without its tests.
fn literals(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

#[test]
fn every_text_is_written_in_both_languages() {
    let (english, korean) = (
        Text::of(Language::English).all(),
        Text::of(Language::Korean).all(),
    );
    let texts = english
        .into_iter()
        .zip(korean)
        .map(|((name, english), (_, korean))| (name, english, korean));
    let messages = Message::ALL.iter().map(|message| {
        let text = |language| message.text(language);
        (message.slug(), text(Language::English), text(Language::Korean))
    });
    let at_work = work::message::Message::ALL.iter().map(|message| {
        let text = |language| message.text(language);
        (message.slug(), text(Language::English), text(Language::Korean))
    });
    for (name, english, korean) in texts.chain(messages).chain(at_work) {
        assert!(!is_korean(english), "{name} is Korean in English: {english}");
        // One half of a sentence around a number may be empty, but not both.
        assert!(
            is_korean(korean) || korean.is_empty() && !english.is_empty(),
            "{name} is not translated: {korean}"
        );
        assert_eq!(placeholders(english), placeholders(korean), "{name}");
    }
}

#[test]
fn templates_hold_no_words_of_their_own() {
    for (path, template) in files("templates", "html") {
        let mut words = template;
        let attributes = ["{% block body %}", "{% endblock %}"];
        for [from, to] in [attributes, ["{#", "#}"], ["{{", "}}"], ["{%", "%}"], ["<", ">"]] {
            while let Some(start) = words.find(from) {
                let end = words[start..].find(to).unwrap() + start + to.len();
                let inside = words[start..end].to_owned();
                for spoken in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
                    let spoken = inside.split(spoken).nth(1).unwrap_or_default();
                    let spoken = spoken.split('"').next().unwrap_or_default();
                    assert!(
                        !spoken.contains(char::is_alphabetic),
                        "{}: {inside}",
                        path.display()
                    );
                }
                words.replace_range(start..end, " ");
            }
        }
        for name in NAMES_OF_LANGUAGES {
            words = words.replace(name, "");
        }
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            !words.contains(char::is_alphabetic),
            "{}: {words}",
            path.display()
        );
    }
}

#[test]
fn korean_words_stand_in_the_catalogue_only() {
    for (path, code) in files("src/adapters/http/pages", "rs") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !["text.rs", "message.rs", "catalogue_tests.rs"].contains(&name.as_str()) {
            let korean = literals(&code).into_iter().find(|literal| is_korean(literal));
            assert_eq!(korean, None, "{name}");
        }
    }
}

/// The kinds of problems in a source.
fn kinds(source: &str) -> Vec<&str> {
    let all = literals(source).into_iter();
    all.filter(|literal| literal.contains('-') && !literal.contains(' '))
        .collect()
}

#[test]
fn every_kind_of_problem_that_owners_and_riders_meet_has_a_message() {
    for (file, known) in [
        ("store/src/adapters/http/problems.rs", "ticket-state"),
        ("delivery/src/adapters/http/problems.rs", "too-many-deliveries"),
        ("delivery/src/adapters/http/access.rs", "not-your-delivery"),
        ("inventory/src/adapters/http/problems.rs", "product-changed"),
    ] {
        let source = source(file);
        let kinds = kinds(&source);
        assert!(kinds.contains(&known), "{file}: {kinds:?}");
        for kind in kinds {
            assert!(work::message::Message::of_kind(kind).is_some(), "{file}: {kind}");
        }
    }
}

#[test]
fn every_usual_reason_reaches_a_customer_in_the_language_of_the_page() {
    let usual = UsualReason::OF_STORES.into_iter().chain(UsualReason::OF_RIDERS);
    for reason in usual {
        let shown = super::reason::Reason::of(Text::of(Language::Korean), reason.words());
        assert!(!shown.is_quoted && is_korean(&shown.words), "{reason:?}");
    }
}

#[test]
fn every_kind_of_problem_of_an_order_has_a_message() {
    let problems = source("order/src/adapters/problem.rs");
    let kinds = kinds(&problems);
    assert!(
        kinds.contains(&"payment-refused") && kinds.len() > 10,
        "{kinds:?}"
    );
    for kind in kinds {
        assert!(Message::of_kind(kind).is_some(), "{kind}");
    }
}

#[test]
fn every_reason_that_our_services_give_themselves_is_translated() {
    let (progress, deadline) = (
        source("order/src/adapters/events/order_progress.rs"),
        source("store/src/domain/deadline.rs"),
    );
    let reasons = |source| {
        let all = literals(source).into_iter();
        all.filter(|literal| literal.contains(' ')).collect::<Vec<_>>()
    };
    let reasons = [reasons(&progress), reasons(&deadline)];
    assert!(reasons.iter().all(|found| !found.is_empty()), "{reasons:?}");
    for given in reasons.concat() {
        let reason = super::reason::Reason::of(Text::of(Language::Korean), given);
        assert!(!reason.is_quoted, "{given}");
    }
}
