//! Formats a comparison as text in the style of `diff`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::{
    diff::{
        fields::FieldChange,
        lines::{self, Line},
        report::{Entry, Outcome, Report},
    },
    paint::{Colour, Paint},
};

/// The report as lines of text. The first column has a sign: `+` and `-` as in `diff`, `~` for a changed object, `!`
/// for a rejected one, `.` for one that waits for a rejected one, `?` for one that could not be compared.
pub fn text(report: &Report, paint: Paint) -> String {
    let mut text = format!("FoodDeliveryPlatform {}/{}", report.namespace, report.name);
    if !report.differs() && report.notes.is_empty() {
        let _ = writeln!(
            text,
            ": no difference (objects compared: {})",
            report.entries.len()
        );
        return text;
    }
    text.push('\n');
    for note in &report.notes {
        let _ = writeln!(text, "{}", paint.colour(Colour::Yellow, &format!("# {note}")));
    }
    for entry in &report.entries {
        write_entry(&mut text, entry, paint);
    }
    let _ = writeln!(text, "{}", summary(report));
    text
}

fn write_entry(text: &mut String, entry: &Entry, paint: Paint) {
    let object = &entry.object;
    let (colour, line) = match &entry.outcome {
        Outcome::Unchanged => return,
        Outcome::Created => (Colour::Green, format!("+ {object}")),
        Outcome::Replaced => (
            Colour::Green,
            format!("+ {object}: once the one that is being deleted is gone"),
        ),
        Outcome::Changed { rollout: None, .. } => (Colour::Yellow, format!("~ {object}")),
        Outcome::Changed {
            rollout: Some(reason),
            ..
        } => (Colour::Yellow, format!("~ {object}: pods are replaced: {reason}")),
        Outcome::Deleted => (Colour::Red, format!("- {object}")),
        Outcome::Refused(message) => (Colour::Red, format!("! {object}: refused: {message}")),
        Outcome::Waiting(secret) => (Colour::Yellow, format!(". {object}: waits for {secret}")),
        Outcome::NotCompared => (Colour::Grey, format!("? {object}: not compared")),
    };
    let _ = writeln!(text, "{}", paint.colour(colour, &line));
    if let Outcome::Changed { fields, .. } = &entry.outcome {
        for field in fields {
            write_field(text, field, paint);
        }
    }
}

fn write_field(text: &mut String, field: &FieldChange, paint: Paint) {
    let _ = writeln!(text, "    {}", field.path);
    let before = field.before.as_ref().map(plain).unwrap_or_default();
    let after = field.after.as_ref().map(plain).unwrap_or_default();
    if before == after {
        // For example, both values are hidden.
        let _ = writeln!(text, "{}", paint.colour(Colour::Red, &format!("-     {before}")));
        let _ = writeln!(text, "{}", paint.colour(Colour::Green, &format!("+     {after}")));
        return;
    }
    for line in lines::difference(&before, &after) {
        let line = match line {
            Line::Same(line) => format!("      {line}"),
            Line::Removed(line) => paint.colour(Colour::Red, &format!("-     {line}")),
            Line::Added(line) => paint.colour(Colour::Green, &format!("+     {line}")),
            Line::Omitted(count) => paint.colour(Colour::Grey, &format!("      … {count} equal")),
        };
        let _ = writeln!(text, "{line}");
    }
}

/// The value as YAML that a person would write; text of several lines is not changed.
fn plain(value: &Value) -> String {
    match value {
        // Without quotes, YAML would read it as a number, a boolean or null.
        Value::String(text) if text.is_empty() || serde_json::from_str::<Value>(text).is_ok() => {
            format!("\"{text}\"")
        }
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => serde_saphyr::to_string(value)
            .map_or_else(|_| value.to_string(), |yaml| yaml.trim_end().to_owned()),
        other => other.to_string(),
    }
}

