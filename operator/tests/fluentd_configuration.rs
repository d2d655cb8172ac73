//! Tests the structure of Fluentd's configuration by the rules of Fluentd and of its Elasticsearch plugin.
//!
//! Fluentd itself is not available here. The rules are from its source code: events that an output emits go through
//! the label that contains the output, or the label in its `@label` (`event_emitter.rb`); the Elasticsearch plugin
//! emits lines again that the server was too busy for, and raises an error on those with `unrecoverable_error_types`
//! (`elasticsearch_error_handler.rb`); in a response it skips every line that has lost its id.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;

use fdp_operator::{cli::render::render, settings::Settings};
use serde_json::Value;

/// A section of the configuration: `<name argument>`, its settings in order, and the sections in it.
#[derive(Debug, Default)]
struct Section {
    name: String,
    argument: String,
    settings: Vec<(String, String)>,
    sections: Vec<Section>,
}

impl Section {
    fn parse(text: &str) -> Self {
        let mut open = vec![Self::default()];
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with("</") {
                let closed = open.pop().unwrap();
                assert_eq!(line, format!("</{}>", closed.name));
                open.last_mut().unwrap().sections.push(closed);
            } else if let Some(begun) = line.strip_prefix('<') {
                let (name, argument) = split(begun.trim_end_matches('>'));
                open.push(Self {
                    name,
                    argument,
                    ..Self::default()
                });
            } else {
                open.last_mut().unwrap().settings.push(split(line));
            }
        }
        assert_eq!(open.len(), 1, "a section is not closed");
        open.pop().unwrap()
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.sections.iter().filter(move |section| section.name == name)
    }

    fn all(&self) -> Vec<&Self> {
        let below = self.sections.iter().flat_map(Self::all);
        std::iter::once(self).chain(below).collect()
    }
}

fn split(line: &str) -> (String, String) {
    let (name, value) = line.split_once(' ').unwrap_or((line, ""));
    (name.to_owned(), value.trim().to_owned())
}

/// The configurations of the examples that have Fluentd.
fn configurations() -> Vec<Section> {
    let examples = [
        include_str!("../../examples/managed.yaml"),
        include_str!("../../examples/production.yaml"),
    ];
    examples
        .iter()
        .map(|example| {
            let rendered = render(example, &Settings::default()).unwrap();
            let objects: Vec<Value> = serde_saphyr::from_multiple(&rendered).unwrap();
            let text = objects
                .iter()
                .find_map(|object| object["data"]["fluent.conf"].as_str());
            Section::parse(text.unwrap())
        })
        .collect()
}

/// The outputs to Elasticsearch, each with the label that contains it.
fn outputs(root: &Section) -> Vec<(&Section, &Section)> {
    let labels = root.named("label");
    let outputs = labels.flat_map(|label| label.named("match").map(move |output| (label, output)));
    let found: Vec<_> = outputs
        .filter(|(_, output)| output.get("@type") == Some("elasticsearch"))
        .collect();
    assert_eq!(found.len(), 1);
    found
}

#[test]
fn every_label_is_there_once_and_leads_to_an_output() {
    for root in configurations() {
        let labels: Vec<&str> = root.named("label").map(|label| label.argument.as_str()).collect();
        let distinct: BTreeSet<&str> = labels.iter().copied().collect();
        assert_eq!(labels.len(), distinct.len(), "{labels:?}");
        let named: BTreeSet<&str> = root
            .all()
            .into_iter()
            .flat_map(|section| [section.get("@label"), section.get("timeout_label")])
            .flatten()
            .collect();
        assert_eq!(named, distinct, "left: named somewhere, right: there");
        for label in root.named("label") {
            assert!(label.named("match").next().is_some(), "{}", label.argument);
        }
    }
}

#[test]
fn lines_that_elasticsearch_is_too_busy_for_come_back_past_the_filters() {
    for root in configurations() {
        for (own, output) in outputs(&root) {
            let emits_to = output.get("@label").unwrap_or(&own.argument);
            let label = root
                .named("label")
                .find(|label| label.argument == emits_to)
                .unwrap();
            assert_eq!(
                label.named("filter").count(),
                0,
                "lines that are emitted once more are no longer as the filters expect them"
            );
        }
    }
}

#[test]
fn no_answer_of_a_busy_server_drops_a_chunk() {
    for root in configurations() {
        for (_, output) in outputs(&root) {
            assert_eq!(
                output.get("unrecoverable_error_types"),
                Some("[]"),
                "the default has es_rejected_execution_exception"
            );
            let buffer = output.named("buffer").next().unwrap();
            assert_eq!(buffer.get("retry_forever"), Some("true"));
            assert_eq!(buffer.get("overflow_action"), Some("block"));
        }
    }
}

#[test]
fn a_line_keeps_the_id_by_which_the_plugin_tells_what_was_refused() {
    for root in configurations() {
        for (_, output) in outputs(&root) {
            let id = output.get("id_key").unwrap();
            let removed = output.get("remove_keys").unwrap_or_default();
            assert!(removed.split(',').all(|key| key.trim() != id), "{removed}");
            let made = root
                .all()
                .into_iter()
                .any(|section| section.get("hash_id_key") == Some(id));
            assert!(made, "nothing makes {id}");
        }
    }
}

#[test]
fn what_is_refused_is_told_with_its_reason_as_no_label_swallows_it() {
    for root in configurations() {
        // With such a label, only the lines would go there, without the server's error message.
        assert!(root.named("label").all(|label| label.argument != "@ERROR"));
        for (_, output) in outputs(&root) {
            assert_eq!(output.get("log_es_400_reason"), Some("true"));
        }
    }
}