fn summary(report: &Report) -> String {
    let counts = [
        (
            report.count(|outcome| matches!(outcome, Outcome::Created | Outcome::Replaced)),
            "to create",
        ),
        (
            report.count(|outcome| matches!(outcome, Outcome::Changed { .. })),
            "to change",
        ),
        (
            report.count(|outcome| matches!(outcome, Outcome::Deleted)),
            "to delete",
        ),
        (
            report.count(|outcome| matches!(outcome, Outcome::Refused(_))),
            "refused",
        ),
        (
            report.count(|outcome| matches!(outcome, Outcome::Waiting(_))),
            "waiting",
        ),
        (
            report.count(|outcome| matches!(outcome, Outcome::NotCompared)),
            "not compared",
        ),
        (
            report.count(|outcome| matches!(outcome, Outcome::Unchanged)),
            "as planned",
        ),
    ];
    let told: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::object::ObjectKey;

    fn report(entries: impl IntoIterator<Item = (&'static str, &'static str, Outcome)>) -> Report {
        Report {
            namespace: "food".to_owned(),
            name: "shop".to_owned(),
            notes: Vec::new(),
            entries: entries
                .into_iter()
                .map(|(kind, name, outcome)| Entry {
                    object: ObjectKey::new(kind, name),
                    outcome,
                })
                .collect(),
        }
    }

    fn changed(path: &str, before: Option<Value>, after: Option<Value>) -> Outcome {
        Outcome::Changed {
            fields: vec![FieldChange {
                path: path.to_owned(),
                before,
                after,
            }],
            rollout: None,
        }
    }

    fn of_change(before: Option<Value>, after: Option<Value>) -> String {
        let report = report([("ConfigMap", "shop-kafka", changed("data.a", before, after))]);
        text(&report, Paint::PLAIN)
    }

    #[test]
    fn a_platform_that_is_as_planned_takes_one_line() {
        let report = report([("ConfigMap", "a", Outcome::Unchanged)]);
        assert_eq!(
            text(&report, Paint::PLAIN),
            "FoodDeliveryPlatform food/shop: no difference (objects compared: 1)\n"
        );
    }

    #[test]
    fn each_outcome_has_its_sign_and_its_place_in_the_sum() {
        let mut report = report([
            ("Secret", "shop-postgres", Outcome::NotCompared),
            ("Deployment", "shop-order", Outcome::Created),
            ("Deployment", "shop-store", Outcome::Replaced),
            (
                "Deployment",
                "shop-pay",
                Outcome::Changed {
                    fields: Vec::new(),
                    rollout: Some("image pay:1 becomes pay:2".to_owned()),
                },
            ),
            (
                "StatefulSet",
                "shop-kafka",
                Outcome::Refused("field is immutable".to_owned()),
            ),
            (
                "Deployment",
                "shop-delivery",
                Outcome::Waiting(ObjectKey::new("Secret", "shop-databases")),
            ),
            ("ConfigMap", "shop-kafka", Outcome::Unchanged),
            ("Job", "shop-setup-1", Outcome::Deleted),
        ]);
        report.notes.push("it is not in the cluster yet".to_owned());
        insta::assert_snapshot!(text(&report, Paint::PLAIN), @r"
        FoodDeliveryPlatform food/shop
        # it is not in the cluster yet
        ? Secret shop-postgres: not compared
        + Deployment shop-order
        + Deployment shop-store: once the one that is being deleted is gone
        ~ Deployment shop-pay: pods are replaced: image pay:1 becomes pay:2
        ! StatefulSet shop-kafka: refused: field is immutable
        . Deployment shop-delivery: waits for Secret shop-databases
        - Job shop-setup-1
        2 to create, 1 to change, 1 to delete, 1 refused, 1 waiting, 1 not compared, 1 as planned
        ");
        assert_eq!(report.exit_code(), 2);
    }

    #[test]
    fn a_changed_value_is_shown_before_and_after() {
        assert!(of_change(Some(json!(1)), Some(json!(2))).contains("    data.a\n-     1\n+     2\n"));
        assert!(of_change(None, Some(json!("yes"))).contains("    data.a\n+     yes\n"));
        assert!(of_change(Some(json!("yes")), None).contains("    data.a\n-     yes\n"));
    }

    #[test]
    fn a_text_that_looks_like_a_number_is_quoted() {
        assert!(of_change(Some(json!("1")), Some(json!(1))).contains("-     \"1\"\n+     1\n"));
        assert!(of_change(Some(json!("")), None).contains("-     \"\"\n"));
    }

    #[test]
    fn of_a_long_text_only_the_lines_that_differ_are_shown() {
        let config = |value: &str| Some(json!(format!("a=1\nb=2\nc=3\nd={value}\ne=5\n")));
        assert!(
            of_change(config("4"), config("5"))
                .contains("      … 1 equal\n      b=2\n      c=3\n-     d=4\n+     d=5\n      e=5\n")
        );
    }

    #[test]
    fn a_whole_item_is_shown_as_yaml() {
        assert!(
            of_change(None, Some(json!({ "name": "A", "value": "x" })))
                .contains("+     name: A\n+     value: x\n")
        );
    }

    #[test]
    fn a_change_of_hidden_values_is_visible() {
        let hidden = || Some(json!("(hidden)"));
        assert!(of_change(hidden(), hidden()).contains("-     (hidden)\n+     (hidden)\n"));
    }

    #[test]
    fn colours_add_nothing_but_themselves() {
        let report = report([
            ("Deployment", "a", Outcome::Deleted),
            (
                "Deployment",
                "b",
                changed("spec.replicas", Some(json!(1)), Some(json!(2))),
            ),
        ]);
        let mut coloured = text(&report, Paint::COLOURED);
        assert_ne!(coloured, text(&report, Paint::PLAIN));
        for code in ["\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"] {
            coloured = coloured.replace(code, "");
        }
        assert_eq!(coloured, text(&report, Paint::PLAIN));
    }
}
